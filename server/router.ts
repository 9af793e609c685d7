// Whose stanza is it? (RFC 6120 §10, RFC 6121 §8) Finds who handles it and calls them; the one catch that becomes <error/>.

import { errorOf, resultOf } from './answer.js'
import type { Awaitable } from './awaitable.js'
import { isPromise } from './awaitable.js'
import type { HookRunner } from './hooks.js'
import { type Jid, jidOf } from './jid.js'
import { Lanes } from './lanes.js'
import type { Log } from './log.js'
import type { Registry } from './registry.js'
import type { Sessions } from './sessions.js'
import { asStanzaError } from './stanza-fault.js'
import {
  Content,
  type Iq,
  isRequest,
  type Message,
  type Presence,
  readStanza,
  requestOf,
  type Stanza,
  writeStanza,
} from './stanza.js'
import { Dropped, StanzaError } from './stanza-error.js'
import type { Element, Frame } from './xml.js'

/** What is not an account of ours: components today. */
export interface Elsewhere {
  /** @throws StanzaError when it cannot be reached */
  send(stanza: Stanza): void
}

/** Who sent a stanza, and gets what is answered to it. */
export interface Sender {
  answer(stanza: Stanza): void
}

export interface RouterParts {
  readonly domains: readonly string[]
  readonly registry: Registry
  readonly sessions: Sessions
  readonly hooks: HookRunner
  readonly elsewhere: Elsewhere
  /** An iq result or error to the server itself. */
  readonly answered: (iq: Iq) => void
  /** A stanza that is not done with at once. */
  readonly underWay: (work: Promise<void>) => void
  readonly log: Log
}

export class Router {
  readonly #parts: RouterParts
  readonly #server: Jid
  readonly #lanes = new Lanes()
  /** Answers a stanza that came from no stream of ours: to its `from`, wherever that is. */
  readonly #returned: Sender = { answer: (stanza) => this.#answerByJid(stanza) }
  /** Presence that the server passes on for somebody: whom it does not reach is no fault of theirs. */
  readonly #nobody: Sender = { answer: () => undefined }

  constructor(parts: RouterParts) {
    this.#parts = parts
    this.#server = jidOf(undefined, parts.domains[0] ?? '')
  }

  /** A stanza that has come in; `from` has been checked. Resolves when it is done with; never rejects. */
  receive(frame: Frame, from: Jid, sender: Sender): Awaitable<void> {
    let stanza: Stanza
    try {
      stanza = readStanza(frame, from)
    } catch (reason) {
      return this.#answerMalformed(frame, from, sender, reason)
    }
    return this.#pass(stanza, sender)
  }

  /** A stanza that the server or an extension sends. */
  route(stanza: Stanza): Awaitable<void> {
    return this.#pass(stanza, stanza.kind === 'presence' ? this.#nobody : this.#returned)
  }

  /** The same for a component's, with failures answered to its `from`. */
  receiveFromComponent(frame: Frame, from: Jid): Awaitable<void> {
    return this.receive(frame, from, this.#returned)
  }

  /** Messages need no lane: an account's are decided on in the order in which they came, and handing over takes turns with that (mailboxes.ts). */
  #pass(stanza: Stanza, sender: Sender): Awaitable<void> {
    const done =
      stanza.kind === 'message'
        ? this.#handle(stanza, sender)
        : this.#lanes.run(`${stanza.from.full} ${stanza.to?.full ?? ''}`, () => this.#handle(stanza, sender))
    if (isPromise(done)) this.#parts.underWay(done)
    return done
  }

  #handle(stanza: Stanza, sender: Sender): Awaitable<void> {
    const refuse = (reason: unknown): void => this.#refuse(stanza, sender, reason)
    try {
      const gate = this.#parts.hooks.gate('stanza:authorise', { stanza })
      const work = isPromise(gate) ? gate.then(() => this.#dispatch(stanza, sender)) : this.#dispatch(stanza, sender)
      return isPromise(work) ? work.then(() => this.#routed(stanza), refuse) : this.#routed(stanza)
    } catch (reason) {
      return refuse(reason)
    }
  }

  #routed(stanza: Stanza): Awaitable<void> {
    return this.#parts.hooks.notify('stanza:routed', { stanza })
  }

  #dispatch(stanza: Stanza, sender: Sender): Awaitable<void> {
    switch (stanza.kind) {
      case 'message':
        return this.#dispatchMessage(stanza)
      case 'presence':
        return this.#dispatchPresence(stanza)
      case 'iq':
        return this.#dispatchIq(stanza, sender)
    }
  }

  #isLocal(jid: Jid): boolean {
    return this.#parts.domains.includes(jid.domain)
  }

  /** RFC 6121 §8.1 and §10.3.1: no `to` is to the sender's own account. */
  #dispatchMessage(message: Message): Awaitable<void> {
    const to = message.to ?? message.from.toBare()
    if (!this.#isLocal(to)) return this.#parts.elsewhere.send(message)
    if (to.local === undefined) throw new StanzaError('service-unavailable')
    const handle = this.#parts.registry.message()
    if (handle === undefined) throw new StanzaError('service-unavailable')
    return handle(message.to === undefined ? { ...message, to } : message, to.bare)
  }

  #dispatchPresence(presence: Presence): Awaitable<void> {
    if (presence.to === undefined) return this.#present('broadcast', presence)
    if (!this.#isLocal(presence.from) || presence.from.local === undefined)
      return this.#presentTo(presence, presence.to)
    const outbound = this.#parts.registry.presence('outbound', presence.type)
    if (outbound === undefined) return this.#presentTo(presence, presence.to)
    const sent = outbound(presence)
    const goOn = (changed: Presence | undefined): Awaitable<void> =>
      changed?.to === undefined ? undefined : this.#presentTo(changed, changed.to)
    return isPromise(sent) ? sent.then(goOn) : goOn(sent)
  }

  #presentTo(presence: Presence, to: Jid): Awaitable<void> {
    if (!this.#isLocal(to)) return this.#parts.elsewhere.send(presence)
    if (to.local === undefined) return undefined
    if (to.resource !== undefined && isPlain(presence)) {
      this.#parts.sessions.find(to)?.send(writeStanza(presence))
      return undefined
    }
    return this.#present('inbound', presence)
  }

  #present(direction: 'broadcast' | 'inbound', presence: Presence): Awaitable<void> {
    const done = this.#parts.registry.presence(direction, presence.type)?.(presence)
    return isPromise(done) ? done.then(() => undefined) : undefined
  }

  #dispatchIq(iq: Iq, sender: Sender): Awaitable<void> {
    const to = iq.to ?? iq.from.toBare()
    if (!this.#isLocal(to)) return this.#parts.elsewhere.send(iq)
    if (to.local !== undefined && to.resource !== undefined) return this.#iqToSession(iq, to)
    if (isRequest(iq)) return this.#request(iq, to, sender)
    if (to.local === undefined) this.#parts.answered(iq)
    return undefined
  }

  /** RFC 6121 §8.5.3: a get or set to a resource that is gone is refused, an answer to it is dropped. */
  #iqToSession(iq: Iq, to: Jid): void {
    const session = this.#parts.sessions.find(to)
    if (session !== undefined) session.send(writeStanza(iq))
    else if (isRequest(iq)) throw new StanzaError('service-unavailable')
  }

  #request(iq: Iq, to: Jid, sender: Sender): Awaitable<void> {
    const result = this.#callHandler(iq, to)
    const answer = (payload: Awaited<typeof result>): void => sender.answer(resultOf(iq, payload))
    return isPromise(result) ? result.then(answer) : answer(result)
  }

  #callHandler(iq: Iq, to: Jid): Awaitable<Element | undefined> {
    const { registry } = this.#parts
    const request = requestOf(iq)
    const namespace = iq.content.children[0]?.namespace ?? ''
    const find = (target: 'server' | 'account' | 'own-account') =>
      registry.iq(request.type, target, request.payload, namespace)
    if (to.local === undefined) return called(find('server'), request)
    const own = find('own-account')
    if (own === undefined) return called(find('account'), request)
    if (iq.from.bare !== to.bare) throw new StanzaError('forbidden')
    return own(request)
  }

  #refuse(stanza: Stanza, sender: Sender, reason: unknown): void {
    if (reason instanceof Dropped) return
    const error = asStanzaError(reason, stanza, this.#parts.log)
    if (mayBeAnswered(stanza, error)) sender.answer(errorOf(stanza, error))
  }

  #answerMalformed(frame: Frame, from: Jid, sender: Sender, reason: unknown): void {
    const to = this.#isLocal(from) ? jidOf(undefined, from.domain) : this.#server
    const head = { from, to, id: frame.attributes.get('id'), lang: undefined, content: Content.empty }
    const type = frame.attributes.get('type')
    if (type === 'error' || (frame.name === 'iq' && type === 'result')) return
    const stanza: Stanza =
      frame.name === 'iq'
        ? { kind: 'iq', type: 'get', ...head, id: head.id ?? '' }
        : frame.name === 'message'
          ? { kind: 'message', type: 'normal', ...head }
          : { kind: 'presence', type: 'available', ...head }
    this.#refuse(stanza, sender, reason)
  }

  #answerByJid(stanza: Stanza): void {
    const { to } = stanza
    if (to === undefined) return
    if (!this.#isLocal(to)) {
      this.#sendElsewhere(stanza)
    } else if (to.local === undefined) {
      if (stanza.kind === 'iq') this.#parts.answered(stanza)
    } else {
      this.#parts.sessions.find(to)?.send(writeStanza(stanza))
    }
  }

  /** An answer that reaches nobody is nobody's loss. */
  #sendElsewhere(stanza: Stanza): void {
    try {
      this.#parts.elsewhere.send(stanza)
    } catch (reason) {
      if (!(reason instanceof StanzaError)) throw reason
    }
  }
}

function called<R, T>(handle: ((request: R) => T) | undefined, request: R): T {
  if (handle === undefined) throw new StanzaError('service-unavailable')
  return handle(request)
}

/** Presence that says something of the sender, rather than asking for a subscription or an answer. */
function isPlain(presence: Presence): boolean {
  return presence.type === 'available' || presence.type === 'unavailable' || presence.type === 'error'
}

/** RFC 6120 §8.3.1: an error never answers an error; an answer is not answered either. */
function mayBeAnswered(stanza: Stanza, { condition }: StanzaError): boolean {
  switch (stanza.kind) {
    case 'iq':
      return isRequest(stanza)
    case 'message':
      return stanza.type !== 'error'
    case 'presence':
      if (stanza.type === 'available' || stanza.type === 'subscribe') return true
      // Whoever has blocked somebody is told so, whatever they say (XEP-0191 §3.3).
      return stanza.type !== 'error' && condition === 'not-acceptable'
  }
}
