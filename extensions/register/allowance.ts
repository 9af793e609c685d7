// How often somebody may ask in an hour. Who asks is an address, of which an attacker with IPv6 has many: so its network counts.

import { isIPv6 } from 'node:net'
import type { Clock } from '../../server/extension.js'

const hourMs = 60 * 60_000
const remembered = 10_000

interface Asked {
  readonly count: number
  readonly since: number
}

export class Allowance {
  readonly #perHour: number
  readonly #asked = new Map<string, Asked>()

  constructor(perHour: number) {
    this.#perHour = perHour
  }

  /** False when it has been asked for often enough; otherwise this is one more. */
  take(who: string, clock: Clock): boolean {
    const key = isIPv6(who) ? networkOf(who) : who
    const now = clock.now()
    const known = this.#asked.get(key)
    const asked = known === undefined || now - known.since >= hourMs ? { count: 0, since: now } : known
    if (asked.count >= this.#perHour) return false
    this.#asked.delete(key)
    this.#asked.set(key, { ...asked, count: asked.count + 1 })
    this.#forget()
    return true
  }

  #forget(): void {
    const [oldest] = this.#asked.keys()
    if (this.#asked.size > remembered && oldest !== undefined) this.#asked.delete(oldest)
  }
}

/** The first 64 bits: what one household or one rented machine has to itself. */
export function networkOf(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const skipped = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(skipped).fill('0'), ...after].slice(0, 4)
  return groups.map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')
}
