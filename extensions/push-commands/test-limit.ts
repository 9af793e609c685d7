// How often an account may have its push services tested: each test is a push that nobody wrote for.

import { StanzaError } from '../../server/stanza-error.js'

const pauseMs = 10_000

export class TestLimit {
  /** When each account may test again, the soonest first. */
  readonly #until = new Map<string, number>()

  /** @throws StanzaError `resource-constraint` when the account has tested a moment ago */
  take(account: string, now: number): void {
    for (const [one, until] of this.#until) {
      if (until > now) break
      this.#until.delete(one)
    }
    if (this.#until.has(account))
      throw new StanzaError('resource-constraint', `a test was sent a moment ago: wait ${pauseMs / 1000} seconds`)
    this.#until.set(account, now + pauseMs)
  }

  clear(): void {
    this.#until.clear()
  }
}
