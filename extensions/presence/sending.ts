// Handing presence to somebody: to every available session of an account of ours, or on to a component.

import type { Awaitable } from '../../server/awaitable.js'
import type { Context } from '../../server/extension.js'
import type { Jid } from '../../server/jid.js'
import { Content, type Presence } from '../../server/stanza.js'
import type { RosterItem } from '../../storage/roster.js'

export type PresenceContext = Context<'roster'>

/** Presence that the server sends for a session: the router asks the outbound handler about it as well, which lets it pass. */
export class Sending {
  readonly #ready = new WeakSet<Presence>()

  isReady(presence: Presence): boolean {
    return this.#ready.has(presence)
  }

  /** The inside is the same for everybody, only the head is written anew. What is for one of ours is handed over before this returns. */
  to(to: Jid, presence: Presence, context: PresenceContext): Awaitable<unknown> {
    const stanza = { ...presence, to }
    if (context.isLocal(to.domain)) return handOver(to, stanza, context)
    // Whoever cannot be reached misses nothing that is kept, and its absence is no fault of the sender's.
    if (!context.components().includes(to.domain)) return undefined
    this.#ready.add(stanza)
    return context.route(stanza)
  }
}

function handOver(to: Jid, stanza: Presence, context: PresenceContext): Awaitable<unknown> {
  const { resource } = to
  return context.deliver(
    to.bare,
    stanza,
    resource === undefined ? { kind: 'available' } : { kind: 'resource', resource },
  )
}

/** Presence of type unavailable that nobody wrote: the session went without a word, or may not be seen any more. */
export function unavailable(from: Jid): Presence {
  return {
    kind: 'presence',
    type: 'unavailable',
    from,
    to: undefined,
    id: undefined,
    lang: undefined,
    content: Content.empty,
  }
}

/** The contact sees the account's presence (RFC 6121 §2.1.2.5). */
export function maySee({ subscription }: RosterItem): boolean {
  return subscription === 'from' || subscription === 'both'
}

/** The account sees the contact's presence. */
export function sees({ subscription }: RosterItem): boolean {
  return subscription === 'to' || subscription === 'both'
}
