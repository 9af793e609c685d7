// The answers of service discovery as XML (XEP-0030 §3.1, §4.1).

import { el, type Element } from '../../server/xml.js'
import type { DiscoItem, DiscoNode } from './hooks.js'

export const INFO = 'http://jabber.org/protocol/disco#info'
export const ITEMS = 'http://jabber.org/protocol/disco#items'

/**
 * @param node the node that was asked about, if one was (XEP-0030 §3.2)
 * @param forms what else there is to say (XEP-0128)
 */
export function infoElement(
  { identities, features }: DiscoNode,
  node?: string,
  forms: readonly Element[] = [],
): Element {
  return el(
    'query',
    { xmlns: INFO, node },
    ...identities.map(({ category, type, name }) => el('identity', { category, type, name })),
    ...features.map((feature) => el('feature', { var: feature })),
    ...forms,
  )
}

export function itemsElement(items: readonly DiscoItem[], node?: string): Element {
  return el(
    'query',
    { xmlns: ITEMS, node },
    ...items.map((item) => el('item', { jid: item.jid, node: item.node, name: item.name })),
  )
}
