// Chance that can be repeated: all of it comes from one seed, and each actor of each round has a generator of its own, so that
// what one draws does not depend on how quickly another goes on.

import { createHash } from 'node:crypto'

export class Random {
  readonly #seed: string
  readonly #state: Uint32Array

  constructor(seed: string) {
    this.#seed = seed
    const digest = createHash('sha256').update(seed).digest()
    this.#state = Uint32Array.from([0, 4, 8, 12], (at) => digest.readUInt32LE(at))
  }

  /** A generator of its own for whoever bears the name. */
  of(name: string): Random {
    return new Random(`${this.#seed}/${name}`)
  }

  /** From 0 to below 1. Small Fast Counter, 32 bit (Chris Doty-Humphrey, PractRand). */
  fraction(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state
    const sum = (a + b + counter) >>> 0
    this.#state.set([b ^ (b >>> 9), (c + (c << 3)) >>> 0, (((c << 21) | (c >>> 11)) + sum) >>> 0, counter + 1])
    return sum / 2 ** 32
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** @throws Error for an empty list */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.between(0, list.length - 1)]
    if (picked === undefined) throw new Error('there is nothing to pick from')
    return picked
  }

  base64(bytes: number): string {
    return Buffer.from(Array.from({ length: bytes }, () => this.between(0, 255))).toString('base64')
  }
}
