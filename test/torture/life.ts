// One life of the server, from its ready line to its kill: what happens in it, and who waits for something to happen.

/** What a kill may be aimed at. */
export const happenings = ['acknowledged', 'published', 'answered', 'received', 'bound', 'registered'] as const

export type Happening = (typeof happenings)[number]

/** What an actor meets when the connection, or the server, is gone: the end of what it was doing, and no fault. */
export class Gone extends Error {
  override readonly name = 'Gone'
}

interface Waiter {
  readonly at: number
  readonly wake: () => void
}

export interface Addresses {
  readonly url: string
  readonly component: { readonly host: string; readonly port: number }
}

export class Life {
  readonly number: number
  readonly addresses: Addresses
  #over = false
  #killed = false
  #count = 0
  #waiters: Waiter[] = []
  #trap: { readonly what: Happening; readonly spring: () => void } | undefined

  constructor(number: number, addresses: Addresses) {
    this.number = number
    this.addresses = addresses
  }

  /** Whoever is about something comes to an end with it. */
  get over(): boolean {
    return this.#over
  }

  /** Nobody writes to its sockets any more: a write that fails would take with it what has come and is not read yet. */
  get killed(): boolean {
    return this.#killed
  }

  happened(what: Happening): void {
    if (this.#killed) return
    this.#count += 1
    if (this.#trap?.what === what) this.#trap.spring()
    this.#wake()
  }

  /** Resolves when so much more has happened, or the life is over. */
  later(count: number): Promise<void> {
    if (this.#over) return Promise.resolve()
    return new Promise((wake) => this.#waiters.push({ at: this.#count + count, wake }))
  }

  /** The next time that this happens, `spring` is called in the same turn. */
  trap(what: Happening, spring: () => void): void {
    this.#trap = { what, spring }
  }

  /** The server was killed. */
  ends(): void {
    this.#killed = true
    this.#trap = undefined
    this.retires()
  }

  /** The server lives on, and all who are about something shall come to an end. */
  retires(): void {
    this.#over = true
    this.#wake()
  }

  #wake(): void {
    const isDue = ({ at }: Waiter): boolean => this.#over || at <= this.#count
    const due = this.#waiters.filter(isDue)
    if (due.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => !isDue(waiter))
    for (const { wake } of due) wake()
  }
}
