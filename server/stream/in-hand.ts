// Stanzas of one stream that wait for a disk or for somebody: they hold up no other, until too many wait.

import { isDoneWithin } from '../within.js'

/** So many may wait before the stream is not read from any more. */
const most = 64

/** How long a client's own stream waits for a third party at most. */
export const politeMs = 1000

export class InHand {
  readonly #waiting = new Set<Promise<void>>()
  #room: (() => void) | undefined

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Gives what the next stanza has to wait for, if anything. */
  add(done: Promise<void>): Promise<void> | undefined {
    this.#waiting.add(done)
    void done.then(() => {
      this.#waiting.delete(done)
      this.#room?.()
      this.#room = undefined
    })
    if (this.#waiting.size < most) return undefined
    return new Promise((resolve) => (this.#room = resolve))
  }

  /** All of them are done; but a recipient who keeps the server waiting must not make it look dead to the sender. */
  async settled(): Promise<void> {
    await isDoneWithin(Promise.all(this.#waiting), politeMs)
  }
}
