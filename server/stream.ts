// One client's connection (RFC 7395, RFC 6120 §4–7): opened → authenticated → bound. What comes in is handled one element at
// a time, in order; stream errors leave here and nowhere else.

import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { type Awaitable, isPromise } from './awaitable.js'
import type { OpeningStream } from './extension.js'
import type { HookRunner } from './hooks.js'
import { type Jid, jidOf, jidOrUndefined, parseJid } from './jid.js'
import type { Log } from './log.js'
import type { Registry } from './registry.js'
import type { Router } from './router.js'
import { Session } from './session.js'
import type { Sessions } from './sessions.js'
import { asStanzaError } from './stanza-fault.js'
import { CLIENT_NS, Content, isRequest, readStanza, requestOf, type Stanza, writeStanza } from './stanza.js'
import { errorElement, StanzaError } from './stanza-error.js'
import { StreamError, type StreamErrorCondition } from './stream-error.js'
import { isDoneWithin } from './within.js'
import { el, type Element, escapeAttribute, type Frame, frameElement, readFrame, serialize, XmlError } from './xml.js'

const FRAMING_NS = 'urn:ietf:params:xml:ns:xmpp-framing'
const ERRORS_NS = 'urn:ietf:params:xml:ns:xmpp-streams'
const STREAMS_NS = 'http://etherx.jabber.org/streams'

/** Strophe and Converse know a close by exactly these bytes. */
const closeFrame = `<close xmlns="${FRAMING_NS}" />`

/** So many stanzas of one stream may wait for a disk or a service before it is not read from any more. */
const maxInHand = 64
const maxQueued = 32

/** How long a client's own stream waits for a third party at most. */
const politeMs = 1000

/** The socket under a stream. */
export interface Carrier {
  /** Where it comes from, without the port. */
  readonly address: string
  /** What passes here is read by nobody else. */
  readonly secure: boolean
  send(text: string): void
  /** True when the other side answered, false when it kept silent or went. */
  ask(): Promise<boolean>
  close(): void
  pause(): void
  resume(): void
}

export interface StreamLimits {
  readonly stanzaBytes: number
  readonly beforeLoginBytes: number
  readonly depth: number
  readonly loginSeconds: number
}

export interface StreamParts {
  readonly domain: string
  readonly limits: StreamLimits
  readonly registry: Registry
  readonly hooks: HookRunner
  readonly router: Router
  readonly sessions: Sessions
  readonly log: Log
  /** What its end makes others do. */
  readonly underWay: (work: Promise<void>) => void
  /** The stream is over: forget it. */
  readonly closed: (stream: ClientStream) => void
}

type State =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'authenticated'; readonly account: string; readonly opened: boolean }
  | { readonly kind: 'bound'; readonly session: Session }
  | { readonly kind: 'closed' }

export class ClientStream implements OpeningStream {
  readonly domain: string
  readonly #carrier: Carrier
  readonly #parts: StreamParts
  readonly #loginTimer: NodeJS.Timeout
  #state: State = { kind: 'fresh' }
  #headerSent = false
  #closeSent = false
  #queue: (() => Awaitable<void>)[] | undefined
  /** Stanzas that wait for a disk or for somebody. */
  readonly #inHand = new Set<Promise<void>>()
  #roomForMore: (() => void) | undefined

  constructor(carrier: Carrier, parts: StreamParts) {
    this.#carrier = carrier
    this.#parts = parts
    this.domain = parts.domain
    const tooLate = (): void => this.end(new StreamError('connection-timeout', 'log in sooner'))
    this.#loginTimer = setTimeout(tooLate, parts.limits.loginSeconds * 1000)
    this.#loginTimer.unref()
  }

  get address(): string {
    return this.#carrier.address
  }

  get secure(): boolean {
    return this.#carrier.secure
  }

  get account(): string | undefined {
    if (this.#state.kind === 'authenticated') return this.#state.account
    return this.#state.kind === 'bound' ? this.#state.session.jid.bare : undefined
  }

  /** One frame from the socket. */
  receive(data: Buffer, isBinary: boolean): void {
    if (this.#state.kind === 'closed') return
    // Before it may wait for its turn: what waits is held in memory.
    if (data.length > this.#mostBytes)
      return this.end(new StreamError('policy-violation', `at most ${this.#mostBytes} bytes at once`))
    if (this.#queue === undefined) return this.#run(() => this.#read(data, isBinary))
    this.#queue.push(() => this.#read(data, isBinary))
    if (this.#queue.length >= maxQueued) this.#carrier.pause()
  }

  get #mostBytes(): number {
    const { limits } = this.#parts
    return this.#state.kind === 'bound' ? limits.stanzaBytes : limits.beforeLoginBytes
  }

  tooLarge(): void {
    this.end(new StreamError('policy-violation', `at most ${this.#parts.limits.stanzaBytes} bytes at once`))
  }

  tooSlow(): void {
    this.end(new StreamError('resource-constraint', 'too much waits to be read'))
  }

  /** The socket is gone. */
  disconnected(): void {
    this.#over()
  }

  send(element: Element): void {
    this.#write(serialize(element))
  }

  authenticated(account: string): void {
    if (this.#state.kind !== 'opened') return
    this.#state = { kind: 'authenticated', account, opened: false }
  }

  bind(resource: string, chosen: boolean): Jid {
    if (this.#state.kind !== 'authenticated') throw new StanzaError('not-allowed', 'the stream is bound already')
    const jid = parseJid(this.#state.account).withResource(resource)
    const session = new Session(jid, chosen, {
      send: (xml) => this.#write(xml),
      ask: () => this.#carrier.ask(),
      end: (error) => this.end(error),
    })
    this.#parts.sessions.add(session)
    this.#state = { kind: 'bound', session }
    clearTimeout(this.#loginTimer)
    return jid
  }

  /** Resolves when what came in on this stream is done, or nearly: one that waits for a third party is not waited for. */
  done(): Promise<void> {
    return this.#settled()
  }

  /** RFC 6120 §4.9.1.1: the error, then the end. */
  end(error: StreamError): void {
    if (this.#state.kind === 'closed') return
    if (error.condition !== 'system-shutdown') {
      const fields = { condition: error.condition, text: error.text, account: this.account, address: this.address }
      this.#parts.log.debug('a stream ends with an error', fields)
    }
    if (!this.#headerSent) this.#sendHeader()
    this.#write(streamErrorXml(error))
    this.#sayClose()
    this.#over()
    this.#carrier.close()
  }

  /** Runs what has come in, and while that waits for something, queues what follows. */
  #run(work: () => Awaitable<void>): void {
    const done = this.#guarded(work)
    if (!isPromise(done)) return
    this.#queue = []
    void done.then(() => this.#drain())
  }

  async #drain(): Promise<void> {
    const queue = this.#queue ?? []
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (this.#state.kind === 'closed') break
      await this.#guarded(next)
    }
    this.#queue = undefined
    this.#carrier.resume()
  }

  /** Whatever goes wrong here ends this stream, and no other. */
  #guarded(work: () => Awaitable<void>): Awaitable<void> {
    try {
      const done = work()
      return isPromise(done) ? done.catch((reason: unknown) => this.#failed(reason)) : undefined
    } catch (reason) {
      return this.#failed(reason)
    }
  }

  #failed(reason: unknown): void {
    if (reason instanceof StreamError) return this.end(reason)
    if (reason instanceof XmlError) return this.end(new StreamError(reason.condition))
    this.#parts.log.error('a stream could not go on', { account: this.account }, reason)
    this.end(new StreamError('internal-server-error'))
  }

  #read(data: Buffer, isBinary: boolean): Awaitable<void> {
    if (isBinary) throw new StreamError('policy-violation', 'XMPP goes in text frames')
    if (!isUtf8(data)) throw new StreamError('not-well-formed', 'that is not UTF-8')
    return this.#element(readFrame(data.toString('utf8'), { depth: this.#parts.limits.depth }))
  }

  #element(frame: Frame): Awaitable<void> {
    const state = this.#state
    if (state.kind === 'bound' && frame.namespace === CLIENT_NS) return this.#stanza(frame, state.session)
    if (frame.namespace === FRAMING_NS) return this.#framing(frame)
    switch (state.kind) {
      case 'fresh':
        if (frame.namespace === CLIENT_NS) throw new StreamError('not-authorized', 'log in first')
        throw new StreamError('invalid-namespace', 'a stream begins with <open/>')
      case 'opened':
        return this.#nonza(frame)
      case 'authenticated':
        return this.#openingStanza(frame, state.opened)
      case 'bound':
        throw new StreamError('invalid-namespace', 'that is no stanza')
      case 'closed':
        return undefined
    }
  }

  #framing(frame: Frame): Awaitable<void> {
    if (frame.name === 'close') return this.#goodbye()
    if (frame.name !== 'open') throw new StreamError('invalid-namespace', 'a stream begins with <open/>')
    const state = this.#state
    if (state.kind === 'opened' || state.kind === 'bound' || (state.kind === 'authenticated' && state.opened)) {
      throw new StreamError('bad-format', 'the stream is open already')
    }
    const to = frame.attributes.get('to')
    if (to !== undefined && !this.#isHere(to)) throw new StreamError('host-unknown', 'no such domain here')
    this.#state = state.kind === 'authenticated' ? { ...state, opened: true } : { kind: 'opened' }
    this.#sendHeader()
    return this.#sendFeatures(state.kind === 'authenticated' ? 'authenticated' : 'opened')
  }

  #isHere(to: string): boolean {
    const jid = jidOrUndefined(to)
    return jid?.domain === this.domain && jid.local === undefined && jid.resource === undefined
  }

  #sendHeader(): void {
    this.#headerSent = true
    this.#write(
      `<open xmlns="${FRAMING_NS}" from="${escapeAttribute(this.domain)}" id="${randomUUID()}" version="1.0" xml:lang="en"/>`,
    )
  }

  #sendFeatures(state: 'opened' | 'authenticated'): Awaitable<void> {
    const features = this.#parts.hooks.fold('stream:features', [], { state, secure: this.secure })
    const send = (elements: readonly Element[]): void =>
      this.#write(`<stream:features xmlns:stream="${STREAMS_NS}">${elements.map(serialize).join('')}</stream:features>`)
    return isPromise(features) ? features.then(send) : send(features)
  }

  #nonza(frame: Frame): Awaitable<void> {
    if (frame.namespace === CLIENT_NS) throw new StreamError('not-authorized', 'log in first')
    const handle = this.#parts.registry.nonza(frame.namespace, frame.name)
    if (handle === undefined) throw new StreamError('invalid-namespace', 'nothing here understands that')
    return handle(frameElement(frame), this)
  }

  /** RFC 6120 §7.1: until a resource is bound there is nothing else to do. */
  #openingStanza(frame: Frame, opened: boolean): Awaitable<void> {
    if (!opened) throw new StreamError('invalid-namespace', 'after the login the stream is opened anew')
    if (frame.namespace !== CLIENT_NS) throw new StreamError('invalid-namespace', 'nothing here understands that')
    if (frame.name !== 'iq') throw new StreamError('not-authorized', 'bind a resource first')
    return this.#openingIq(frame)
  }

  async #openingIq(frame: Frame): Promise<void> {
    const server = jidOf(undefined, this.domain)
    const head = {
      kind: 'iq',
      from: server,
      to: undefined,
      id: frame.attributes.get('id') ?? '',
      lang: undefined,
    } as const
    const answer = (type: 'result' | 'error', content: Content): void =>
      this.#write(writeStanza({ ...head, type, content }))
    try {
      const iq = readStanza(frame, server)
      if (iq.kind !== 'iq' || !isRequest(iq)) return
      const handle = iq.type === 'set' ? this.#openingHandler(iq.content) : undefined
      if (handle === undefined) throw new StanzaError('not-authorized', 'bind a resource first')
      const payload = await handle(requestOf(iq).payload, this)
      answer('result', payload === undefined ? Content.empty : Content.of(payload))
    } catch (reason) {
      const asked = { ...head, type: 'set', content: Content.empty } as const
      answer('error', Content.of(errorElement(asStanzaError(reason, asked, this.#parts.log))))
      return
    }
    if (this.#state.kind === 'bound') await this.#parts.hooks.notify('session:bound', { jid: this.#state.session.jid })
  }

  #openingHandler(content: Content): ReturnType<Registry['openingIq']> {
    const payload = content.children[0]
    return payload && this.#parts.registry.openingIq(payload.namespace, payload.name)
  }

  #stanza(frame: Frame, session: Session): Awaitable<void> {
    if (frame.name !== 'message' && frame.name !== 'iq' && frame.name !== 'presence') {
      throw new StreamError('unsupported-stanza-type')
    }
    checkFrom(frame.attributes.get('from'), session.jid)
    const answer = (stanza: Stanza): void => session.send(writeStanza(stanza))
    const receive = (): Awaitable<void> => this.#parts.router.receive(frame, session.jid, { answer })
    const done = this.#inHand.size > 0 && this.#isForServer(frame) ? this.#settled().then(receive) : receive()
    return isPromise(done) ? this.#counted(done) : undefined
  }

  /** What the server answers for itself vouches for what it was sent before: a client that has its ping back has its messages on disk. */
  #isForServer(frame: Frame): boolean {
    const to = frame.attributes.get('to')
    return frame.name === 'iq' && (to === undefined || to === this.domain || to === this.account)
  }

  /** All that is in hand is done; but a recipient who keeps the server waiting must not make it look dead to the sender. */
  async #settled(): Promise<void> {
    await isDoneWithin(Promise.all(this.#inHand), politeMs)
  }

  /** A stanza that waits for a disk holds up no other, until too many of this stream wait. */
  #counted(done: Promise<void>): Promise<void> | undefined {
    this.#inHand.add(done)
    void done.then(() => {
      this.#inHand.delete(done)
      this.#roomForMore?.()
      this.#roomForMore = undefined
    })
    if (this.#inHand.size < maxInHand) return undefined
    return new Promise((resolve) => (this.#roomForMore = resolve))
  }

  /** A polite client has read all before its close is answered: it is asked, if there is somebody who waits to know. */
  async #goodbye(): Promise<void> {
    if (this.#state.kind === 'bound' && this.#state.session.isAwaited) {
      await isDoneWithin(this.#state.session.answered(), politeMs)
    }
    if (!this.#headerSent) this.#sendHeader()
    this.#sayClose()
    this.#over()
    this.#carrier.close()
  }

  #write(xml: string): void {
    if (!this.#closeSent) this.#carrier.send(xml)
  }

  #sayClose(): void {
    this.#write(closeFrame)
    this.#closeSent = true
  }

  #over(): void {
    const state = this.#state
    if (state.kind === 'closed') return
    clearTimeout(this.#loginTimer)
    this.#state = { kind: 'closed' }
    if (state.kind === 'bound') this.#sessionOver(state.session)
    this.#parts.closed(this)
  }

  #sessionOver(session: Session): void {
    const { presence } = session
    session.presence = undefined
    this.#parts.sessions.remove(session)
    session.closed()
    const told = this.#parts.hooks.notify('session:closed', { jid: session.jid, presence })
    if (isPromise(told)) this.#parts.underWay(told)
  }
}

/** RFC 6120 §8.1.2.1: its own bare or full JID, or none. */
function checkFrom(from: string | undefined, own: Jid): void {
  if (from === undefined || from === own.full || from === own.bare) return
  const jid = jidOrUndefined(from)
  if (jid?.bare === own.bare && (jid.resource === undefined || jid.resource === own.resource)) return
  throw new StreamError('invalid-from')
}

function streamErrorXml(error: StreamError): string {
  const condition: StreamErrorCondition = error.condition
  const parts = [el(condition, { xmlns: ERRORS_NS })]
  if (error.text !== undefined) parts.push(el('text', { xmlns: ERRORS_NS, 'xml:lang': 'en' }, error.text))
  return `<stream:error xmlns:stream="${STREAMS_NS}">${parts.map(serialize).join('')}</stream:error>`
}
