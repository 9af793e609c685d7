// What has come and nobody has looked at yet. Whoever waits is woken by the arrival; nobody polls.

import type { Element } from '../../server/xml.js'
import { expectSame, isSame, pretty } from './xml.js'

/** How long a test waits for what should come at once, before it says what is missing. */
const PATIENCE_MS = 10_000

interface Waiter {
  readonly resolve: (stanza: Element) => void
}

export class Inbox {
  readonly #owner: () => string
  readonly #namespace: string
  readonly #unread: Element[] = []
  readonly #waiters: Waiter[] = []

  /** @param owner says whose inbox it is, for failures. @param namespace what a stanza without `xmlns` is in */
  constructor(owner: () => string, namespace = 'jabber:client') {
    this.#owner = owner
    this.#namespace = namespace
  }

  arrived(stanza: Element): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#unread.push(stanza)
    else waiter.resolve(stanza)
  }

  /** The next stanza that nobody has read yet. Fails when none comes. */
  next(wanted?: string): Promise<Element> {
    const there = this.#unread.shift()
    if (there !== undefined) return Promise.resolve(there)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve: (stanza) => (clearTimeout(timer), resolve(stanza)) }
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(
          new Error(`${this.#owner()} received nothing${wanted === undefined ? '' : `, but waits for\n${wanted}`}`),
        )
      }, PATIENCE_MS)
      this.#waiters.push(waiter)
    })
  }

  /** Reads whatever is there, and looks at none of it. */
  forgets(): void {
    this.#unread.length = 0
  }

  /** Reads the next stanza and compares it whole. */
  async receives(expected: Element): Promise<Element> {
    const stanza = await this.next(pretty(expected))
    expectSame(stanza, expected, this.#namespace)
    return stanza
  }

  /** Reads as many stanzas as are expected, whichever comes first; compares each whole. */
  async receivesAll(expected: readonly Element[]): Promise<void> {
    const open = [...expected]
    while (open.length > 0) {
      const stanza = await this.next(open.map(pretty).join('\n'))
      const index = open.findIndex((candidate) => isSame(stanza, candidate, this.#namespace))
      expectSame(stanza, open[Math.max(index, 0)] ?? stanza, this.#namespace)
      open.splice(index, 1)
    }
  }

  get unread(): readonly Element[] {
    return this.#unread
  }

  /** @throws Error that names every stanza that nobody read */
  expectEmpty(): void {
    if (this.#unread.length === 0) return
    throw new Error(`${this.#owner()} has unread stanzas:\n${this.#unread.map(pretty).join('\n')}`)
  }
}
