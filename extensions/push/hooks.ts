// The hooks of push, and the types that they share. Types only.

import type { Message, Presence } from '../../server/stanza.js'
import type { Element } from '../../server/xml.js'
import type { Debt, DebtKey } from '../../storage/messages.js'
import type { PushRules, Registration, Sealing } from '../../storage/push.js'
import type { Media } from './call.js'

/** What an `<enable/>` asks for beyond service and node; each part of push reads its own child of it. */
export interface EnableSettings {
  readonly sealing: Sealing | undefined
  readonly omemoDevice: number | undefined
  readonly rules: PushRules
}

/** The OMEMO data that one device needs to decrypt the text (tigase:push:encrypt:omemo:0 §4.3). */
export interface OmemoPart {
  readonly keys: readonly string[]
  /** Beyond the draft: of each key, whether it is a PreKey message. */
  readonly prekey: readonly boolean[]
  readonly sid: string
  readonly data: string
  readonly iv?: string
  /** Beyond the draft: which OMEMO it is. */
  readonly ns: string
}

/** What a notification may tell, before anybody decides how (tigase:push:encrypt:0 §4.4). */
export interface Summary {
  readonly unread: number
  /** A bare JID; a full one for a call. */
  readonly sender: string
  readonly type: 'chat' | 'groupchat' | 'call' | 'subscribe' | undefined
  /** The body, or a fixed sentence. */
  readonly message: string
  /** Whether `message` is what somebody wrote: a fixed sentence is never cut. */
  readonly isWritten: boolean
  readonly nickname: string | undefined
  /** Session id of a call. */
  readonly sid: string | undefined
  readonly media: readonly Media[] | undefined
  /** The stanza-id under which the account will get the message; a request for a subscription has none. */
  readonly id: string | undefined
  /** In the order of preference: the first that fits is sent. */
  readonly omemo: readonly OmemoPart[]
}

/** One push on its way out. */
export interface Outgoing {
  /** What is told of: a message, be it one that another brought, or a request for a subscription. */
  readonly stanza: Message | Presence
  readonly debt: Debt
  readonly registration: Registration
}

/** What somebody may be told of. */
export type Kind = 'message' | 'omemo' | 'groupchat' | 'call' | 'invitation' | 'request'

/** Whether a registration is told of a stanza, and why not: a sentence for a person that quotes nothing of the stanza. */
export type Decision =
  | { readonly push: true; readonly kind: Kind; readonly topic: string; readonly lifetimeMs: number }
  | { readonly push: false; readonly kind: Kind | undefined; readonly why: string }

/** A call that nobody can have heard. */
export interface UnreachedCall {
  readonly account: string
  /** Full JIDs as they stand in the proposal: who called, and whom. */
  readonly caller: string
  readonly called: string
  readonly sid: string
  /** The id of the proposal. */
  readonly id: string | undefined
}

/** What became of a push that is owed, at one attempt or at its end. */
export type PushOutcome =
  | { readonly kind: 'pushed'; readonly answeredInMs: number }
  | { readonly kind: 'waiting'; readonly why: string; readonly attempts: number; readonly next: number }
  /** It will not be told: refused by the service, or it does not fit. */
  | { readonly kind: 'failed'; readonly why: string }
  /** It need not be told any more: too old, or nobody asks for it. */
  | { readonly kind: 'dropped'; readonly why: string }

/** What a service said to a test notification. */
export interface PushTest {
  readonly account: string
  readonly service: string
  readonly node: string | undefined
  readonly works: boolean
  /** `result`, the condition of the service's error, `no answer`, or why nothing was sent. */
  readonly outcome: string
  /** Undefined without an answer. */
  readonly answeredInMs: number | undefined
}

declare module '../../server/hooks.js' {
  interface Folds {
    /** Each part of push checks its own child of `<enable/>`, and says what it asks for. */
    'push:enable': { readonly value: EnableSettings; readonly subject: { readonly enable: Element } }
    /** Data first: what the notification may tell. */
    'push:describe': { readonly value: Summary; readonly subject: Outgoing }
    /** XML last: what stands in the `<notification/>`. Undefined: it cannot be told within the registration's limits. */
    'push:wrap': {
      readonly value: Element | undefined
      readonly subject: { readonly summary: Summary; readonly registration: Registration }
    }
    /** Asked when `push:wrap` gave nothing: why this registration can be told nothing any more. Undefined: it was this push alone. */
    'push:over': { readonly value: string | undefined; readonly subject: { readonly registration: Registration } }
    /**
     * Sends a test notification to each of the account's active registrations, or to `only` one, and adds what its service
     * said: 30 s at most. Nobody should wait for it who holds up others.
     */
    'push:test': {
      readonly value: readonly PushTest[]
      readonly subject: {
        readonly account: string
        readonly only: { readonly service: string; readonly node: string } | undefined
      }
    }
  }

  interface Notices {
    /** One stanza, one registration: `id` is the stanza-id, and names the debt's `message` later. */
    'push:decided': {
      readonly registration: Registration
      readonly id: string
      readonly at: number
      readonly decision: Decision
    }
    /** One attempt, or the end of what was owed. */
    'push:outcome': {
      readonly debt: DebtKey & Pick<Debt, 'message'>
      readonly at: number
      readonly outcome: PushOutcome
    }
    /** What was owed to the account for this topic goes: a call is over. */
    'push:withdrawn': { readonly account: string; readonly topic: string }
    /** The registration is not used any more: refused by its service, or by a rule of ours. Its client wants to know. */
    'push:disabled': { readonly registration: Registration; readonly reason: string }
    /** The registration is gone, and not by its client's `<disable/>`: the account's owner removed it, or nobody came for it. */
    'push:removed': { readonly registration: Registration }
    /** No session took the call, and no push for it came through. Told once. */
    'call:unreached': UnreachedCall
    'push:published': { readonly registration: Registration; readonly debt: Debt }
  }
}
