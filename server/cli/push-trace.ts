// `sealpost push trace [JID]`: why each recent message became a push or did not, and what became of it.

import type { Config } from '../config.js'
import type { TraceEntry } from '../index.js'
import { timeText } from './print.js'

export const traceHeading = ['AT', 'ACCOUNT', 'SERVICE', 'NODE', 'KIND', 'WHAT BECAME OF IT']

/** The cells of one entry. */
export function traceRow(entry: TraceEntry, now: number): readonly string[] {
  const { at, account, service, node, kind } = entry
  return [timeText(at), account, service, node ?? '(none)', kind ?? '(unknown)', traceLine(entry, now)]
}

/** What became of it, in a line that a person understands. */
export function traceLine({ decision, why, next }: TraceEntry, now: number): string {
  if (decision === 'pushed') return why
  const line = `${decision}: ${why}`
  return decision === 'waiting' && next !== undefined ? `${line}, next try ${fromNow(next - now)}` : line
}

function fromNow(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds <= 0) return 'now'
  if (seconds < 120) return `in ${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`
}

/** As the contract writes it: what does not apply is null, times are RFC 3339 UTC. */
export function traceJson(entry: TraceEntry): Readonly<Record<string, unknown>> {
  const { at, account, service, node, kind, decision, why, attempts, next } = entry
  return {
    at: timeText(at),
    account,
    service,
    node: node ?? null,
    kind: kind ?? null,
    decision,
    why,
    attempts: attempts ?? null,
    next: next === undefined ? null : timeText(next),
  }
}

/** What somebody has to know who looks at a directory without a server. */
export function traceIsPartial({ data }: Config): string {
  return `no server runs on ${data}: only what is still owed is shown, the rest is remembered by a running server alone`
}
