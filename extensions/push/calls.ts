// Calls under way: which are over, so that they need not ring any more, and which nobody can have heard. In memory: a call lives
// half a minute.

import type { Clock } from '../../server/extension.js'
import type { DebtKey } from '../../storage/messages.js'
import { callLifetimeMs } from './call.js'
import type { PushOutcome, UnreachedCall } from './hooks.js'
import { Recent } from './recent.js'

const mostOver = 20_000
const mostOpen = 10_000
/** A proposal may wait for the answer of a dead connection. */
const overMs = 60_000
/** What is published at the last moment has so long to be answered. */
const graceMs = 2000

interface Ringing {
  /** The registrations that are owed a push for it. */
  readonly owed: Set<string>
  readonly timer: NodeJS.Timeout
  /** A push came through. */
  isHeard: boolean
  /** No session took it: who is to be told if no push comes through either. */
  missed: UnreachedCall | undefined
}

export class Calls {
  readonly #over = new Recent(mostOver, overMs)
  readonly #ringing = new Map<string, Ringing>()
  readonly #unreached: (call: UnreachedCall) => void
  /** What is still under way when the server stops arms no timer any more, and tells nobody. */
  #stopped = false

  /** @param unreached hears of each call that nobody can have heard, once */
  constructor(unreached: (call: UnreachedCall) => void) {
    this.#unreached = unreached
  }

  /** Taken back, or answered. */
  ended(account: string, topic: string, clock: Clock): void {
    this.#over.add(nameOf(account, topic), clock)
    this.#forget(nameOf(account, topic))
  }

  isOver(account: string, topic: string, clock: Clock): boolean {
    return this.#over.has(nameOf(account, topic), clock)
  }

  /** A registration is owed a push for it. */
  owes({ account, service, node }: Omit<DebtKey, 'id' | 'topic'>, topic: string): void {
    if (this.#stopped) return
    const name = nameOf(account, topic)
    const ringing = this.#ringing.get(name) ?? this.#begin(name)
    ringing.owed.add(nameOf(service, node))
  }

  /** No session took it. */
  missed(topic: string, call: UnreachedCall, clock: Clock): void {
    if (this.#stopped || this.isOver(call.account, topic, clock)) return
    const name = nameOf(call.account, topic)
    const ringing = this.#ringing.get(name)
    if (ringing === undefined) return this.#unreached(call)
    ringing.missed ??= call
    this.#look(name)
  }

  /** What became of a push that was owed for it. */
  outcome({ account, service, node, topic = '' }: Omit<DebtKey, 'id'>, { kind }: PushOutcome): void {
    const name = nameOf(account, topic)
    const ringing = this.#ringing.get(name)
    if (ringing === undefined || kind === 'waiting') return
    ringing.owed.delete(nameOf(service, node))
    if (kind === 'pushed') ringing.isHeard = true
    this.#look(name)
  }

  /** Somebody has collected what waited for the account, the missed call among it. */
  collected(account: string): void {
    for (const name of this.#ringing.keys()) if (name.startsWith(beginOf(account))) this.#forget(name)
  }

  stop(): void {
    this.#stopped = true
    for (const name of [...this.#ringing.keys()]) this.#forget(name)
    this.#over.clear()
  }

  /** What pushes can do they have done when its time is over. The oldest make room. */
  #begin(name: string): Ringing {
    for (const oldest of this.#ringing.keys()) {
      if (this.#ringing.size < mostOpen) break
      this.#forget(oldest)
    }
    const timer = setTimeout(() => this.#lost(name), callLifetimeMs + graceMs).unref()
    const ringing: Ringing = { owed: new Set(), timer, isHeard: false, missed: undefined }
    this.#ringing.set(name, ringing)
    return ringing
  }

  #look(name: string): void {
    const ringing = this.#ringing.get(name)
    if (ringing === undefined) return
    if (ringing.isHeard && ringing.missed !== undefined) this.#forget(name)
    else if (ringing.owed.size === 0 && !ringing.isHeard) this.#lost(name)
  }

  /** Without anybody who missed it, a session has it. */
  #lost(name: string): void {
    const call = this.#ringing.get(name)?.missed
    this.#forget(name)
    if (call !== undefined) this.#unreached(call)
  }

  #forget(name: string): void {
    clearTimeout(this.#ringing.get(name)?.timer)
    this.#ringing.delete(name)
  }
}

function nameOf(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

/** How the names of the account's calls begin. */
function beginOf(account: string): string {
  return `[${JSON.stringify(account)},`
}
