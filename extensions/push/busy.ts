// Work that begins and ends a thousand times a second is one piece of background work for as long as any of it is under way.

import type { Context } from '../../server/extension.js'

export class Busy {
  readonly #later: Context['later']
  #count = 0
  #over: (() => void) | undefined

  constructor(later: Context['later']) {
    this.#later = later
  }

  begins(): void {
    this.#count += 1
    if (this.#count > 1) return
    const quiet = new Promise<void>((resolve) => (this.#over = resolve))
    this.#later(() => quiet)
  }

  ends(): void {
    this.#count -= 1
    if (this.#count === 0) this.#over?.()
  }
}
