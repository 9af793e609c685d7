// One bound resource, and what was handed to it but not yet answered for. It knows its socket only as a Wire, so that it can
// outlive one.

import type { Jid } from './jid.js'
import type { Presence } from './stanza.js'
import { StreamError } from './stream-error.js'

/** What carries a session's stanzas. */
export interface Wire {
  send(xml: string): void
  /** Asks the other side whether it is there: true at its answer, false when it keeps silent or the connection ends. */
  ask(): Promise<boolean>
  end(error: StreamError): void
}

interface Waiting {
  readonly upTo: number
  readonly tell: (answered: boolean) => void
}

/** How long what is handed over may wait for more, before all of it is asked about at once. */
const askAfterMs = 100

export class Session {
  readonly jid: Jid
  /** The client chose this resource itself. */
  readonly chosen: boolean
  /** What it last broadcast, undefined before and after (RFC 6121 §4). */
  presence: Presence | undefined
  priority = 0
  /** It is being handed what waited for its account: what comes meanwhile waits behind that. */
  isCatchingUp = false
  readonly #wire: Wire
  #waiting: Waiting[] = []
  #handed = 0
  #answered = 0
  /** Up to here somebody wants to know at once. */
  #urgent = 0
  #asking = false
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(jid: Jid, chosen: boolean, wire: Wire) {
    this.jid = jid
    this.chosen = chosen
    this.#wire = wire
  }

  /** Hands the session a stanza, as text. Written is not received: see hand() and answered(). */
  send(xml: string): void {
    if (this.#over) return
    this.#handed += 1
    this.#wire.send(xml)
  }

  /** Hands over what must not get lost: tells, once, whether the other side has answered for it. */
  hand(xml: string, tell: (answered: boolean) => void): void {
    this.send(xml)
    this.#waiting.push({ upTo: this.#handed, tell })
    this.#askSoon()
  }

  /** Something was handed over that nobody answered for, and somebody waits to know. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  /** Asks at once. True as soon as the other side has answered for all that was handed over until now, false when it has gone. */
  answered(): Promise<boolean> {
    if (this.#over) return Promise.resolve(false)
    if (this.#answered === this.#handed) return Promise.resolve(true)
    return new Promise((resolve) => {
      this.#waiting.push({ upTo: this.#handed, tell: resolve })
      this.#urgent = this.#handed
      this.#ask()
    })
  }

  /** Ends the stream under the session. */
  end(error: StreamError): void {
    this.#wire.end(error)
  }

  /** The stream is gone: what was not answered for counts as not delivered. */
  closed(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#settle(this.#handed, false)
  }

  #askSoon(): void {
    if (this.#asking || this.#over) return
    this.#timer ??= setTimeout(() => this.#ask(), askAfterMs).unref()
  }

  /** One question at a time; what was handed over meanwhile is asked about after it. */
  #ask(): void {
    if (this.#asking || this.#over) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#asking = true
    const upTo = this.#handed
    void this.#wire.ask().then((answered) => {
      this.#asking = false
      if (this.#over) return
      if (!answered) return this.end(new StreamError('connection-timeout', 'no answer to a ping'))
      this.#answered = upTo
      this.#settle(upTo, true)
      if (this.#urgent > upTo) this.#ask()
      else if (this.isAwaited) this.#askSoon()
    })
  }

  #settle(upTo: number, answered: boolean): void {
    const first = this.#waiting.findIndex((waiting) => waiting.upTo > upTo)
    const settled = first === -1 ? this.#waiting : this.#waiting.slice(0, first)
    this.#waiting = first === -1 ? [] : this.#waiting.slice(first)
    for (const { tell } of settled) tell(answered)
  }
}
