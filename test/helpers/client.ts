// One connection of a stock xmpp.js client. Every frame that the server sends is proved well-formed by a parser of its own.

import { client, type Client, type Entity, xml as stock } from '@xmpp/client'
import { SaxesParser } from 'saxes'
import { WebSocket } from 'ws'
import { attr, child, type Element, parse } from '../../server/xml.js'
import { TestEntity } from './entity.js'

// xmpp.js takes the platform's WebSocket. Node 20 has none; the tests run on the same one everywhere.
Object.assign(globalThis, { WebSocket })

const DISCO_INFO = 'http://jabber.org/protocol/disco#info'

export interface Login {
  readonly url: string
  readonly domain: string
  readonly username: string
  readonly password: string
  /** Undefined lets the server choose one. */
  readonly resource: string | undefined
  /** Undefined takes what xmpp.js takes. */
  readonly mechanism: string | undefined
}

export class TestClient extends TestEntity {
  readonly client: Client
  #jid = ''
  #features: readonly string[] | undefined

  private constructor(entity: Client, name: () => string) {
    super(entity, name, 'jabber:client')
    this.client = entity
    entity.once('connect', () => entity.socket?.prependListener('data', (frame: unknown) => this.#frame(String(frame))))
    entity.iqCallee.set('jabber:iq:roster', 'query', () => true)
    entity.iqCallee.get(DISCO_INFO, 'query', ({ element }) => this.#disco(element))
  }

  /** Connects, logs in and binds. Sends no presence. @throws what xmpp.js throws */
  static async connect(login: Login): Promise<TestClient> {
    const connected: TestClient = new TestClient(stockClient(login), () => connected.jid || login.username)
    try {
      connected.#jid = String(await connected.client.start())
    } catch (reason) {
      await connected.client.disconnect()
      throw reason
    }
    return connected
  }

  /** The full JID that the server bound. */
  get jid(): string {
    return this.#jid
  }

  /** From now on answers what others ask about its capabilities (XEP-0115 §6.2) with these features. */
  answersDisco(features: readonly string[]): void {
    this.#features = features
  }

  /** Says goodbye and closes. */
  async leaves(): Promise<void> {
    await this.client.stop()
  }

  /** The connection breaks, without a goodbye. */
  vanishes(): void {
    this.client.socket?.socket?.terminate()
  }

  #frame(frame: string): void {
    expectWellFormed(frame)
    const element = parse(frame)
    if (attr(element, 'xmlns') !== 'jabber:client' || this.#isStockBusiness(element)) return
    this.arrived(element)
  }

  /** Binding is xmpp.js' own business, as are answers to capability questions. */
  #isStockBusiness(stanza: Element): boolean {
    if (stanza.name !== 'iq') return false
    if (this.client.iqCaller.handlers.has(attr(stanza, 'id') ?? '')) return true
    return (
      this.#features !== undefined && attr(stanza, 'type') === 'get' && child(stanza, 'query', DISCO_INFO) !== undefined
    )
  }

  #disco(query: Element): unknown {
    if (this.#features === undefined) return undefined
    const features = this.#features.map((feature) => stock('feature', { var: feature }))
    const node = attr(query, 'node')
    return stock(
      'query',
      { xmlns: DISCO_INFO, ...(node !== undefined && { node }) },
      stock('identity', { category: 'client', type: 'pc', name: 'test' }),
      ...features,
    )
  }
}

function stockClient({ url, domain, username, password, resource, mechanism }: Login): Client {
  const credentials = { username, password }
  const entity: Entity & Client = client({
    service: url,
    domain,
    ...(resource !== undefined && { resource }),
    ...(mechanism === undefined
      ? credentials
      : { credentials: (authenticate) => authenticate(credentials, mechanism) }),
  })
  return entity
}

/** @throws Error from an independent strict parser unless the frame is one well-formed element (RFC 7395 §3.3.3) */
export function expectWellFormed(frame: string): void {
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (reason) => {
    throw new Error(`the server sent what is not well-formed: ${reason.message}: ${frame}`)
  })
  parser.write(frame).close()
}
