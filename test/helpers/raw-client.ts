// A WebSocket without manners: whatever frame a test wants to send, and whatever comes back.

import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { el, type Element, parse, serialize } from '../../server/xml.js'
import { expectWellFormed } from './client.js'

const PATIENCE_MS = 10_000
const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'

export class RawClient {
  readonly socket: WebSocket
  /** The code with which the WebSocket was closed (RFC 6455 §7.1.5). */
  readonly closed: Promise<number>
  readonly #frames: string[] = []
  readonly #waiters: ((frame: string) => void)[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('message', (data: Buffer) => this.#arrived(data.toString('utf8')))
    socket.on('error', () => undefined)
  }

  /** Opens the WebSocket, and nothing more. @throws Error when the server refuses in HTTP */
  static async connect(
    url: string,
    protocols: readonly string[] = ['xmpp'],
    options: ClientOptions = {},
  ): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, [...protocols], options))
    await once(client.socket, 'open')
    return client
  }

  /** The HTTP status with which the server refuses to open a WebSocket. */
  static async refusal(
    url: string,
    protocols: readonly string[] = ['xmpp'],
    options: ClientOptions = {},
  ): Promise<number> {
    const socket = new WebSocket(url, [...protocols], options)
    const status = new Promise<number>((resolve, reject) => {
      socket.once('unexpected-response', (_, response) => (response.resume(), resolve(response.statusCode ?? 0)))
      socket.once('open', () => reject(new Error('the server took it')))
    })
    socket.on('error', () => undefined)
    return status.finally(() => socket.terminate())
  }

  /** Sends one text frame (string) or one binary frame (bytes). */
  send(frame: string | Uint8Array): void {
    this.socket.send(frame)
  }

  /** Sends bytes as one text frame, whether they are UTF-8 or not. */
  sendBytesAsText(bytes: Uint8Array): void {
    this.socket.send(bytes, { binary: false })
  }

  /** Sends one text frame in fragments (RFC 6455 §5.4). A fragment of bytes may end inside a character. */
  sendFragments(...fragments: readonly (string | Uint8Array)[]): void {
    const last = fragments.length - 1
    fragments.forEach((fragment, index) => this.socket.send(fragment, { binary: false, fin: index === last }))
  }

  /** The next frame, whatever it holds; it is well-formed. Fails when none comes. */
  nextFrame(): Promise<string> {
    const there = this.#frames.shift()
    if (there !== undefined) return Promise.resolve(there)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no frame came')), PATIENCE_MS)
      this.#waiters.push((frame) => (clearTimeout(timer), resolve(frame)))
    })
  }

  async next(): Promise<Element> {
    return parse(await this.nextFrame())
  }

  /** Sends `<open/>` and gives the server's `<open/>` and features. */
  async opens(to = 'localhost'): Promise<{ readonly open: Element; readonly features: Element }> {
    this.send(serialize(el('open', { xmlns: FRAMING, to, version: '1.0' })))
    return { open: await this.next(), features: await this.next() }
  }

  /** Logs in by PLAIN on an opened stream and gives the server's answer. */
  async authenticates(username: string, password: string): Promise<Element> {
    const response = Buffer.from(`\0${username}\0${password}`, 'utf8').toString('base64')
    this.send(serialize(el('auth', { xmlns: SASL, mechanism: 'PLAIN' }, response)))
    return this.next()
  }

  /** From `<open/>` to a bound resource. Gives the full JID. */
  async logsIn(username: string, password: string, resource = 'raw', domain = 'localhost'): Promise<string> {
    await this.opens(domain)
    const answer = await this.authenticates(username, password)
    if (answer.name !== 'success') throw new Error(`the login failed: ${serialize(answer)}`)
    await this.opens(domain)
    const bind = el('bind', { xmlns: BIND }, el('resource', {}, resource))
    this.send(serialize(el('iq', { xmlns: 'jabber:client', type: 'set', id: 'bind' }, bind)))
    const bound = await this.next()
    return bound.getChild('bind')?.getChildText('jid') ?? ''
  }

  /** Closes the socket at once. */
  leaves(): void {
    this.socket.terminate()
  }

  /** Frames that nobody has read. */
  get unread(): readonly string[] {
    return this.#frames
  }

  #arrived(frame: string): void {
    expectWellFormed(frame)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#frames.push(frame)
    else waiter(frame)
  }
}
