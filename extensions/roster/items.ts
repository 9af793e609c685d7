// Roster items between XML and the store (RFC 6121 §2.1, §2.3): what a client may write, and what it reads.

import { type Jid, JidError, parseJid } from '../../server/jid.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, children, el, type Element, text } from '../../server/xml.js'
import type { RosterItem } from '../../storage/roster.js'

export const ROSTER_NS = 'jabber:iq:roster'

/** The longest name of a contact or a group, in bytes (RFC 6121 §2.3.3 leaves the number to the server). */
const longestName = 1023
const mostGroups = 64

/** What `<query/>` in an iq set asks for. */
export type RosterSet =
  | { readonly kind: 'remove'; readonly contact: Jid }
  | {
      readonly kind: 'put'
      readonly contact: Jid
      readonly name: string | undefined
      readonly groups: readonly string[]
    }

/**
 * Reads a roster set. What a client says of the subscription, other than `remove`, has no effect (RFC 6121 §2.1.2.5).
 * @throws StanzaError `bad-request`, `jid-malformed` or `not-acceptable` (RFC 6121 §2.3.3)
 */
export function readRosterSet(query: Element): RosterSet {
  const [item, ...more] = children(query, 'item')
  if (item === undefined || more.length > 0) throw new StanzaError('bad-request', 'a roster set has one item')
  const contact = readContact(attr(item, 'jid'))
  if (attr(item, 'subscription') === 'remove') return { kind: 'remove', contact }
  return { kind: 'put', contact, name: readName(attr(item, 'name')), groups: readGroups(item) }
}

/** The item as clients get it (RFC 6121 §2.1.2). */
export function itemElement(item: RosterItem): Element {
  return el(
    'item',
    {
      jid: item.contact,
      name: item.name,
      subscription: item.subscription,
      ask: item.ask ? 'subscribe' : undefined,
      approved: item.approved ? 'true' : undefined,
    },
    ...item.groups.map((group) => el('group', {}, group)),
  )
}

/** What a push says of an item that is gone (RFC 6121 §2.5.2). */
export function removedElement(contact: string): Element {
  return el('item', { jid: contact, subscription: 'remove' })
}

/** @param version of the roster in which the items are so (RFC 6121 §2.1.1) */
export function queryElement(version: string, ...items: readonly Element[]): Element {
  return el('query', { xmlns: ROSTER_NS, ver: version }, ...items)
}

/** Whether a client that asks for the roster has it already, in this version (RFC 6121 §2.6.2). */
export function isKnown(query: Element, version: string): boolean {
  return attr(query, 'ver') === version
}

function readContact(jid: string | undefined): Jid {
  if (jid === undefined) throw new StanzaError('bad-request', 'an item has a jid')
  const contact = parsed(jid)
  // A subscription is between bare JIDs: an item for a full one could never change its state.
  if (contact.resource !== undefined) throw new StanzaError('bad-request', 'a contact has no resource')
  return contact
}

function parsed(jid: string): Jid {
  try {
    return parseJid(jid)
  } catch (reason) {
    if (reason instanceof JidError) throw new StanzaError('jid-malformed', reason.message)
    throw reason
  }
}

function readName(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined
  if (Buffer.byteLength(name) > longestName) throw new StanzaError('not-acceptable', 'the name is too long')
  return name
}

/** A roster is read whole at every presence: what one contact is called, and its groups, have so many bytes at most. */
const mostGroupBytes = 2048

function readGroups(item: Element): readonly string[] {
  const groups = children(item, 'group').map((group) => text(group))
  if (new Set(groups).size < groups.length) throw new StanzaError('bad-request', 'a group is named twice')
  if (groups.length > mostGroups) throw new StanzaError('not-acceptable', 'the contact is in too many groups')
  if (groups.some((group) => group === '' || Buffer.byteLength(group) > longestName)) {
    throw new StanzaError('not-acceptable', 'a group has no name, or one that is too long')
  }
  if (Buffer.byteLength(groups.join('')) > mostGroupBytes) {
    throw new StanzaError('not-acceptable', "the names of the contact's groups are too long together")
  }
  return groups
}
