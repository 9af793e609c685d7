// Somebody with an account: sends, asks, receives, leaves and comes back, with stock xmpp.js clients.

import type { Client } from '@xmpp/client'
import type { Element } from '../../server/xml.js'
import { TestClient } from './client.js'

export interface UserOptions {
  readonly url: string
  readonly domain: string
  readonly username: string
  readonly password: string
  readonly mechanism: string
  /** Waits until the server has dealt with everything. */
  readonly settle: () => Promise<void>
  /** Hears of every stanza before it is sent. */
  readonly sends: (stanza: Element) => void
}

export class User {
  /** The bare JID. */
  readonly account: string
  readonly password: string
  readonly #options: UserOptions
  readonly #connections: TestClient[] = []
  readonly #devices: User[] = []
  #features: readonly string[] | undefined

  constructor(options: UserOptions) {
    this.#options = options
    this.account = `${options.username}@${options.domain}`
    this.password = options.password
  }

  /** The full JID of the connection. */
  get jid(): string {
    return this.#there().jid
  }

  /** The xmpp.js client itself. */
  get client(): Client {
    return this.#there().client
  }

  /** Connects, logs in and binds; sends no presence. @param resource what to bind; the server chooses one for `undefined` */
  async arrives(resource: string | undefined = 'test'): Promise<void> {
    const { url, domain, username, password, mechanism } = this.#options
    const connection = await TestClient.connect({ url, domain, username, password, resource, mechanism })
    if (this.#features !== undefined) connection.answersDisco(this.#features)
    this.#connections.push(connection)
  }

  /** A further client of the same account. */
  async also(resource: string): Promise<User> {
    const device = new User(this.#options)
    await device.arrives(resource)
    this.#devices.push(device)
    return device
  }

  /** Says goodbye, and waits until the server has taken note. What it has not read stays in its inbox. */
  async leaves(): Promise<void> {
    await this.#there().leaves()
    await this.#options.settle()
  }

  /** The connection breaks without a goodbye. */
  vanishes(): void {
    this.#there().vanishes()
  }

  /** Sends the stanza as it is. */
  sends(stanza: Element): Promise<void> {
    this.#options.sends(stanza)
    return this.#there().sends(stanza)
  }

  /** Sends the iq and gives the whole result. An id is made up when there is none. @throws Refusal for an error answer */
  asks(question: Element): Promise<Element> {
    this.#options.sends(question)
    return this.#there().asks(question)
  }

  /** The next stanza that nobody has read yet. Fails when none comes. */
  next(): Promise<Element> {
    return this.#there().inbox.next()
  }

  /** Reads the next stanza and compares it whole, but for `any`. */
  receives(expected: Element): Promise<Element> {
    return this.#there().inbox.receives(expected)
  }

  /** Reads as many stanzas as are given, whichever comes first, and compares each whole. */
  receivesAll(...expected: readonly Element[]): Promise<void> {
    return this.#there().inbox.receivesAll(expected)
  }

  /** Waits until the server has dealt with everything, and proves that nothing unread has come. */
  async receivesNothing(): Promise<void> {
    await this.#options.settle()
    this.expectEmpty()
  }

  /** From now on answers what others ask about its capabilities (XEP-0115 §6.2) with these features. */
  answersDisco(features: readonly string[]): void {
    this.#features = features
    this.#there().answersDisco(features)
  }

  /** Waits until the server ends the stream, and gives the stream error. */
  ended(): Promise<string> {
    return this.#there().ended()
  }

  /** Connections that are open: its own and those of `also`. */
  get open(): readonly TestClient[] {
    return this.#all().filter(({ client }) => client.status === 'online')
  }

  get complaints(): readonly string[] {
    return this.#all().flatMap(({ complaints }) => complaints)
  }

  /** Reads whatever has come, and looks at none of it. */
  forgets(): void {
    for (const { inbox } of this.#all()) inbox.forgets()
  }

  /** @throws Error that names every stanza that nobody read */
  expectEmpty(): void {
    for (const { inbox } of this.#all()) inbox.expectEmpty()
  }

  #all(): readonly TestClient[] {
    return [...this.#connections, ...this.#devices.flatMap((device) => device.#all())]
  }

  #there(): TestClient {
    const connection = this.#connections.at(-1)
    if (connection === undefined) throw new Error(`${this.account} has never been connected`)
    return connection
  }
}
