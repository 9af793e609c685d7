// What happened a moment ago, by name: bounded in number and age.

import type { Clock } from '../../server/extension.js'

/** Longer names are remembered by none: they come from the wire. */
const longestName = 4096

export class Recent {
  readonly #times = new Map<string, number>()
  readonly #most: number
  readonly #lifetimeMs: number

  constructor(most: number, lifetimeMs: number) {
    this.#most = most
    this.#lifetimeMs = lifetimeMs
  }

  /** The oldest make room. */
  add(name: string, clock: Clock): void {
    if (name.length > longestName) return
    const now = clock.now()
    this.#times.delete(name)
    this.#times.set(name, now)
    for (const [oldest, at] of this.#times) {
      if (this.#times.size <= this.#most && now - at <= this.#lifetimeMs) break
      this.#times.delete(oldest)
    }
  }

  has(name: string, clock: Clock): boolean {
    const at = this.#times.get(name)
    return at !== undefined && clock.now() - at <= this.#lifetimeMs
  }

  clear(): void {
    this.#times.clear()
  }
}
