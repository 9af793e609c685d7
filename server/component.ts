// XEP-0114: a trusted service on a domain of its own, over TCP.

import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type Server as TcpServer, type Socket } from 'node:net'
import { corkThisTurn } from './cork.js'
import type { HookRunner } from './hooks.js'
import { type Jid, jidOrUndefined } from './jid.js'
import type { Log } from './log.js'
import type { Elsewhere, Router } from './router.js'
import { type StreamPart, StreamSplitter } from './splitter.js'
import { CLIENT_NS, type Stanza, writeStanzaIn } from './stanza.js'
import { errorElement, StanzaError } from './stanza-error.js'
import { StreamError, streamErrorContent } from './stream-error.js'
import {
  el,
  escapeAttribute,
  type Frame,
  frameElement,
  type Inherited,
  readFrame,
  serialize,
  text,
  XmlError,
} from './xml.js'

const NS = 'jabber:component:accept'
const STREAMS_NS = 'http://etherx.jabber.org/streams'

/** A component that does not read may have so much waiting for it before its stream ends. */
const maxUnreadBytes = 32 * 1024 * 1024

export interface ComponentLimits {
  readonly stanzaBytes: number
  readonly depth: number
  readonly loginSeconds: number
}

export interface ComponentParts {
  /** Prepared domain → shared secret. */
  readonly secrets: ReadonlyMap<string, string>
  readonly limits: ComponentLimits
  readonly hooks: HookRunner
  readonly log: Log
}

/** Every component that may connect, and those that have. */
export class Components implements Elsewhere {
  readonly #parts: ComponentParts
  readonly #connected = new Map<string, ComponentStream>()
  readonly #streams = new Set<ComponentStream>()
  #server: TcpServer | undefined

  constructor(parts: ComponentParts) {
    this.#parts = parts
  }

  get domains(): readonly string[] {
    return [...this.#connected.keys()].sort()
  }

  isComponent(domain: string): boolean {
    return this.#parts.secrets.has(domain)
  }

  /** Resolves with the port that was taken. */
  listen(host: string, port: number, router: Router): Promise<number> {
    const server = createServer((socket) => this.#accept(socket, router))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        const address = server.address()
        resolve(address !== null && typeof address === 'object' ? address.port : port)
      })
    })
  }

  /** @throws StanzaError for a domain that is not there, or not now */
  send(stanza: Stanza): void {
    const domain = stanza.to?.domain ?? ''
    const stream = this.#connected.get(domain)
    if (stream !== undefined) return stream.write(writeStanzaIn(stanza, NS))
    throw new StanzaError(this.isComponent(domain) ? 'service-unavailable' : 'remote-server-not-found')
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const stream of this.#streams) stream.end(new StreamError('system-shutdown'))
    await closed
  }

  #accept(socket: Socket, router: Router): void {
    const stream = new ComponentStream(socket, this.#parts, {
      ready: (domain) => this.#ready(domain, stream),
      stanza: (frame, from) => router.receiveFromComponent(frame, from),
      closed: () => this.#closed(stream),
    })
    this.#streams.add(stream)
  }

  /** The one that comes is the one that lives: the other may be a socket that died without a word. */
  #ready(domain: string, stream: ComponentStream): void {
    this.#connected.get(domain)?.end(new StreamError('conflict', 'replaced by a new connection'))
    this.#connected.set(domain, stream)
    this.#parts.log.info('component connected', { domain })
    void this.#parts.hooks.notify('component:connected', { domain })
  }

  #closed(stream: ComponentStream): void {
    this.#streams.delete(stream)
    const { domain } = stream
    if (domain === undefined || this.#connected.get(domain) !== stream) return
    this.#connected.delete(domain)
    this.#parts.log.info('component disconnected', { domain })
    void this.#parts.hooks.notify('component:disconnected', { domain })
  }
}

interface ComponentEvents {
  ready(domain: string): void
  stanza(frame: Frame, from: Jid): unknown
  closed(): void
}

/** One component's connection: opened → handshake → ready. */
class ComponentStream {
  readonly #socket: Socket
  readonly #parts: ComponentParts
  readonly #events: ComponentEvents
  readonly #id = randomUUID()
  readonly #splitter: StreamSplitter
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly #loginTimer: NodeJS.Timeout
  #asked: string | undefined
  #inherited: Inherited | undefined
  #ready = false
  #over = false

  constructor(socket: Socket, parts: ComponentParts, events: ComponentEvents) {
    this.#socket = socket
    this.#parts = parts
    this.#events = events
    this.#splitter = new StreamSplitter({ bytes: parts.limits.stanzaBytes, depth: parts.limits.depth })
    this.#loginTimer = setTimeout(
      () => this.end(new StreamError('connection-timeout')),
      parts.limits.loginSeconds * 1000,
    )
    this.#loginTimer.unref()
    socket.setNoDelay(true).setKeepAlive(true, 30_000)
    socket.on('data', (data) => this.#receive(data))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed())
  }

  get domain(): string | undefined {
    return this.#ready ? this.#asked : undefined
  }

  write(xml: string): void {
    if (this.#over) return
    corkThisTurn(this.#socket)
    this.#socket.write(xml)
    if (this.#socket.writableLength > maxUnreadBytes) this.end(new StreamError('resource-constraint', 'read faster'))
  }

  end(error: StreamError): void {
    if (this.#over) return
    if (this.#inherited === undefined) this.#sendHeader('')
    this.#closed()
    this.#socket.write(`<stream:error>${streamErrorContent(error)}</stream:error></stream:stream>`)
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), 1000).unref()
  }

  #receive(data: Buffer): void {
    if (this.#over) return
    try {
      for (const part of this.#splitter.push(this.#decode(data))) this.#part(part)
    } catch (reason) {
      this.end(this.#asStreamError(reason))
    }
  }

  #decode(data: Buffer): string {
    try {
      return this.#decoder.decode(data, { stream: true })
    } catch {
      throw new StreamError('not-well-formed', 'that is not UTF-8')
    }
  }

  #asStreamError(reason: unknown): StreamError {
    if (reason instanceof StreamError) return reason
    if (reason instanceof XmlError) return new StreamError(reason.condition)
    this.#parts.log.error('a component stream could not go on', { domain: this.#asked }, reason)
    return new StreamError('internal-server-error')
  }

  /** One of them may end the stream: what came with it is not looked at any more. */
  #part(part: StreamPart): void {
    if (this.#over) return
    switch (part.kind) {
      case 'open':
        return this.#open(part)
      case 'stanza':
        return this.#element(part.text)
      case 'close':
        this.write('</stream:stream>')
        this.#closed()
        this.#socket.end()
        setTimeout(() => this.#socket.destroy(), 1000).unref()
    }
  }

  #open(header: Extract<StreamPart, { kind: 'open' }>): void {
    const to = header.attributes.get('to') ?? ''
    this.#inherited = { defaultNamespace: header.defaultNamespace, prefixes: header.prefixes, mapTo: CLIENT_NS }
    this.#sendHeader(to)
    if (header.name !== 'stream' || header.namespace !== STREAMS_NS || header.defaultNamespace !== NS) {
      throw new StreamError('invalid-namespace', `a component stream is in ${NS}`)
    }
    const domain = domainOf(to)
    if (domain === undefined || !this.#parts.secrets.has(domain))
      throw new StreamError('host-unknown', 'no component of that name is configured')
    this.#asked = domain
  }

  #sendHeader(from: string): void {
    this.write(
      `<?xml version="1.0"?><stream:stream xmlns="${NS}" xmlns:stream="${STREAMS_NS}" id="${this.#id}" from="${escapeAttribute(from)}">`,
    )
  }

  #element(xml: string): void {
    const frame = readFrame(xml, { depth: this.#parts.limits.depth }, this.#inherited)
    if (this.#ready) return this.#stanza(frame)
    if (frame.name !== 'handshake') throw new StreamError('not-authorized', 'the handshake comes first')
    this.#handshake(text(frameElement(frame)).trim())
  }

  #handshake(digest: string): void {
    const domain = this.#asked ?? ''
    const expected = createHash('sha1')
      .update(this.#id + (this.#parts.secrets.get(domain) ?? ''))
      .digest()
    const given = Buffer.from(digest, 'hex')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      this.#parts.log.warn('a component gave a wrong secret', { domain, address: this.#socket.remoteAddress })
      throw new StreamError('not-authorized', 'wrong secret')
    }
    clearTimeout(this.#loginTimer)
    this.#ready = true
    this.write('<handshake/>')
    this.#events.ready(domain)
  }

  #stanza(frame: Frame): void {
    if (frame.namespace !== CLIENT_NS) throw new StreamError('invalid-namespace')
    if (frame.name !== 'message' && frame.name !== 'iq' && frame.name !== 'presence')
      throw new StreamError('unsupported-stanza-type')
    const from = this.#from(frame.attributes.get('from'))
    if (frame.attributes.has('to')) this.#events.stanza(frame, from)
    else this.#refuse(frame, from)
  }

  /** XEP-0114 §3: a stanza says to whom it is. None has an account of ours that it could be to instead. */
  #refuse(frame: Frame, from: Jid): void {
    const { name, attributes } = frame
    if (attributes.get('type') === 'error' || attributes.get('type') === 'result') return
    const error = errorElement(new StanzaError('bad-request', 'a stanza of a component says to whom it is'))
    const head = { type: 'error', id: attributes.get('id'), from: from.domain, to: from.full }
    this.write(serialize(el(name, head, error)))
  }

  /** A component speaks for its whole domain, and for nobody else. */
  #from(from: string | undefined): Jid {
    const jid = jidOrUndefined(from ?? '')
    if (jid === undefined || jid.domain !== this.#asked) throw new StreamError('invalid-from')
    return jid
  }

  #closed(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#loginTimer)
    this.#events.closed()
  }
}

function domainOf(given: string): string | undefined {
  const jid = jidOrUndefined(given)
  return jid === undefined || jid.local !== undefined || jid.resource !== undefined ? undefined : jid.domain
}
