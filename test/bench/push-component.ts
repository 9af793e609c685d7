// A push service that answers every publish with a result as fast as it can (XEP-0114, XEP-0357 §7).

import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface ComponentAddress {
  /** `host:port` */
  readonly address: string
  readonly domain: string
  readonly secret: string
}

export class PushComponent {
  readonly #socket: Socket
  readonly #domain: string
  readonly #published: (node: string) => void
  #unread = ''

  /** @param published is told the node of every publish, when it has been answered */
  static async connect(
    { address, domain, secret }: ComponentAddress,
    published: (node: string) => void,
  ): Promise<PushComponent> {
    const [host = '', port = ''] = address.split(':')
    const socket = connect({ host, port: Number(port), noDelay: true })
    socket.setEncoding('utf8')
    socket.write(
      `<stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams" to="${domain}">`,
    )
    const [, id = ''] = await until(socket, /<stream:stream[^>]* id=["']([^"']+)["'][^>]*>/)
    socket.write(
      `<handshake>${createHash('sha1')
        .update(id + secret)
        .digest('hex')}</handshake>`,
    )
    await until(socket, /<handshake\s*\/>/)
    return new PushComponent(socket, domain, published)
  }

  private constructor(socket: Socket, domain: string, published: (node: string) => void) {
    this.#socket = socket
    this.#domain = domain
    this.#published = published
    socket.on('data', (chunk: string) => this.#received(chunk))
  }

  close(): void {
    this.#socket.destroy()
  }

  #received(chunk: string): void {
    const stanzas = (this.#unread + chunk).split('</iq>')
    this.#unread = stanzas.pop() ?? ''
    const nodes = stanzas.map(nodeOf)
    this.#socket.write(stanzas.map((stanza) => this.#answerTo(stanza)).join(''))
    nodes.forEach(this.#published)
  }

  #answerTo(stanza: string): string {
    return `<iq type="result" id="${attribute(stanza, 'id')}" to="${attribute(stanza, 'from')}" from="${this.#domain}"/>`
  }
}

/** @throws Error for a stanza that is no publish of a sealed notification */
function nodeOf(stanza: string): string {
  const [, node] = /<publish[^>]* node="([^"]+)"/.exec(stanza) ?? []
  if (node === undefined || !stanza.includes('<encrypted')) throw new Error(`this is no sealed push: ${stanza}`)
  return node
}

function attribute(stanza: string, name: string): string {
  return new RegExp(`^[^>]* ${name}="([^"]*)"`).exec(stanza)?.[1] ?? ''
}

/** Reads until the text is there. */
function until(socket: Socket, wanted: RegExp): Promise<RegExpExecArray> {
  let read = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: string): void => {
      read += chunk
      const found = wanted.exec(read)
      if (found === null) return
      socket.off('data', hear)
      resolve(found)
    }
    socket.on('data', hear)
    socket.once('close', () => reject(new Error('the server closed the connection of the component')))
    socket.once('error', reject)
  })
}
