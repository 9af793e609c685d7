// From what was found to XML: results and events as XEP-0060 writes them.

import { el, type Element, parse } from '../../server/xml.js'
import type { NodeConfig, PepItem } from '../../storage/pep.js'
import { fieldsOf } from './config.js'
import { formElement } from './form.js'
import { EVENT, NODE_CONFIG, OWNER, PUBSUB } from './namespaces.js'

/** §6.5.4: what of a node's items fits into one answer. */
export interface ItemsFound {
  /** Oldest first. */
  readonly items: readonly PepItem[]
  /** How many there would be. */
  readonly total: number
}

export function itemsResult(node: string, { items, total }: ItemsFound): Element {
  const found = el('items', { node }, ...items.map(itemElement))
  return el('pubsub', { xmlns: PUBSUB }, found, items.length < total && truncation(items, total))
}

/** §6.5.4: says that there is more than what is here (XEP-0059 §2.6). */
function truncation(items: readonly PepItem[], total: number): Element {
  const first = items[0] && el('first', { index: total - items.length }, items[0].id)
  const last = el('last', {}, items.at(-1)?.id)
  return el('set', { xmlns: 'http://jabber.org/protocol/rsm' }, first, last, el('count', {}, String(total)))
}

function itemElement({ id, xml }: PepItem): Element {
  return el('item', { id }, parse(xml))
}

export function publishResult(node: string, id: string): Element {
  return el('pubsub', { xmlns: PUBSUB }, el('publish', { node }, el('item', { id })))
}

export function configResult(node: string, config: NodeConfig): Element {
  return el('pubsub', { xmlns: OWNER }, el('configure', { node }, configForm(config)))
}

export function defaultResult(config: NodeConfig): Element {
  return el('pubsub', { xmlns: OWNER }, el('default', {}, configForm(config)))
}

function configForm(config: NodeConfig): Element {
  return formElement(NODE_CONFIG, fieldsOf(config))
}

export function affiliationsResult(node: string, owner: string, { whitelist }: NodeConfig): Element {
  const affiliation = (jid: string, affiliation: string): Element => el('affiliation', { jid, affiliation })
  const all = [affiliation(owner, 'owner'), ...whitelist.map((jid) => affiliation(jid, 'member'))]
  return el('pubsub', { xmlns: OWNER }, el('affiliations', { node }, ...all))
}

export function publishedEvent(node: string, item: PepItem, config: NodeConfig): Element {
  return event(el('items', { node }, config.deliverPayloads ? itemElement(item) : el('item', { id: item.id })))
}

export function retractedEvent(node: string, id: string): Element {
  return event(el('items', { node }, el('retract', { id })))
}

export function purgedEvent(node: string): Element {
  return event(el('purge', { node }))
}

export function deletedEvent(node: string): Element {
  return event(el('delete', { node }))
}

function event(what: Element): Element {
  return el('event', { xmlns: EVENT }, what)
}
