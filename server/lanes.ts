// Order (RFC 6120 §10.1): work of the same lane runs one after the other, lanes do not wait for each other, and work that needs
// no waiting runs at once.

import { type Awaitable, isPromise } from './awaitable.js'

export class Lanes {
  readonly #last = new Map<string, Promise<void>>()

  /** What fails fails its own caller; the lane goes on. */
  run<T>(lane: string, work: () => Awaitable<T>): Awaitable<T> {
    const before = this.#last.get(lane)
    const result = before === undefined ? work() : before.then(work)
    if (!isPromise(result)) return result
    const over = result.then(ignore, ignore)
    this.#last.set(lane, over)
    void over.then(() => {
      if (this.#last.get(lane) === over) this.#last.delete(lane)
    })
    return result
  }
}

function ignore(): void {
  // Whoever asked for the work hears of its end.
}
