// What each session has said of its presence, and to whom beyond its contacts: they hear of its end as well (RFC 6121 §4.6.3).

import { type Jid, parseJid } from '../../server/jid.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { Spoken } from './hooks.js'

/** To how many addresses a session can have sent directed presence that it has not taken back. */
const mostDirected = 1000

export interface Announced {
  readonly isAvailable: boolean
  /** Who was sent directed presence. */
  readonly directed: ReadonlyMap<string, Jid>
}

interface Record {
  isAvailable: boolean
  readonly directed: Map<string, Jid>
}

export class Announcements {
  readonly #sessions = new Map<string, Record>()

  /** The session is available. True when it was not before. */
  available(session: Jid): boolean {
    const record = this.#of(session)
    const initial = !record.isAvailable
    record.isAvailable = true
    return initial
  }

  /** @throws StanzaError `resource-constraint` beyond what is remembered: who is not remembered would never hear of its end */
  directed(session: Jid, to: Jid): void {
    const { directed } = this.#of(session)
    if (directed.size >= mostDirected && !directed.has(to.full)) {
      throw new StanzaError('resource-constraint', 'presence was sent to too many addresses')
    }
    directed.set(to.full, to)
  }

  /** One person at several clients, or a room and its occupant, are one (RFC 6121 §4.6.6). */
  wasSentTo(session: Jid, somebody: Jid): boolean {
    const directed = this.#sessions.get(session.full)?.directed.values() ?? []
    return [...directed].some(({ bare }) => bare === somebody.bare)
  }

  /** To whom the account's sessions have sent directed presence that they have not taken back. */
  spokenTo(account: string): readonly Spoken[] {
    const own = [...this.#sessions].filter(([session]) => session.startsWith(`${account}/`))
    return own.flatMap(([session, { directed }]) =>
      [...directed.values()].map((to) => ({ from: parseJid(session), to })),
    )
  }

  takenBack(session: Jid, to: Jid): void {
    this.#sessions.get(session.full)?.directed.delete(to.full)
  }

  /** The session is not available any more, or over. Gives what it had announced, and forgets it. */
  take(session: Jid): Announced | undefined {
    const record = this.#sessions.get(session.full)
    this.#sessions.delete(session.full)
    return record
  }

  clear(): void {
    this.#sessions.clear()
  }

  #of(session: Jid): Record {
    const known = this.#sessions.get(session.full)
    if (known !== undefined) return known
    const record: Record = { isAvailable: false, directed: new Map() }
    this.#sessions.set(session.full, record)
    return record
  }
}
