// Every hook of the core, and the runner. Four kinds, so that a reader knows what a listener may do (docs/hooks.md).
// Imperative names may still change the outcome; the past tense means that it has happened.

import type { Awaitable } from './awaitable.js'
import { isPromise } from './awaitable.js'
import type { Jid } from './jid.js'
import type { Log } from './log.js'
import type { Message, Presence, Stanza } from './stanza.js'
import type { Element } from './xml.js'

/** A gate's listener throws StanzaError to refuse, or Dropped where nobody is to be told. */
export interface Gates {
  'stanza:authorise': { readonly stanza: Stanza }
  /** Somebody else's stanza is to be handed to sessions of an account, whatever way it came. Refused, it is handed to nobody. */
  'stanza:deliver': { readonly stanza: Stanza }
  /** Before everything of an account is wiped: what others know of it ends here. */
  'account:remove': { readonly account: string }
}

/** A claim's listener answers true: "mine". The first one ends it. */
export interface Claims {}

/** A fold's listener gives the value back, changed or not, or throws StanzaError to refuse. */
export interface Folds {
  'stream:features': {
    readonly value: readonly Element[]
    readonly subject: { readonly state: 'opened' | 'authenticated'; readonly secure: boolean }
  }
}

/** A notice's listener is told. If it fails, that is logged and harms nobody. */
export interface Notices {
  'session:bound': { readonly jid: Jid }
  /** `presence` is what the session last said of itself, undefined when it was not available. */
  'session:closed': { readonly jid: Jid; readonly presence: Presence | undefined }
  /** It takes messages from now on: available, with a priority that is not negative (RFC 6121 §8.5.2). Told at once, before anybody else can hand it something. */
  'session:reachable': { readonly jid: Jid }
  'stanza:routed': { readonly stanza: Stanza }
  'message:delivered': { readonly account: string; readonly message: Message; readonly resources: readonly string[] }
  'component:connected': { readonly domain: string }
  'component:disconnected': { readonly domain: string }
  'account:removed': { readonly account: string }
}

export type GateListener<K extends keyof Gates, C> = (subject: Gates[K], context: C) => Awaitable<void>
export type ClaimListener<K extends keyof Claims, C> = (subject: Claims[K], context: C) => Awaitable<boolean>
export type FoldListener<K extends keyof Folds, C> = (
  value: Folds[K]['value'],
  subject: Folds[K]['subject'],
  context: C,
) => Awaitable<Folds[K]['value']>
export type NoticeListener<K extends keyof Notices, C> = (subject: Notices[K], context: C) => Awaitable<void>

/** What an extension hears: the name of each hook with its listener. `C` is the context that the listener gets. */
export type Listeners<C> = { readonly [K in keyof Gates]?: GateListener<K, C> } & {
  readonly [K in keyof Claims]?: ClaimListener<K, C>
} & { readonly [K in keyof Folds]?: FoldListener<K, C> } & { readonly [K in keyof Notices]?: NoticeListener<K, C> }

/** What an extension may fire. */
export interface Hooks {
  gate<K extends keyof Gates>(name: K, subject: Gates[K]): Awaitable<void>
  claim<K extends keyof Claims>(name: K, subject: Claims[K]): Awaitable<boolean>
  fold<K extends keyof Folds>(
    name: K,
    value: Folds[K]['value'],
    subject: Folds[K]['subject'],
  ): Awaitable<Folds[K]['value']>
  notify<K extends keyof Notices>(name: K, subject: Notices[K]): Awaitable<void>
}

/** A listener and what it gets as its last argument; the kind of the hook decides how it is called. */
interface Bound {
  readonly extension: string
  readonly listen: (...given: readonly unknown[]) => unknown
  readonly context: unknown
}

/** Runs listeners in the order in which they were added. While all of them are synchronous, so is the whole run. */
export class HookRunner implements Hooks {
  readonly #log: Log
  readonly #listeners = new Map<string, Bound[]>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Adds what an extension hears. `context` is handed to each listener as its last argument. */
  add<C>(extension: string, listeners: Listeners<C>, context: C): void {
    for (const [name, listener] of Object.entries(listeners)) {
      const known = this.#listeners.get(name) ?? []
      known.push({ extension, listen: listener as Bound['listen'], context })
      this.#listeners.set(name, known)
    }
  }

  gate<K extends keyof Gates>(name: K, subject: Gates[K]): Awaitable<void> {
    return this.#inTurn(name, 0, undefined, ({ listen, context }) => listen(subject, context) as Awaitable<undefined>)
  }

  claim<K extends keyof Claims>(name: K, subject: Claims[K]): Awaitable<boolean> {
    return this.#inTurn<boolean>(name, 0, false, ({ listen, context }, claimed) =>
      claimed ? true : (listen(subject, context) as Awaitable<boolean>),
    )
  }

  fold<K extends keyof Folds>(
    name: K,
    value: Folds[K]['value'],
    subject: Folds[K]['subject'],
  ): Awaitable<Folds[K]['value']> {
    return this.#inTurn(
      name,
      0,
      value,
      ({ listen, context }, current) => listen(current, subject, context) as Awaitable<Folds[K]['value']>,
    )
  }

  notify<K extends keyof Notices>(name: K, subject: Notices[K]): Awaitable<void> {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return undefined
    let waiting: Promise<void>[] | undefined
    for (const listener of listeners) {
      const told = this.#tell(name, listener, subject)
      if (told !== undefined) (waiting ??= []).push(told)
    }
    return waiting && Promise.all(waiting).then(() => undefined)
  }

  #inTurn<T>(name: string, at: number, value: T, step: (listener: Bound, value: T) => Awaitable<T>): Awaitable<T> {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return value
    let current = value
    for (let index = at; index < listeners.length; index += 1) {
      const listener = listeners[index]
      if (listener === undefined) break
      const next = step(listener, current)
      if (isPromise(next)) return next.then((later) => this.#inTurn(name, index + 1, later, step))
      current = next
    }
    return current
  }

  #tell(name: string, { extension, listen, context }: Bound, subject: unknown): Promise<void> | undefined {
    const failed = (reason: unknown): void => this.#log.error('a listener failed', { hook: name, extension }, reason)
    try {
      const answer = listen(subject, context)
      return answer instanceof Promise ? answer.then(() => undefined, failed) : undefined
    } catch (reason) {
      failed(reason)
      return undefined
    }
  }
}
