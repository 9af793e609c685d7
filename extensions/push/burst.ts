// A flood does not flood the phone: how many pushes a registration gets at once, and then how quickly
// (docs/extensions/push.md). A token bucket for each, told by one number: when it is full again.

/** Rounding of times may not cost a token. */
const slackMs = 0.01
/** Before so many are known, nothing is looked through. */
const leastKnown = 1024

export class BurstLimit {
  readonly #intervalMs: number
  readonly #wholeMs: number
  /** What is not here is full. */
  readonly #fullAt = new Map<string, number>()
  #lookThroughAt = leastKnown

  constructor(burst: number, perSecond: number) {
    this.#intervalMs = 1000 / perSecond
    this.#wholeMs = burst * this.#intervalMs
  }

  /** Takes a token and gives 0, or takes none and gives how long to wait for one. Milliseconds. */
  take(key: string, now: number): number {
    // A clock that was set back must not make anybody wait for it.
    const fullAt = Math.min(Math.max(this.#fullAt.get(key) ?? now, now), now + this.#wholeMs) + this.#intervalMs
    const wait = fullAt - (now + this.#wholeMs)
    if (wait > slackMs) return Math.ceil(wait)
    this.#fullAt.set(key, fullAt)
    if (this.#fullAt.size >= this.#lookThroughAt) this.#forgetFull(now)
    return 0
  }

  /** How many registrations it knows something of. */
  get size(): number {
    return this.#fullAt.size
  }

  /** Only when there are twice as many as were left the last time: a take costs the same on average, however many there are. */
  #forgetFull(now: number): void {
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key)
    this.#lookThroughAt = Math.max(leastKnown, 2 * this.#fullAt.size)
  }
}
