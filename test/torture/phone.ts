// The clients that push is for: they come to register, anew with another key, or to end it; some of them collect their messages.

import { attr } from '../../server/xml.js'
import type { Client } from './client.js'
import { type Change, now, type Registration } from './ledger.js'
import { Gone, type Life } from './life.js'
import type { Random } from './random.js'
import { arrive, die, type Place, type Visitor } from './reader.js'

/** Registers. @throws Gone; Error when the server refuses */
export async function enable(
  client: Client,
  registration: Registration,
  kind: Change['kind'],
  random: Random,
): Promise<void> {
  const key = kind === 'sealed' ? random.base64(16) : undefined
  const change: Change = { kind, key, asked: now(), done: undefined }
  registration.changes.push(change)
  const answer = await client.ask('set', enableXml(registration, change))
  if (attr(answer, 'type') !== 'result') throw new Error(`the server refused: ${answer.toString()}`)
  change.done = now()
}

function enableXml({ service, node, device }: Registration, { kind, key }: Change): string {
  const head = `xmlns="urn:xmpp:push:0" jid="${service}" node="${node}"`
  if (kind === 'none') return `<disable ${head}/>`
  if (key === undefined) return `<enable ${head}/>`
  const omemo = device === undefined ? '' : `<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="${device}"/>`
  return `<enable ${head}><encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>${omemo}</enable>`
}

/** One that was sealed stays sealed but for a few that never were: what is sealed must never go out otherwise. */
export function firstKind(random: Random): Change['kind'] {
  return random.chance(0.75) ? 'sealed' : 'plain'
}

export class Phone {
  readonly #place: Place
  readonly #random: Random

  constructor(place: Place, random: Random) {
    this.#place = place
    this.#random = random
  }

  /** Comes now and then until the life is over. */
  async visits(): Promise<void> {
    const { account, life } = this.#place
    while (!life.over) {
      await life.later(this.#random.between(30, 400))
      try {
        await this.#visit(life, this.#random.pick(account.registrations))
      } catch (reason) {
        if (!(reason instanceof Gone)) throw reason
      }
    }
  }

  async #visit(life: Life, registration: Registration): Promise<void> {
    const visitor = await arrive(this.#place, registration.resource, true)
    const collects = this.#place.account.temper !== 'away' && this.#random.chance(0.5)
    try {
      if (this.#random.chance(0.7)) {
        await enable(visitor.client, registration, this.#nextKind(registration), this.#random)
        life.happened('registered')
      }
      if (collects) await this.#collects(life, visitor)
    } finally {
      await this.#goes(life, visitor)
    }
  }

  /** An account that nobody reads keeps its registrations: there the counts are exact. */
  #nextKind({ changes }: Registration): Change['kind'] {
    const before = changes.find(({ kind }) => kind !== 'none')?.kind ?? 'sealed'
    return this.#place.account.temper !== 'away' && this.#random.chance(0.1) ? 'none' : before
  }

  async #collects(life: Life, { client, session }: Visitor): Promise<void> {
    session.reachable = true
    client.comesOnline()
    await Promise.race([life.later(this.#random.between(1, 60)), client.closed])
  }

  async #goes(life: Life, visitor: Visitor): Promise<void> {
    if (life.killed) return visitor.client.closed
    if (this.#place.account.temper === 'rude' && this.#random.chance(0.4)) return die(visitor)
    return visitor.client.leaves()
  }
}
