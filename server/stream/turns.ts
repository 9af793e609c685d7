// What comes in on one stream, one after the other: while something waits, what follows waits behind it.

import { type Awaitable, isPromise } from '../awaitable.js'

/** So much may wait before the socket is not read from any more. */
const maxQueued = 32

export interface TurnsParts {
  pause(): void
  resume(): void
  /** Something went wrong in a turn. */
  failed(reason: unknown): void
}

export class Turns {
  readonly #parts: TurnsParts
  #queue: (() => Awaitable<void>)[] | undefined
  #over = false

  constructor(parts: TurnsParts) {
    this.#parts = parts
  }

  /** Runs it at once, and synchronously if it can, while nothing is before it. */
  run(work: () => Awaitable<void>): void {
    if (this.#queue === undefined) return this.#begin(work)
    this.#queue.push(work)
    if (this.#queue.length >= maxQueued) this.#parts.pause()
  }

  /** What has not begun never will. */
  end(): void {
    this.#over = true
  }

  #begin(work: () => Awaitable<void>): void {
    const done = this.#guarded(work)
    if (!isPromise(done)) return
    this.#queue = []
    void done.then(() => this.#drain())
  }

  async #drain(): Promise<void> {
    const queue = this.#queue ?? []
    for (let next = queue.shift(); next !== undefined && !this.#over; next = queue.shift()) await this.#guarded(next)
    this.#queue = undefined
    this.#parts.resume()
  }

  #guarded(work: () => Awaitable<void>): Awaitable<void> {
    try {
      const done = work()
      return isPromise(done) ? done.catch((reason: unknown) => this.#parts.failed(reason)) : undefined
    } catch (reason) {
      return this.#parts.failed(reason)
    }
  }
}
