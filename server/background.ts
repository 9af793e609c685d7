// Work that nobody waits for, except who wants the server at rest: idle() in tests, and stop().

import type { Log } from './log.js'

export class Background {
  readonly #log: Log
  readonly #running = new Set<Promise<unknown>>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Starts `work` after what is in hand. A failure is logged. */
  later(work: () => Promise<void>): void {
    const running = Promise.resolve()
      .then(work)
      .catch((reason: unknown) => this.#log.error('background work failed', {}, reason))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Counts work that is in hand already. It never rejects. */
  underWay(work: Promise<unknown>): void {
    const running = work.finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when nothing is under way, nor anything that it started. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
