// Wrong passwords are answered later and later, by address and account. Only the refusal waits: whoever has the right
// password is not held up by those who guess (contract §5).

import type { Clock } from '../../server/extension.js'

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 5_000
const FORGOTTEN_AFTER_MS = 15 * 60_000
const REMEMBERED = 10_000

interface Guesses {
  readonly count: number
  readonly at: number
}

export class Delays {
  readonly #clock: Clock
  /** The one that failed last stands last. */
  readonly #guesses = new Map<string, Guesses>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a wrong password; gives how long its refusal waits, in milliseconds. The first one does not. */
  failed(address: string, account: string): number {
    const key = `${address} ${account}`
    const at = this.#clock.now()
    const count = this.#countOf(key, at) + 1
    this.#guesses.delete(key)
    this.#guesses.set(key, { count, at })
    this.#forget()
    return count === 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (count - 2))
  }

  #countOf(key: string, at: number): number {
    const known = this.#guesses.get(key)
    return known === undefined || at - known.at > FORGOTTEN_AFTER_MS ? 0 : known.count
  }

  #forget(): void {
    const [oldest] = this.#guesses.keys()
    if (this.#guesses.size > REMEMBERED && oldest !== undefined) this.#guesses.delete(oldest)
  }
}
