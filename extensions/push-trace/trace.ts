// What became of each recent message, for each registration: in memory alone, since a live message touches no disk.

import type { Notices } from '../../server/hooks.js'
import { AccountTrace } from './account-trace.js'
import { Entry, keyOf, type Name } from './entry.js'

export interface TraceLimits {
  readonly anAccount: number
  readonly altogether: number
}

/** So many removed accounts are remembered, of which something may still come: a publish waits 30 s for its answer. */
const mostRemoved = 1000

export class Trace {
  readonly #limits: TraceLimits
  /** The one that was heard of longest ago comes first. */
  readonly #accounts = new Map<string, AccountTrace>()
  readonly #removed = new Set<string>()
  #size = 0

  constructor(limits: TraceLimits) {
    this.#limits = limits
  }

  /** Of one account or of all. */
  of(account: string | undefined): readonly Entry[] {
    if (account !== undefined) return this.#accounts.get(account)?.entries() ?? []
    return [...this.#accounts.values()].flatMap((one) => one.entries())
  }

  /** A message is decided on again when a session that had it has gone: what was told before is told no more. */
  decided({ registration, id, at, decision }: Notices['push:decided']): void {
    const { account, service, node } = registration
    this.#removed.delete(account)
    const key = keyOf(id, registration)
    const known = this.#accounts.get(account)?.find(key)
    if (known !== undefined && !known.isNotPushed) return
    this.#put(account, new Entry(key, { account, service, node }, at, decision))
  }

  outcome({ debt, at, outcome }: Notices['push:outcome']): void {
    const { account, service, node } = debt
    if (this.#removed.has(account)) return
    const key = keyOf(debt.message, debt)
    const known = this.#accounts.get(account)?.find(key)
    const entry = known ?? new Entry(key, { account, service, node }, at, undefined)
    entry.take(outcome, at)
    if (known === undefined) this.#put(account, entry)
  }

  /** Whatever was owed to the registration went with it. */
  ended(registration: Name, why: string): void {
    for (const entry of this.of(registration.account)) if (entry.isFor(registration)) entry.drop(why)
  }

  forget(account: string): void {
    this.#size -= this.#accounts.get(account)?.size ?? 0
    this.#accounts.delete(account)
    this.#removed.add(account)
    const [oldest] = this.#removed
    if (this.#removed.size > mostRemoved && oldest !== undefined) this.#removed.delete(oldest)
  }

  #put(name: string, entry: Entry): void {
    const account = this.#accounts.get(name) ?? new AccountTrace()
    const before = account.size
    account.put(entry)
    this.#size += account.size - before
    // Put at the end: who is heard of is not forgotten first.
    this.#accounts.delete(name)
    this.#accounts.set(name, account)
    if (account.size > this.#limits.anAccount) this.#forgetOldestOf(name, account)
    if (this.#size > this.#limits.altogether) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const [oldest] = this.#accounts
    if (oldest !== undefined) this.#forgetOldestOf(...oldest)
  }

  #forgetOldestOf(name: string, account: AccountTrace): void {
    account.forgetOldest()
    this.#size -= 1
    if (account.size === 0) this.#accounts.delete(name)
  }
}
