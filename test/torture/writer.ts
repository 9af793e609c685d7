// Somebody who writes: some messages, then a ping. Its answer, if it comes in time, vouches for all of them.

import { attr, child, type Element } from '../../server/xml.js'
import { Client } from './client.js'
import { type Ledger, type Message, now } from './ledger.js'
import { Gone, type Life } from './life.js'
import { kindBy, messageXml } from './messages.js'
import type { Random } from './random.js'
import { type Account, desks, pen, recipientBy, type World } from './world.js'

/**
 * The server does not let a ping wait for longer than a second for what came before it (docs/journey.md): one that took nearly as
 * long vouches for nothing.
 */
const vouchesMs = 900

export interface WriterOptions {
  readonly name: string
  readonly account: Account
  readonly world: World
  readonly ledger: Ledger
  readonly life: Life
  readonly random: Random
  /** So many times it writes in one life. */
  readonly batches: number
  /** Now and then its connection breaks before it has the answer. */
  readonly breaks: boolean
}

export class Writer {
  readonly #options: WriterOptions
  #count = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Resolves when it has written all, or the life is over. */
  async writes(): Promise<void> {
    const { batches, life, random, breaks } = this.#options
    let client: Client | undefined
    for (let batch = 0; batch < batches && !life.over; batch += 1) {
      try {
        client ??= await this.#logsIn()
        const sent = this.#sends(client)
        if (breaks && random.chance(0.02)) client.dies()
        // One that has died asks in vain.
        await this.#asks(client, sent)
      } catch (reason) {
        if (!(reason instanceof Gone)) throw reason
        client = undefined
      }
    }
    await client?.leaves()
  }

  #logsIn(): Promise<Client> {
    const { life, account, name } = this.#options
    return Client.logIn(life, {
      account: account.name,
      password: account.password,
      resource: `${pen}-${name}`,
      answers: true,
      hears: (message) => this.#hears(message),
      answered: () => undefined,
    })
  }

  #sends(client: Client): readonly Message[] {
    return Array.from({ length: this.#options.random.between(1, 8) }, () => this.#send(client))
  }

  #send(client: Client): Message {
    const { name, account, world, ledger, life, random } = this.#options
    const recipient = recipientBy(world, random)
    const token = `m-${life.number}-${name}-${this.#count++}`
    const kind = kindBy(random)
    const to = random.chance(0.3) ? `${recipient.jid}/${random.pick([...desks, 'phone0'])}` : recipient.jid
    const devices = recipient.registrations.flatMap(({ device }) => device ?? [])
    const xml = messageXml({ token, kind, to, devices }, random)
    const message = ledger.sends({ token, kind, from: account.jid, to: recipient.jid, life: life.number })
    client.send(xml)
    return message
  }

  async #asks(client: Client, sent: readonly Message[]): Promise<void> {
    const asked = now()
    await client.pings()
    const answered = now()
    if (answered - asked > vouchesMs) return
    for (const message of sent) message.acknowledged = answered
    this.#options.life.happened('acknowledged')
  }

  #hears(message: Element): void {
    const refused = attr(message, 'type') === 'error' && this.#options.ledger.messages.get(attr(message, 'id') ?? '')
    if (!refused) return
    const [condition] = child(message, 'error', 'jabber:client')?.getChildElements() ?? []
    refused.refused = condition?.name ?? 'error'
  }
}
