// What is remembered of one account, and which entry is the newest of its line.

import type { Entry } from './entry.js'

export class AccountTrace {
  /** By key, in the order of their coming. */
  readonly #entries = new Map<string, Entry>()
  readonly #newest = new Map<string, Entry>()

  get size(): number {
    return this.#entries.size
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()]
  }

  find(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** Takes the place of one with the same key. What waits on its line gives way. */
  put(entry: Entry): void {
    this.#entries.set(entry.key, entry)
    if (entry.line === undefined) return
    this.#newest.get(entry.line)?.giveWay()
    this.#newest.set(entry.line, entry)
  }

  forgetOldest(): void {
    const [oldest] = this.#entries.values()
    if (oldest === undefined) return
    this.#entries.delete(oldest.key)
    if (oldest.line !== undefined && this.#newest.get(oldest.line) === oldest) this.#newest.delete(oldest.line)
  }
}
