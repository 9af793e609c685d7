// Reading what a client wants to block or unblock, and writing lists (XEP-0191 §3.2 to §3.5).

import type { Context } from '../../server/extension.js'
import { type Jid, jidOrUndefined } from '../../server/jid.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, children, el, type Element } from '../../server/xml.js'

export const NS = 'urn:xmpp:blocking'

export interface Item {
  readonly jid: Jid
  readonly element: Element
}

/** Each address once. @throws StanzaError `bad-request` for an item without an address, `jid-malformed` for one that is none */
export function readItems(payload: Element): readonly Item[] {
  const items = children(payload, 'item').map(readItem)
  return [...new Map(items.map((item) => [item.jid.full, item])).values()]
}

/** @throws StanzaError `not-allowed` for the account itself and for the servers here: without them nobody could unblock anything */
export function checkMayBlock(account: string, { bare, local, domain }: Jid, context: Pick<Context, 'isLocal'>): void {
  if (bare === account) throw new StanzaError('not-allowed', 'nobody blocks themselves')
  if (local === undefined && context.isLocal(domain)) throw new StanzaError('not-allowed', 'this server is not blocked')
}

export function listElement(name: 'blocklist' | 'block' | 'unblock', jids: readonly string[]): Element {
  return el(name, { xmlns: NS }, ...jids.map((jid) => el('item', { jid })))
}

function readItem(element: Element): Item {
  const given = attr(element, 'jid')
  if (given === undefined) throw new StanzaError('bad-request', 'an item has a jid')
  const jid = jidOrUndefined(given)
  if (jid === undefined) throw new StanzaError('jid-malformed')
  return { jid, element }
}
