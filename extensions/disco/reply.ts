// The answers of service discovery as XML (XEP-0030 §3.1, §4.1).

import { el, type Element } from '../../server/xml.js'
import type { DiscoIdentity, DiscoItem } from './hooks.js'

export const INFO = 'http://jabber.org/protocol/disco#info'
export const ITEMS = 'http://jabber.org/protocol/disco#items'

export function infoElement(identities: readonly DiscoIdentity[], features: readonly string[]): Element {
  return el(
    'query',
    { xmlns: INFO },
    ...identities.map(({ category, type, name }) => el('identity', { category, type, name })),
    ...features.map((feature) => el('feature', { var: feature })),
  )
}

export function itemsElement(items: readonly DiscoItem[]): Element {
  return el('query', { xmlns: ITEMS }, ...items.map(({ jid, node, name }) => el('item', { jid, node, name })))
}
