// Which registrations are in use, known without the disk: every live message asks.

import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { PushStore, Registration } from '../../storage/push.js'

/** What is remembered weighs so much at most; of the other accounts the store is asked. */
const mostWeight = 40_000
/** As much room as one registration takes that says nothing of whom it is told. */
const entriesOfOneWeight = 8

export class ActiveRegistrations {
  readonly #known = new Map<string, readonly Registration[]>()
  #weight = 0
  /** Counts what has changed, so that what was being read meanwhile is not remembered. */
  #changes = 0

  of(account: string, store: PushStore): Awaitable<readonly Registration[]> {
    const known = this.#known.get(account)
    if (known !== undefined) return known
    const changes = this.#changes
    return andThen(store.of(account), (all) => {
      const active = all.filter(({ state }) => state === 'active')
      if (changes === this.#changes) this.#remember(account, active)
      return active
    })
  }

  /** The active registration that is meant, if it is remembered. */
  known({ account, service, node }: Pick<Registration, 'account' | 'service' | 'node'>): Registration | undefined {
    return this.#known.get(account)?.find((one) => one.node === node && one.service === service)
  }

  /** One more was sealed under its key: what is remembered says so at once. */
  sealed({ account, service, node }: Pick<Registration, 'account' | 'service' | 'node'>): void {
    const all = this.#known.get(account)
    const more = all?.map((one) =>
      one.node === node && one.service === service ? { ...one, sealedCount: one.sealedCount + 1 } : one,
    )
    if (more !== undefined) this.#known.set(account, more)
  }

  /** The account's registrations are not what they were. */
  changed(account: string): void {
    this.#changes += 1
    this.#forget(account)
  }

  /** Those that have been remembered longest make room. */
  #remember(account: string, active: readonly Registration[]): void {
    const weight = weightOf(active)
    for (const oldest of this.#known.keys()) {
      if (this.#weight + weight <= mostWeight) break
      this.#forget(oldest)
    }
    if (weight > mostWeight) return
    this.#forget(account)
    this.#known.set(account, active)
    this.#weight += weight
  }

  #forget(account: string): void {
    const known = this.#known.get(account)
    if (known === undefined) return
    this.#known.delete(account)
    this.#weight -= weightOf(known)
  }
}

/** An account without registrations is remembered, too: every message asks. */
function weightOf(active: readonly Registration[]): number {
  return active.reduce((sum, { rules: { muted, rooms = [] } }) => {
    return sum + 1 + (muted.length + rooms.length) / entriesOfOneWeight
  }, 1)
}
