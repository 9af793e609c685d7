// A push service and its moods: prompt, slow, failing, silent, breaking off at the worst moment, late. It notes all that it gets.

import type { Element } from '../../server/xml.js'
import { Component } from './component.js'
import { type Ledger, now, type Publish } from './ledger.js'
import type { Life } from './life.js'
import { arrivedIn, contentOf } from './notification.js'
import type { Random } from './random.js'

export const moods = ['prompt', 'prompt', 'slow', 'failing', 'silent', 'breaking', 'late'] as const

export type Mood = (typeof moods)[number]

/** Errors that pass (contract §4.4); a registration survives them. */
const passing = [
  '<error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  '<error type="wait"><resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  '<error type="cancel"><internal-server-error xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  '<error type="wait"><remote-server-timeout xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  '<error type="wait"><recipient-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  '<error type="wait"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
] as const

export interface ServiceOptions {
  readonly jid: string
  readonly secret: string
  readonly ledger: Ledger
}

export class Service {
  readonly #options: ServiceOptions

  constructor(options: ServiceOptions) {
    this.#options = options
  }

  /** Serves one life of the server to its end, coming back as often as its mood lets it break off. */
  async serves(life: Life, mood: Mood, random: Random): Promise<void> {
    if (mood === 'late') await life.later(random.between(20, 400))
    while (!life.killed) {
      const visit = new Visit(life, mood, random, this.#options.ledger)
      const { jid, secret } = this.#options
      const publishes = (iq: Element, connection: Component): void => visit.publishes(iq, jid, connection)
      const connection = await Component.connect(life.addresses, { jid, secret, publishes })
      if (connection === undefined) return
      visit.endsAfter(connection)
      await connection.closed
    }
  }
}

/** One connection. */
class Visit {
  readonly #life: Life
  readonly #mood: Mood
  readonly #random: Random
  readonly #ledger: Ledger

  constructor(life: Life, mood: Mood, random: Random, ledger: Ledger) {
    this.#life = life
    this.#mood = mood
    this.#random = random
    this.#ledger = ledger
  }

  publishes(iq: Element, service: string, connection: Component): void {
    const publish = this.#noted(iq, service)
    if (publish === undefined) return
    this.#life.happened('published')
    this.#reacts(iq, publish, connection)
  }

  endsAfter(connection: Component): void {
    if (this.#mood === 'breaking') void this.#life.later(this.#random.between(10, 200)).then(() => connection.breaks())
  }

  #noted(iq: Element, service: string): Publish | undefined {
    const arrived = arrivedIn(iq)
    if (arrived === undefined) return undefined
    const registration = this.#ledger.registration(service, arrived.node)
    if (registration === undefined)
      return void this.#ledger.faults.push(`a push came for an unknown node: ${arrived.node}`)
    try {
      const content = contentOf(arrived.notification, registration)
      const publish = {
        registration,
        life: this.#life.number,
        at: now(),
        item: arrived.item,
        ...content,
        answer: undefined,
      }
      this.#ledger.publishes.push(publish)
      return publish
    } catch (reason) {
      return void this.#ledger.faults.push(String(reason))
    }
  }

  #reacts(iq: Element, publish: Publish, connection: Component): void {
    const random = this.#random
    switch (this.#mood) {
      case 'prompt':
      case 'late':
        return this.#answers(iq, publish, connection, '')
      case 'slow':
        setTimeout(() => this.#answers(iq, publish, connection, ''), random.between(10, 300)).unref()
        return
      case 'failing':
        return this.#answers(iq, publish, connection, random.chance(0.5) ? random.pick(passing) : '')
      case 'silent':
        return random.chance(0.3) ? this.#answers(iq, publish, connection, '') : undefined
      case 'breaking':
        if (random.chance(0.7)) this.#answers(iq, publish, connection, '')
        if (random.chance(0.05)) connection.breaks()
    }
  }

  #answers(iq: Element, publish: Publish, connection: Component, error: string): void {
    if (this.#life.killed) return
    const answer = { kind: error === '' ? 'result' : 'error', at: now(), read: undefined } as const
    const noted: NonNullable<Publish['answer']> = { ...answer }
    publish.answer = noted
    connection.answers(iq, error, () => (noted.read = now()))
    this.#life.happened('answered')
  }
}
