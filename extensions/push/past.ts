// Whether a message of a room is of its past, which it sends to those who enter (XEP-0045 §7.2.14). Pure.

import { jidOrUndefined } from '../../server/jid.js'
import type { Message } from '../../server/stanza.js'
import { attr } from '../../server/xml.js'
import { firstOf } from './first-of.js'

const DELAY = 'urn:xmpp:delay'

/** Who writes while a connection is bad is late by less; what a room tells of its past is hardly ever that young. */
const liveMs = 60_000

/** Whoever has handled a message may add one. */
const mostDelays = 10

/**
 * Any writer can put a delay beside a text. One by the room tells of its past: rooms sign with their own JID, that of the
 * occupant, or their domain. Any other does where it is older than a minute at `at`, in milliseconds since 1970.
 */
export function isOfPast(message: Pick<Message, 'content' | 'from'>, at: number): boolean {
  const { from } = message
  return firstOf(message, 'delay', DELAY, mostDelays).some((delay) => {
    const by = jidOrUndefined(attr(delay, 'from') ?? '')
    return by?.bare === from.bare || by?.full === from.domain || at - Date.parse(attr(delay, 'stamp') ?? '') > liveMs
  })
}
