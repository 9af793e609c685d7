// Order between one sender and one recipient (RFC 6120 §10.1): work of the same lane runs one after the other, lanes do not
// wait for each other, and work that needs no waiting runs at once.

import { type Awaitable, isPromise } from './awaitable.js'

export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>()

  /** `work` handles its own failures: it never throws or rejects. */
  run(lane: string, work: () => Awaitable<void>): Awaitable<void> {
    const before = this.#last.get(lane)
    const result = before === undefined ? work() : before.then(work)
    if (!isPromise(result)) return undefined
    this.#last.set(lane, result)
    return result.then(() => {
      if (this.#last.get(lane) === result) this.#last.delete(lane)
    })
  }
}
