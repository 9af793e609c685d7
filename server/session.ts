// One bound resource, and what was handed to it but not yet answered for. It knows its socket only as a Wire, so that it can
// outlive one.

import type { Jid } from './jid.js'
import type { Presence } from './stanza.js'
import type { StreamError } from './stream-error.js'

/** What carries a session's stanzas. */
export interface Wire {
  send(xml: string): void
  /** Asks the other side whether it is there: true at its answer, false when it keeps silent or the connection ends. */
  ask(): Promise<boolean>
  end(error: StreamError): void
}

interface Waiting {
  readonly upTo: number
  readonly resolve: (answered: boolean) => void
}

export class Session {
  readonly jid: Jid
  /** The client chose this resource itself. */
  readonly chosen: boolean
  /** What it last broadcast, undefined before and after (RFC 6121 §4). */
  presence: Presence | undefined
  priority = 0
  readonly #wire: Wire
  readonly #waiting: Waiting[] = []
  #handed = 0
  #answered = 0
  #asking = false
  #over = false

  constructor(jid: Jid, chosen: boolean, wire: Wire) {
    this.jid = jid
    this.chosen = chosen
    this.#wire = wire
  }

  /** Hands the session a stanza, as text. Written is not received: see answered(). */
  send(xml: string): void {
    if (this.#over) return
    this.#handed += 1
    this.#wire.send(xml)
  }

  /** Something was handed over that nobody answered for, and somebody waits to know. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  /** True as soon as the other side has answered for all that was handed over until now; false if it ends or keeps silent. */
  answered(): Promise<boolean> {
    if (this.#over) return Promise.resolve(false)
    if (this.#answered === this.#handed) return Promise.resolve(true)
    return new Promise((resolve) => {
      this.#waiting.push({ upTo: this.#handed, resolve })
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
    this.#settle(this.#handed, false)
  }

  /** One question at a time; what was handed over meanwhile asks again after it. */
  #ask(): void {
    if (this.#asking || this.#over) return
    this.#asking = true
    const upTo = this.#handed
    void this.#wire.ask().then((answered) => {
      this.#asking = false
      if (answered) this.#answered = upTo
      this.#settle(upTo, answered)
      if (this.isAwaited) this.#ask()
    })
  }

  #settle(upTo: number, answered: boolean): void {
    let waiting = this.#waiting[0]
    while (waiting !== undefined && waiting.upTo <= upTo) {
      this.#waiting.shift()
      waiting.resolve(answered)
      waiting = this.#waiting[0]
    }
  }
}
