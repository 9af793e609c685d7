// A push service without manners: a component (XEP-0114) that writes whatever text it likes, or breaks off.

import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { type Element, parse } from '../../server/xml.js'
import { Inbox } from './inbox.js'
import type { ServiceAddress } from './push-service.js'

const COMPONENT = 'jabber:component:accept'

export class RawService {
  readonly jid: string
  readonly #socket: Socket
  readonly #inbox: Inbox
  #unread = ''

  /** Connects as `jid` and takes what was there before out of its place. */
  static async connect(jid: string, secret: string, { host, port }: ServiceAddress): Promise<RawService> {
    const socket = connect({ host, port })
    socket.setEncoding('utf8')
    socket.write(`<stream:stream xmlns="${COMPONENT}" xmlns:stream="http://etherx.jabber.org/streams" to="${jid}">`)
    const [, id = ''] = await until(socket, /<stream:stream[^>]* id="([^"]+)"[^>]*>/)
    const digest = createHash('sha1')
      .update(id + secret)
      .digest('hex')
    socket.write(`<handshake>${digest}</handshake>`)
    const [head] = await until(socket, /<handshake\/>/)
    return new RawService(jid, socket, head)
  }

  private constructor(jid: string, socket: Socket, first: string) {
    this.jid = jid
    this.#socket = socket
    this.#inbox = new Inbox(() => jid, COMPONENT)
    this.#received(first.slice(first.indexOf('<handshake/>') + '<handshake/>'.length))
    socket.on('data', (text: string) => this.#received(text))
    socket.on('error', () => undefined)
  }

  /** The next stanza that nobody has read. */
  next(): Promise<Element> {
    return this.#inbox.next()
  }

  writes(text: string): void {
    this.#socket.write(text)
  }

  /** Answers a publish, or what looks like it: attributes that are given take the place of the right ones. */
  answers(publish: Element, wrong: { readonly id?: string; readonly from?: string } = {}, inside = ''): void {
    const { id = '', from = '' } = publish.attrs as Readonly<Record<string, string>>
    const type = inside.startsWith('<error') ? 'error' : 'result'
    this.writes(
      `<iq type="${type}" id="${wrong.id ?? id}" from="${wrong.from ?? this.jid}" to="${from}">${inside}</iq>`,
    )
  }

  /** Asks the server, so that what it gets next is the answer, unless something else was on its way to it. */
  async readsOn(): Promise<void> {
    const question = '<query xmlns="http://jabber.org/protocol/disco#info"/>'
    this.writes(`<iq type="get" id="read" from="${this.jid}" to="localhost">${question}</iq>`)
    const answer = await this.next()
    if (answer.attrs['id'] !== 'read') throw new Error(`${this.jid} got ${answer.toString()}`)
  }

  /** Gone without a word. */
  breaksOff(): Promise<void> {
    const ended = this.ended()
    this.#socket.destroy()
    return ended
  }

  /** The connection is closed, by whichever side. */
  ended(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve()
    return new Promise((resolve) => this.#socket.once('close', () => resolve()))
  }

  expectEmpty(): void {
    this.#inbox.expectEmpty()
  }

  #received(text: string): void {
    const stanzas = (this.#unread + text).split(/(?<=<\/iq>|<\/message>|<\/presence>)/)
    this.#unread = /<\/(iq|message|presence)>$/.test(stanzas.at(-1) ?? '') ? '' : (stanzas.pop() ?? '')
    for (const stanza of stanzas) this.#inbox.arrived(parse(stanza))
  }
}

/** Reads until the text is there, and gives all that was read. */
function until(socket: Socket, wanted: RegExp): Promise<readonly [string, ...string[]]> {
  let read = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: string): void => {
      read += chunk
      const found = wanted.exec(read)
      if (found === null) return
      socket.off('data', hear)
      resolve([read, ...found.slice(1)])
    }
    socket.on('data', hear)
    socket.once('error', reject)
  })
}
