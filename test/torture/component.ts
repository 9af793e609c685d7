// One connection of a push service (XEP-0114): publishes come in, answers go out, and a ping tells which of them have been read.

import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { StreamSplitter } from '../../server/splitter.js'
import { attr, type Element, parse } from '../../server/xml.js'
import { domain } from './client.js'
import type { Addresses } from './life.js'

const NS = 'jabber:component:accept'
const limits = { bytes: 1024 * 1024, depth: 64 }

export interface Behaviour {
  readonly jid: string
  readonly secret: string
  readonly publishes: (iq: Element, connection: Component) => void
}

export class Component {
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #behaviour: Behaviour
  readonly #splitter = new StreamSplitter(limits)
  readonly #unread = new Map<string, () => void>()
  #sent = 0
  #ready: (() => void) | undefined

  /** Undefined when the server is gone before it is connected. */
  static async connect({ component }: Addresses, behaviour: Behaviour): Promise<Component | undefined> {
    const connection = new Component(connect({ ...component, noDelay: true }), behaviour)
    const ready = new Promise<true>((resolve) => (connection.#ready = () => resolve(true)))
    const isReady = await Promise.race([ready, connection.closed])
    return isReady === true ? connection : undefined
  }

  private constructor(socket: Socket, behaviour: Behaviour) {
    this.#socket = socket
    this.#behaviour = behaviour
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#receives(text))
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    this.#write(`<stream:stream xmlns="${NS}" xmlns:stream="http://etherx.jabber.org/streams" to="${behaviour.jid}">`)
  }

  /** @param read is called when the server has proved that it has read the answer */
  answers(iq: Element, inside: string, read: () => void): void {
    const type = inside === '' ? 'result' : 'error'
    const [id, to] = [attr(iq, 'id') ?? '', attr(iq, 'from') ?? '']
    this.#sent += 1
    const ping = `read-${this.#sent}`
    this.#unread.set(ping, read)
    this.#write(`<iq type="${type}" id="${id}" from="${this.#behaviour.jid}" to="${to}">${inside}</iq>`)
    this.#write(
      `<iq type="get" id="${ping}" from="${this.#behaviour.jid}" to="${domain}"><ping xmlns="urn:xmpp:ping"/></iq>`,
    )
  }

  breaks(): void {
    this.#socket.destroy()
  }

  #write(xml: string): void {
    if (!this.#socket.destroyed) this.#socket.write(xml)
  }

  #receives(text: string): void {
    for (const part of this.#splitter.push(text)) {
      if (this.#socket.destroyed) return
      if (part.kind === 'open') this.#handshake(part.attributes.get('id') ?? '')
      // The other thing that may come is the error with which the server ends the stream.
      else if (part.kind === 'stanza' && !part.text.startsWith('<stream:')) this.#stanza(parse(part.text))
    }
  }

  #handshake(id: string): void {
    const digest = createHash('sha1')
      .update(id + this.#behaviour.secret)
      .digest('hex')
    this.#write(`<handshake>${digest}</handshake>`)
  }

  #stanza(stanza: Element): void {
    if (stanza.name === 'handshake') return this.#ready?.()
    if (stanza.name !== 'iq') return
    const read = this.#unread.get(attr(stanza, 'id') ?? '')
    if (read === undefined) return this.#behaviour.publishes(stanza, this)
    this.#unread.delete(attr(stanza, 'id') ?? '')
    read()
  }
}
