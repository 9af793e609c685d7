// What an extension is: one flat, typed object that says what it handles, hears, keeps and advertises
// (docs/writing-an-extension.md).

import type { Stores } from '../storage/storage.js'
import type { Awaitable } from './awaitable.js'
import type { Hooks, Listeners } from './hooks.js'
import type { Jid } from './jid.js'
import type { Log } from './log.js'
import type { IqRequest, Message, Presence, PresenceType, Stanza } from './stanza.js'
import type { ReadError } from './stanza-error.js'
import type { StreamError } from './stream-error.js'
import type { Users } from './users.js'
import type { Element } from './xml.js'

/** Which of an account's sessions a stanza is for. */
export type DeliveryRule =
  | { readonly kind: 'resource'; readonly resource: string }
  /** Every available session whose priority is not negative (RFC 6121 §8.5.2.1.1). */
  | { readonly kind: 'non-negative' }
  | { readonly kind: 'available' }
  | { readonly kind: 'resources'; readonly resources: readonly string[] }

/** Hears of each session that was handed something whether its side has answered for it: true at the answer, false when it has gone. */
export type Told = (resource: string, answered: boolean) => void

/** One available session, as far as others may know it. */
export interface Available {
  readonly jid: Jid
  readonly priority: number
  readonly presence: Presence
}

/** What became of an iq that the server sent. */
export type Answer =
  | { readonly kind: 'result'; readonly payload: Element | undefined }
  | { readonly kind: 'error'; readonly error: ReadError }
  | { readonly kind: 'timeout' }

/** How a client is known beyond its resource. */
export interface ClientIdentity {
  readonly resource: string
  /** The client asked for this resource, rather than being given one. */
  readonly chosen: boolean
  readonly userAgent: string | undefined
}

/** The time, held by tests where they need to. Milliseconds since 1970. */
export interface Clock {
  now(): number
}

/** What the core does for an extension. */
export interface Context<S extends keyof Stores = never> {
  /** The first of the domains that the server answers for: in its name it speaks where no account does. */
  readonly domain: string
  readonly clock: Clock
  readonly log: Log
  /** Only the stores that the extension asked for. */
  readonly stores: Pick<Stores, S>
  readonly hooks: Hooks
  /** Who has an account, for those extensions that make accounts and end them. */
  readonly users: Pick<Users, 'changePassword' | 'create' | 'list' | 'remove' | 'setPassword'>
  isLocal(domain: string): boolean
  /** Writes the stanza to the sessions that the rule names, as it is. Gives the resources that it was handed to. */
  deliver(account: string, stanza: Stanza, rule: DeliveryRule, tell?: Told): Awaitable<readonly string[]>
  /** Sends a stanza on its way as if it had just come in from its `from`: to an account of ours, or a component. Failures are answered to its `from`. */
  route(stanza: Stanza): Awaitable<void>
  /** The account's available sessions. */
  presenceOf(account: string): Awaitable<readonly Available[]>
  /** Says what the session has broadcast, and its priority (RFC 6121 §4.7.2.3); undefined when it is not available any more. */
  setPresence(jid: Jid, presence: Presence | undefined, priority: number): void
  /** While a session is behind with what waited for its account, it is handed no other messages to the account. */
  catchUp(jid: Jid, behind: boolean): void
  isCatchingUp(account: string): boolean
  /** How the client of this session is known, or undefined when there is no such session. */
  clientOf(jid: Jid): ClientIdentity | undefined
  /** True as soon as the session's side has answered for everything handed to it so far, false when it has gone. One that keeps silent is ended. */
  answered(jid: Jid): Promise<boolean>
  /** Runs `work` in order with whatever else is kept for or handed to this account: 'shared' work may run beside other shared work. */
  inMailbox<T>(account: string, mode: 'shared' | 'exclusive', work: () => Awaitable<T>): Awaitable<T>
  /** Runs `work` after whatever was given for this account before is done; at once, and synchronously, if nothing is. */
  inOrder<T>(account: string, work: () => Awaitable<T>): Awaitable<T>
  /** Asks somebody an iq in the name of the server, or of the domain `from` of its own; never awaited by a handler (the answer would wait behind the question). */
  ask(
    to: Jid,
    type: 'get' | 'set',
    payload: Element,
    options?: { readonly id?: string; readonly timeoutMs?: number; readonly from?: string },
  ): Promise<Answer>
  /** A secret that the server keeps for itself: 32 bytes, the same at every start. */
  secret(name: string): Promise<Uint8Array>
  /** How many sessions the account has bound. */
  sessionsOf(account: string): number
  /** The components that are connected now. */
  components(): readonly string[]
  /** True for a domain that a component may connect as. */
  isComponent(domain: string): boolean
  /** Every disco feature that the extensions announce. */
  features(of: 'server' | 'account'): readonly string[]
  /** Background work; idle() waits for it, a failure is logged. */
  later(work: () => Promise<void>): void
}

export interface IqHandler<S extends keyof Stores> {
  readonly kind: 'iq-get' | 'iq-set'
  /** `account`: any account of ours, also by no `to` at all; `own-account`: the sender's own, `forbidden` for others. */
  readonly to: 'server' | 'account' | 'own-account'
  readonly namespace: string
  readonly name: string
  /** Returns the payload of the result. @throws StanzaError */
  readonly handle: (request: IqRequest, context: Context<S>) => Awaitable<Element | undefined>
}

/** Messages to an account of ours, whatever their type. One extension delivers them. */
export interface MessageHandler<S extends keyof Stores> {
  readonly kind: 'message'
  readonly handle: (message: Message, account: string, context: Context<S>) => Awaitable<void>
}

export interface PresenceHandler<S extends keyof Stores> {
  readonly kind: 'presence'
  /**
   * `broadcast`: from a session of ours, without `to`. `outbound`: from a session of ours, with `to`; gives back what is to be
   * sent on, or undefined for nothing. `inbound`: to an account of ours that is not addressed at an existing session.
   */
  readonly direction: 'broadcast' | 'outbound' | 'inbound'
  readonly types: readonly PresenceType[]
  readonly handle: (presence: Presence, context: Context<S>) => Awaitable<Presence | undefined>
}

/** A connection whose client is not bound to a resource yet. */
export interface OpeningStream {
  /** Where the connection comes from: an address, for delays. */
  readonly address: string
  /** What passes here is read by nobody else: loopback without a proxy, or TLS. */
  readonly secure: boolean
  readonly domain: string
  readonly account: string | undefined
  send(element: Element): void
  /** The client has proved to be this account; it opens the stream anew (RFC 6120 §6.4.6). */
  authenticated(account: string): void
  /** Makes a session of the stream. A session of the same resource ends with `conflict` (RFC 6120 §7.7.2.2). */
  bind(resource: string, chosen: boolean): Jid
  /** The client has something to show a person before it logs in: from now on it has so long. Counts once. Milliseconds. */
  extendLogin(milliseconds: number): void
  end(error: StreamError): void
}

/** A top-level element before login that is not a stanza (RFC 6120 §6). @throws StreamError */
export interface NonzaHandler<S extends keyof Stores> {
  readonly kind: 'nonza'
  readonly namespace: string
  readonly name: string
  readonly handle: (nonza: Element, stream: OpeningStream, context: Context<S>) => Awaitable<void>
}

/** An iq set of an authenticated stream that is not bound yet. */
export interface OpeningIqHandler<S extends keyof Stores> {
  readonly kind: 'opening-iq'
  readonly namespace: string
  readonly name: string
  readonly handle: (payload: Element, stream: OpeningStream, context: Context<S>) => Awaitable<Element | undefined>
}

/** What is asked before there is a JID to ask from. */
export type OpeningIqRequest = Pick<IqRequest, 'type' | 'to' | 'payload'>

/** An iq get or set of a stream that has not logged in. Any other stanza there ends the stream (RFC 6120 §4.9.3.12). */
export interface BeforeLoginIqHandler<S extends keyof Stores> {
  readonly kind: 'before-login-iq'
  readonly namespace: string
  readonly name: string
  /** Returns the payload of the result. @throws StanzaError */
  readonly handle: (
    request: OpeningIqRequest,
    stream: OpeningStream,
    context: Context<S>,
  ) => Awaitable<Element | undefined>
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A GET or HEAD beside the WebSocket. */
export interface HttpRequest {
  /** The WebSocket's public address. */
  readonly address: string
  /** It comes from this machine, and no proxy has passed it on. */
  readonly isLoopback: boolean
}

export interface HttpHandler<S extends keyof Stores> {
  readonly kind: 'http'
  readonly path: string
  readonly handle: (request: HttpRequest, context: Context<S>) => Awaitable<HttpAnswer>
}

export type Handler<S extends keyof Stores> =
  | IqHandler<S>
  | MessageHandler<S>
  | PresenceHandler<S>
  | NonzaHandler<S>
  | BeforeLoginIqHandler<S>
  | OpeningIqHandler<S>
  | HttpHandler<S>

export interface Extension<S extends keyof Stores = keyof Stores> {
  readonly name: string
  /** 'XEP-0357 0.4.1': the number and the version that it follows. */
  readonly xeps?: readonly string[]
  readonly requires?: readonly string[]
  readonly stores?: readonly S[]
  /** Disco features: of the server, of an account. */
  readonly features?: { readonly server?: readonly string[]; readonly account?: readonly string[] }
  readonly handlers?: readonly Handler<NoInfer<S>>[]
  readonly on?: Listeners<Context<NoInfer<S>>>
  readonly start?: (context: Context<NoInfer<S>>) => Awaitable<void>
  readonly stop?: (context: Context<NoInfer<S>>) => Awaitable<void>
}

/** An extension whose stores are no longer of interest to the type checker. */
export type AnyExtension = Extension

/** Checks the whole object against what it declares: a handler that uses a store which `stores` does not name does not compile. */
export function defineExtension<const S extends keyof Stores = never>(extension: Extension<S>): AnyExtension {
  return extension
}
