// A push service as anybody would write one: a stock xmpp.js component that takes XEP-0357 publishes.

import { component, xml as stock } from '@xmpp/component'
import type { Awaitable } from '../../server/awaitable.js'
import type { StanzaErrorCondition } from '../../server/stanza-error.js'
import { type Element, parse } from '../../server/xml.js'
import { TestEntity } from './entity.js'

const COMPONENT = 'jabber:component:accept'
const PUBSUB = 'http://jabber.org/protocol/pubsub'
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** What the service says to a publish: a result, an error, or nothing at all. */
export type ServiceAnswer =
  'result' | 'nothing' | { readonly error: StanzaErrorCondition | 'gibberish'; readonly type?: string }

export type Answering = (iq: Element) => Awaitable<ServiceAnswer>

export interface ServiceAddress {
  readonly host: string
  readonly port: number
}

class Connection extends TestEntity {
  readonly entity: ReturnType<typeof component>
  /** Every stanza that came, read or not. */
  readonly seen: Element[] = []
  readonly #wire: Buffer[] = []

  constructor(jid: string, secret: string, address: ServiceAddress, answer: Answering) {
    const entity = component({
      service: `xmpp://${address.host}:${String(address.port)}`,
      domain: jid,
      password: secret,
    })
    super(entity, () => jid, COMPONENT)
    this.entity = entity
    entity.once('connect', () =>
      entity.socket?.on('data', (bytes: Buffer | string) => this.#wire.push(Buffer.from(bytes))),
    )
    entity.on('stanza', (stanza: Element) => this.#took(alone(stanza)))
    entity.iqCallee.set(PUBSUB, 'pubsub', async ({ stanza }) => replyOf(await answer(alone(stanza))))
  }

  get wire(): string {
    return Buffer.concat(this.#wire).toString('utf8')
  }

  #took(stanza: Element): void {
    this.seen.push(stanza)
    this.arrived(stanza)
  }
}

/** The stanza as a document of its own: over TCP it inherits the namespace of the stream. */
function alone(stanza: Element): Element {
  const copy = parse(stanza.toString())
  copy.attrs['xmlns'] ??= COMPONENT
  return copy
}

/** What xmpp.js' iqCallee makes an answer of. A promise that never settles is silence. */
function replyOf(answer: ServiceAnswer): unknown {
  if (answer === 'result') return true
  if (answer === 'nothing') return new Promise(() => undefined)
  return stock('error', { type: answer.type ?? 'cancel' }, stock(answer.error, { xmlns: STANZAS }))
}

export class PushService {
  readonly jid: string
  readonly #secret: string
  readonly #address: ServiceAddress
  readonly #past: Connection[] = []
  #connection: Connection | undefined
  #answer: Answering = () => 'result'

  constructor(jid: string, secret: string, address: ServiceAddress) {
    this.jid = jid
    this.#secret = secret
    this.#address = address
  }

  /** Connects to the server. */
  async arrives(): Promise<void> {
    const connection = new Connection(this.jid, this.#secret, this.#address, (iq) => this.#answer(iq))
    await connection.entity.start()
    this.#connection = connection
  }

  /** Closes its stream. What it has not read stays in its inbox. */
  async leaves(): Promise<void> {
    const connection = this.#connection
    if (connection === undefined) return
    this.#past.push(connection)
    this.#connection = undefined
    await connection.entity.stop()
  }

  /** How it answers publishes from now on; with a result unless said otherwise. */
  answers(answer: Answering | ServiceAnswer): void {
    this.#answer = typeof answer === 'function' ? answer : () => answer
  }

  next(): Promise<Element> {
    return this.#there().inbox.next()
  }

  /** Reads the next stanza and compares it whole. Elements without `xmlns` are in `jabber:component:accept`. */
  receives(expected: Element): Promise<Element> {
    return this.#there().inbox.receives(expected)
  }

  sends(stanza: Element): Promise<void> {
    return this.#there().sends(stanza)
  }

  /** Sends the iq and gives the whole result. @throws Refusal for an error answer */
  asks(question: Element): Promise<Element> {
    return this.#there().asks(question)
  }

  /** Every stanza that it was handed since it is there, read or not. */
  get seen(): readonly Element[] {
    return this.#connections().flatMap(({ seen }) => seen)
  }

  /** The same as text, with all that the server wrote beside it. */
  get wire(): string {
    return this.#connections()
      .map(({ wire }) => wire)
      .join('')
  }

  /** Waits for the end of the stream and gives its error. */
  ended(): Promise<string> {
    return this.#there().ended()
  }

  /** The TCP socket under the stream. */
  get socket(): { pause(): unknown; resume(): unknown } | null {
    return this.#there().entity.socket
  }

  get connected(): boolean {
    return this.#connection?.entity.status === 'online'
  }

  /** Reads whatever has come, and looks at none of it. */
  forgets(): void {
    for (const connection of this.#connections()) connection.inbox.forgets()
  }

  /** @throws Error that names every stanza that nobody read */
  expectEmpty(): void {
    for (const connection of this.#connections()) connection.inbox.expectEmpty()
  }

  get complaints(): readonly string[] {
    return this.#connections().flatMap(({ complaints }) => complaints)
  }

  #connections(): readonly Connection[] {
    return this.#connection === undefined ? this.#past : [...this.#past, this.#connection]
  }

  #there(): Connection {
    if (this.#connection === undefined) throw new Error(`${this.jid} is not connected`)
    return this.#connection
  }
}
