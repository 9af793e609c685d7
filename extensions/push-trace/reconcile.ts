// What is remembered, held against what is owed on disk: that is the truth of what still waits. Pure.

import type { OwedPush } from '../../storage/messages.js'
import type { TraceEntry } from './hooks.js'

/** What was decided so recently may be on its way to the disk, or what became of it on its way to us. Milliseconds. */
const graceMs = 10_000

export interface Remembered {
  /** Tells the entry, as keyOf(). */
  readonly key: string
  readonly entry: TraceEntry
}

export interface Owed {
  readonly key: string
  readonly push: OwedPush
}

/**
 * The remembered entries, and one for whatever is owed that nobody remembers, by time.
 * @param isAll whether `owed` is all that is owed to those accounts
 */
export function reconcile(
  remembered: readonly Remembered[],
  owed: readonly Owed[],
  isAll: boolean,
  now: number,
): readonly TraceEntry[] {
  const keys = new Set(remembered.map(({ key }) => key))
  const owing = new Set(owed.map(({ key }) => key))
  const isOver = ({ key, entry }: Remembered): boolean =>
    isAll && entry.decision === 'waiting' && entry.at + graceMs < now && !owing.has(key)
  const known = remembered.map((one) => (isOver(one) ? over(one.entry) : one.entry))
  const others = owed.filter(({ key }) => !keys.has(key)).map(({ push }) => entryOf(push))
  return [...known, ...others].sort((one, other) => one.at - other.at)
}

/** Its client has its messages, or has ended the registration. */
function over(entry: TraceEntry): TraceEntry {
  return { ...entry, decision: 'dropped', why: 'not owed any more', next: undefined }
}

function entryOf({ account, service, node, at, attempts, due }: OwedPush): TraceEntry {
  return {
    account,
    service,
    node: node === '' ? undefined : node,
    at,
    kind: undefined,
    decision: 'waiting',
    why: 'still owed',
    attempts,
    next: attempts === 0 ? undefined : due,
  }
}
