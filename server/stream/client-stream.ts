// One client's connection (RFC 7395, RFC 6120 §4–7): opened → authenticated → bound. What comes in is handled one element at
// a time, in order; stream errors leave here and nowhere else.

import { isUtf8 } from 'node:buffer'
import { type Awaitable, isPromise } from '../awaitable.js'
import type { OpeningStream } from '../extension.js'
import type { HookRunner } from '../hooks.js'
import { type Jid, jidOrUndefined, parseJid } from '../jid.js'
import type { Log } from '../log.js'
import type { Registry } from '../registry.js'
import type { Router } from '../router.js'
import { Session } from '../session.js'
import type { Sessions } from '../sessions.js'
import { CLIENT_NS, type Stanza, writeStanza } from '../stanza.js'
import { StanzaError } from '../stanza-error.js'
import { StreamError } from '../stream-error.js'
import { isDoneWithin } from '../within.js'
import { type Element, type Frame, frameElement, readFrame, serialize, XmlError } from '../xml.js'
import type { Carrier } from './carrier.js'
import { closeFrame, errorFrame, featuresFrame, FRAMING_NS, openFrame } from './frames.js'
import { InHand, politeMs } from './in-hand.js'
import { afterLogin, answerOpeningIq, beforeLogin, writeOpeningAnswer } from './opening-iq.js'
import { Turns } from './turns.js'

export interface StreamLimits {
  readonly stanzaBytes: number
  readonly beforeLoginBytes: number
  readonly depth: number
  readonly loginSeconds: number
}

export interface StreamParts {
  /** Those that may be asked for; the first speaks where none was. */
  readonly domains: readonly string[]
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
  readonly #carrier: Carrier
  readonly #parts: StreamParts
  #loginTimer: NodeJS.Timeout
  #isExtended = false
  readonly #turns: Turns
  readonly #inHand = new InHand()
  #domain: string
  #state: State = { kind: 'fresh' }
  #headerSent = false
  #closeSent = false

  constructor(carrier: Carrier, parts: StreamParts) {
    this.#carrier = carrier
    this.#parts = parts
    this.#domain = parts.domains[0] ?? ''
    this.#turns = new Turns({
      pause: () => carrier.pause(),
      resume: () => carrier.resume(),
      failed: (reason) => this.#failed(reason),
    })
    this.#loginTimer = this.#endsIn(parts.limits.loginSeconds * 1000)
  }

  /** The one that the client asked for in `<open/>`. */
  get domain(): string {
    return this.#domain
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

  /** Undefined until a resource is bound. */
  get jid(): Jid | undefined {
    return this.#state.kind === 'bound' ? this.#state.session.jid : undefined
  }

  /** One frame from the socket. */
  receive(data: Buffer, isBinary: boolean): void {
    if (this.#state.kind === 'closed') return
    // Before it may wait for its turn: what waits is held in memory.
    if (data.length > this.#mostBytes)
      return this.end(new StreamError('policy-violation', `at most ${this.#mostBytes} bytes at once`))
    this.#turns.run(() => this.#read(data, isBinary))
  }

  #endsIn(milliseconds: number): NodeJS.Timeout {
    const tooLate = (): void => this.end(new StreamError('connection-timeout', 'log in sooner'))
    return setTimeout(tooLate, milliseconds).unref()
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

  extendLogin(milliseconds: number): void {
    if (this.#isExtended || this.#state.kind !== 'opened') return
    this.#isExtended = true
    clearTimeout(this.#loginTimer)
    this.#loginTimer = this.#endsIn(Math.max(milliseconds, this.#parts.limits.loginSeconds * 1000))
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
    return this.#inHand.settled()
  }

  /** RFC 6120 §4.9.1.1: the error, then the end. */
  end(error: StreamError): void {
    if (this.#state.kind === 'closed') return
    if (error.condition !== 'system-shutdown') {
      const fields = { condition: error.condition, text: error.text, account: this.account, address: this.address }
      this.#parts.log.debug('a stream ends with an error', fields)
    }
    if (!this.#headerSent) this.#sendHeader()
    this.#write(errorFrame(error))
    this.#close()
  }

  /** Whatever goes wrong here ends this stream, and no other. */
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
    this.#choose(frame.attributes.get('to'))
    this.#state = state.kind === 'authenticated' ? { ...state, opened: true } : { kind: 'opened' }
    this.#sendHeader()
    return this.#sendFeatures(state.kind === 'authenticated' ? 'authenticated' : 'opened')
  }

  /** RFC 6120 §4.7.2: whom the stream is for. Who has logged in stays where the account is. */
  #choose(to: string | undefined): void {
    if (to === undefined) return
    const jid = jidOrUndefined(to)
    const isDomain = jid !== undefined && jid.local === undefined && jid.resource === undefined
    const choice = this.#state.kind === 'authenticated' ? [this.#domain] : this.#parts.domains
    if (!isDomain || !choice.includes(jid.domain)) throw new StreamError('host-unknown', 'no such domain here')
    this.#domain = jid.domain
  }

  #sendHeader(): void {
    this.#headerSent = true
    this.#write(openFrame(this.#domain))
  }

  #sendFeatures(state: 'opened' | 'authenticated'): Awaitable<void> {
    const features = this.#parts.hooks.fold('stream:features', [], { state, secure: this.secure })
    const send = (elements: readonly Element[]): void => this.#write(featuresFrame(elements))
    return isPromise(features) ? features.then(send) : send(features)
  }

  #nonza(frame: Frame): Awaitable<void> {
    if (frame.namespace === CLIENT_NS) return this.#stanzaBeforeLogin(frame)
    const handle = this.#parts.registry.nonza(frame.namespace, frame.name)
    if (handle === undefined) throw new StreamError('invalid-namespace', 'nothing here understands that')
    return handle(frameElement(frame), this)
  }

  async #stanzaBeforeLogin(frame: Frame): Promise<void> {
    const { registry, log } = this.#parts
    const find = frame.name === 'iq' ? beforeLogin(frame, registry, this) : undefined
    if (find === undefined) throw new StreamError('not-authorized', 'log in first')
    const answer = await answerOpeningIq(frame, this, { find, log })
    if (answer !== undefined) this.#write(writeOpeningAnswer(answer))
  }

  /** RFC 6120 §7.1: until a resource is bound there is nothing else to do. */
  #openingStanza(frame: Frame, opened: boolean): Awaitable<void> {
    if (!opened) throw new StreamError('invalid-namespace', 'after the login the stream is opened anew')
    if (frame.namespace !== CLIENT_NS) throw new StreamError('invalid-namespace', 'nothing here understands that')
    if (frame.name !== 'iq') throw new StreamError('not-authorized', 'bind a resource first')
    return this.#openingIq(frame)
  }

  async #openingIq(frame: Frame): Promise<void> {
    const { registry, log } = this.#parts
    const answer = await answerOpeningIq(frame, this, { find: afterLogin(registry, this), log })
    if (answer !== undefined) this.#write(writeOpeningAnswer(answer))
    if (this.#state.kind === 'bound') await this.#parts.hooks.notify('session:bound', { jid: this.#state.session.jid })
  }

  #stanza(frame: Frame, session: Session): Awaitable<void> {
    if (frame.name !== 'message' && frame.name !== 'iq' && frame.name !== 'presence') {
      throw new StreamError('unsupported-stanza-type')
    }
    checkFrom(frame.attributes.get('from'), session.jid)
    const answer = (stanza: Stanza): void => session.send(writeStanza(stanza))
    const receive = (): Awaitable<void> => this.#parts.router.receive(frame, session.jid, { answer })
    const mustWait = !this.#inHand.isEmpty && this.#isForServer(frame)
    const done = mustWait ? this.#inHand.settled().then(receive) : receive()
    return isPromise(done) ? this.#inHand.add(done) : undefined
  }

  /** What the server answers for itself vouches for what it was sent before: a client that has its ping back has its messages on disk. */
  #isForServer(frame: Frame): boolean {
    const to = frame.attributes.get('to')
    return frame.name === 'iq' && (to === undefined || to === this.#domain || to === this.account)
  }

  /** A polite client has read all before its close is answered: it is asked, if there is somebody who waits to know. */
  async #goodbye(): Promise<void> {
    if (this.#state.kind === 'bound' && this.#state.session.isAwaited) {
      await isDoneWithin(this.#state.session.answered(), politeMs)
    }
    if (!this.#headerSent) this.#sendHeader()
    this.#close()
  }

  #write(xml: string): void {
    if (!this.#closeSent) this.#carrier.send(xml)
  }

  #close(): void {
    this.#write(closeFrame)
    this.#closeSent = true
    this.#over()
    this.#carrier.close()
  }

  #over(): void {
    const state = this.#state
    if (state.kind === 'closed') return
    clearTimeout(this.#loginTimer)
    this.#state = { kind: 'closed' }
    this.#turns.end()
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
