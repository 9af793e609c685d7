// Which registrations are in use, known without the disk: every live message asks.

import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { PushStore, Registration } from '../../storage/push.js'

/** So many accounts are remembered; of the others the store is asked. */
const mostAccounts = 20_000

export class ActiveRegistrations {
  readonly #known = new Map<string, readonly Registration[]>()
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

  /** The account's registrations are not what they were. */
  changed(account: string): void {
    this.#changes += 1
    this.#known.delete(account)
  }

  /** The one that has been remembered longest makes room. */
  #remember(account: string, active: readonly Registration[]): void {
    const [oldest] = this.#known.keys()
    if (this.#known.size >= mostAccounts && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(account, active)
  }
}
