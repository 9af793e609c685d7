// A client on a plain WebSocket (RFC 7395): logs in for real, and ends as badly as it is told to.

import { once } from 'node:events'
import { WebSocket } from 'ws'
import { attr, type Element, parse } from '../../server/xml.js'
import { Gone, type Life } from './life.js'

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'

export const domain = 'localhost'

export interface Login {
  readonly account: string
  readonly password: string
  readonly resource: string
  /** False: it reads, but no question of the server's is ever answered. */
  readonly answers: boolean
  readonly hears: (message: Element) => void
  /** It has answered a question of the server's. */
  readonly answered: () => void
}

export class Client {
  /** The socket is closed, and all that came before has been heard. */
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  readonly #life: Life
  readonly #login: Login
  readonly #unread: Element[] = []
  #next: { readonly resolve: (frame: Element) => void; readonly reject: (reason: Error) => void } | undefined
  readonly #asked = new Map<
    string,
    { readonly resolve: (answer: Element) => void; readonly reject: (reason: Error) => void }
  >()
  #questions = 0
  #bound = false
  #isClosed = false

  private constructor(life: Life, login: Login) {
    this.#life = life
    this.#login = login
    this.#socket = new WebSocket(life.addresses.url, ['xmpp'], { autoPong: false })
    this.#socket.on('message', (data: Buffer) => this.#frame(parse(data.toString('utf8'))))
    this.#socket.on('ping', (data) => this.#ping(data))
    // Whoever waits for the connection hears of its end.
    this.#socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => this.#socket.once('close', () => (this.#over(), resolve())))
  }

  /** From the first byte to a bound session that has had an answer: of nothing that follows it has answered for anything yet. @throws Gone */
  static async logIn(life: Life, login: Login): Promise<Client> {
    if (life.killed) throw new Gone()
    const client = new Client(life, login)
    try {
      await client.#opens()
    } catch (reason) {
      const isGone = client.#isClosed || life.killed
      client.dies()
      throw isGone ? new Gone() : reason
    }
    life.happened('bound')
    return client
  }

  send(xml: string): void {
    if (!this.#life.killed && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(xml)
  }

  /** Resolves at the answer, whatever it says. @throws Gone when none can come any more */
  ask(type: 'get' | 'set', payload: string): Promise<Element> {
    this.#questions += 1
    const id = `q${this.#questions}`
    if (this.#isClosed || this.#life.killed) return Promise.reject(new Gone())
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.send(`<iq xmlns="jabber:client" type="${type}" id="${id}">${payload}</iq>`)
    })
  }

  /** What the server answers for itself vouches for all that was sent before (docs/journey.md). @throws Gone */
  async pings(): Promise<void> {
    await this.ask('get', '<ping xmlns="urn:xmpp:ping"/>')
  }

  comesOnline(): void {
    this.send('<presence xmlns="jabber:client"/>')
  }

  /** Says goodbye, and reads until the other side has closed. */
  async leaves(): Promise<void> {
    this.send(`<close xmlns="${FRAMING}"/>`)
    await this.closed
  }

  /** The connection breaks: no goodbye, and nothing that may still come is read. */
  dies(): void {
    this.#over()
    this.#socket.terminate()
  }

  /** Reads nothing any more. */
  freezes(): void {
    this.#socket.pause()
  }

  async #opens(): Promise<void> {
    const { account, password, resource } = this.#login
    await Promise.race([once(this.#socket, 'open'), this.closed.then(() => Promise.reject(new Gone()))])
    await this.#opensStream()
    const secret = Buffer.from(`\0${account}\0${password}`).toString('base64')
    this.send(`<auth xmlns="${SASL}" mechanism="PLAIN">${secret}</auth>`)
    await this.#expect('success')
    await this.#opensStream()
    this.send(
      `<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="${BIND}"><resource>${resource}</resource></bind></iq>`,
    )
    await this.#expect('iq')
    this.#bound = true
    await this.pings()
  }

  async #opensStream(): Promise<void> {
    this.send(`<open xmlns="${FRAMING}" to="${domain}" version="1.0"/>`)
    await this.#expect('open')
    await this.#expect('features')
  }

  async #expect(name: string): Promise<void> {
    const frame = this.#unread.shift() ?? (await this.#nextFrame())
    if (frame.name !== name || attr(frame, 'type') === 'error') throw new Error(`expected ${name}: ${frame.toString()}`)
  }

  #nextFrame(): Promise<Element> {
    if (this.#isClosed || this.#life.killed) return Promise.reject(new Gone())
    return new Promise((resolve, reject) => (this.#next = { resolve, reject }))
  }

  #frame(frame: Element): void {
    if (this.#isClosed) return
    if (!this.#bound && frame.name !== 'message') return this.#opening(frame)
    if (frame.name === 'message') return this.#login.hears(frame)
    const asked = frame.name === 'iq' ? this.#asked.get(attr(frame, 'id') ?? '') : undefined
    this.#asked.delete(attr(frame, 'id') ?? '')
    asked?.resolve(frame)
  }

  #opening(frame: Element): void {
    const waiting = this.#next
    this.#next = undefined
    if (waiting === undefined) this.#unread.push(frame)
    else waiting.resolve(frame)
  }

  #ping(data: Buffer): void {
    if (!this.#login.answers || this.#life.killed || this.#socket.readyState !== WebSocket.OPEN) return
    this.#socket.pong(data)
    this.#login.answered()
  }

  #over(): void {
    this.#isClosed = true
    this.#next?.reject(new Gone())
    for (const { reject } of this.#asked.values()) reject(new Gone())
    this.#asked.clear()
  }
}
