// Somebody who reads, in one of several manners; and what the book says of a client.

import { attr, children, type Element } from '../../server/xml.js'
import { Client } from './client.js'
import { type Ledger, now, type Session } from './ledger.js'
import { Gone, type Life } from './life.js'
import type { Random } from './random.js'
import { type Account, desks } from './world.js'

/**
 * polite: says goodbye in the end. dying: its connection breaks in the end. mute: reads, and never answers for it. frozen: does not
 * even read. The last two are no readers: what only they were handed was not received.
 */
export type Manner = 'polite' | 'dying' | 'mute' | 'frozen'

const manners: Readonly<Record<Account['temper'], readonly Manner[]>> = {
  away: [],
  polite: ['polite'],
  rude: ['polite', 'dying', 'dying', 'mute', 'frozen'],
}

/** Logins of one reader in one life: one that is always thrown out does not log in for ever. */
const mostVisits = 40

export interface Place {
  readonly account: Account
  readonly ledger: Ledger
  readonly life: Life
}

export interface Visitor {
  readonly client: Client
  readonly session: Session
}

/** Logs in, and notes what the client hears. @throws Gone */
export async function arrive({ account, ledger, life }: Place, resource: string, answers: boolean): Promise<Visitor> {
  const session: Session = {
    account: account.jid,
    resource,
    life: life.number,
    from: now(),
    answers,
    bound: undefined,
    reachable: false,
    hasAnswered: false,
    // Until it is there, nobody can say what became of it.
    rude: true,
    over: undefined,
  }
  ledger.sessions.push(session)
  const client = await Client.logIn(life, {
    account: account.name,
    password: account.password,
    resource,
    answers,
    hears: (message) => hears(message, session, ledger, life),
    answered: () => (session.hasAnswered = true),
  })
  session.bound = now()
  session.rude = !answers
  void client.closed.then(() => ends(session, life))
  return { client, session }
}

function hears(message: Element, session: Session, ledger: Ledger, life: Life): void {
  const token = attr(message, 'id')
  if (token === undefined || attr(message, 'type') === 'error') return
  const stanzaId = children(message, 'stanza-id', 'urn:xmpp:sid:0').find((id) => attr(id, 'by') === session.account)
  ledger.seen(token, stanzaId && attr(stanzaId, 'id'), session.answers ? session : undefined)
  life.happened('received')
}

/** Whoever was closed by the server, or said goodbye, is known by it to be over. */
function ends(session: Session, life: Life): void {
  if (!session.rude && !life.killed) session.over = now()
}

/** The connection breaks. */
export function die({ client, session }: Visitor): void {
  session.rude = true
  client.dies()
}

export class Reader {
  readonly #place: Place
  readonly #random: Random

  constructor(place: Place, random: Random) {
    this.#place = place
    this.#random = random
  }

  /** Comes and goes until the life is over. */
  async reads(): Promise<void> {
    const { account, life } = this.#place
    for (let visit = 0; visit < mostVisits && !life.over; visit += 1) {
      // The rude ones come with the resource of a registration, too.
      const resource = this.#random.pick(account.temper === 'rude' ? [...desks, 'phone0'] : desks)
      const manner = this.#random.pick(manners[account.temper])
      await life.later(this.#random.between(0, 30))
      try {
        await this.#visits(resource, manner)
      } catch (reason) {
        if (!(reason instanceof Gone)) throw reason
      }
    }
  }

  async #visits(resource: string, manner: Manner): Promise<void> {
    const { life } = this.#place
    const visitor = await arrive(this.#place, resource, manner === 'polite' || manner === 'dying')
    const { client, session } = visitor
    session.reachable = true
    client.comesOnline()
    if (manner === 'frozen') client.freezes()
    await Promise.race([life.later(this.#random.between(1, 150)), client.closed])
    if (manner === 'polite') return life.killed ? client.closed : client.leaves()
    // At a kill one that was about to die has read what had come, as anybody.
    if (manner === 'dying' && life.killed) return client.closed
    die(visitor)
  }
}
