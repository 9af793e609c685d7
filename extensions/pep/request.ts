// From XML to what is asked of the nodes: the one file that knows how XEP-0060 writes a request.

import { JidError, parseJid } from '../../server/jid.js'
import type { IqRequest } from '../../server/stanza.js'
import { attr, child, children, type Element, namespaceOf } from '../../server/xml.js'
import { pepError } from './errors.js'
import { type Fields, readForm } from './form.js'
import { NODE_CONFIG, OWNER, PUBLISH_OPTIONS, PUBSUB } from './namespaces.js'

export interface GetItems {
  readonly kind: 'get-items'
  readonly node: string
  readonly ids: readonly string[] | undefined
  readonly max: number | undefined
}

export interface Publish {
  readonly kind: 'publish'
  readonly node: string
  readonly itemId: string | undefined
  readonly payload: Element
  readonly options: Fields
}

export interface Retract {
  readonly kind: 'retract'
  readonly node: string
  readonly itemId: string
  readonly notify: boolean
}

export interface Create {
  readonly kind: 'create'
  readonly node: string
  readonly options: Fields
}

export interface Configure {
  readonly kind: 'configure'
  readonly node: string
  readonly fields: Fields | 'cancel'
}

/** Bare JIDs that may read a whitelisted node from now on, or no more (§8.9.2: what is not named stays). */
export interface Affiliate {
  readonly kind: 'affiliate'
  readonly node: string
  readonly members: ReadonlyMap<string, boolean>
}

/** What only the account itself may ask. */
export type OwnerAction =
  | Publish
  | Retract
  | Create
  | Configure
  | Affiliate
  | { readonly kind: 'get-config'; readonly node: string }
  | { readonly kind: 'get-default' }
  | { readonly kind: 'get-affiliations'; readonly node: string }
  | { readonly kind: 'delete'; readonly node: string }
  | { readonly kind: 'purge'; readonly node: string }

export type PepAction = GetItems | OwnerAction

type Reader = (element: Element, pubsub: Element) => PepAction

/** By the type of the iq, `owner` for that namespace, and the element's name. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['get items', readGetItems],
  ['set publish', readPublish],
  ['set retract', readRetract],
  ['set create', readCreate],
  ['get owner configure', (element) => ({ kind: 'get-config', node: readNode(element) })],
  ['set owner configure', readConfigure],
  ['get owner default', () => ({ kind: 'get-default' })],
  ['get owner affiliations', (element) => ({ kind: 'get-affiliations', node: readNode(element) })],
  ['set owner affiliations', readAffiliate],
  ['set owner delete', (element) => ({ kind: 'delete', node: readNode(element) })],
  ['set owner purge', (element) => ({ kind: 'purge', node: readNode(element) })],
  ...unsupported('get subscriptions', 'retrieve-subscriptions'),
  ...unsupported('get affiliations', 'retrieve-affiliations'),
  ...unsupported('get default', 'retrieve-default-sub'),
  ...unsupported('get options', 'subscription-options'),
  ...unsupported('set subscribe', 'subscribe'),
  ...unsupported('set unsubscribe', 'subscribe'),
  ...unsupported('set options', 'subscription-options'),
  ...unsupported('get owner subscriptions', 'manage-subscriptions'),
  ...unsupported('set owner subscriptions', 'manage-subscriptions'),
])

/**
 * What is asked for.
 * @throws StanzaError with the error that XEP-0060 names for what is missing, wrong, or not supported
 */
export function readAction({ type, payload }: IqRequest): PepAction {
  const prefix = namespaceOf(payload) === OWNER ? `${type} owner` : type
  for (const element of children(payload, undefined, namespaceOf(payload))) {
    const read = readers.get(`${prefix} ${element.name}`)
    if (read !== undefined) return read(element, payload)
  }
  throw pepError.badRequest('there is nothing here that can be asked of a node')
}

function unsupported(request: string, feature: string): [string, Reader][] {
  const refuse: Reader = () => {
    throw pepError.unsupported(feature)
  }
  return [[request, refuse]]
}

function readGetItems(element: Element): GetItems {
  const ids = children(element, 'item').map(readItemId)
  return { kind: 'get-items', node: readNode(element), ids: ids.length === 0 ? undefined : ids, max: readMax(element) }
}

/** XEP-0060 §18.1: a positive integer. */
function readMax(element: Element): number | undefined {
  const written = attr(element, 'max_items')
  if (written === undefined) return undefined
  if (!/^[0-9]{1,9}$/.test(written) || Number(written) === 0)
    throw pepError.badRequest('max_items is a positive integer')
  return Number(written)
}

/** §7.1.1, §7.1.3.6: one item with one payload; an id may be missing. */
function readPublish(element: Element, pubsub: Element): Publish {
  const node = readNode(element)
  const [item, ...more] = children(element, 'item')
  if (item === undefined) throw pepError.itemRequired()
  if (more.length > 0) throw pepError.tooManyItems()
  const id = attr(item, 'id') ?? ''
  const itemId = id === '' ? undefined : checkLength(id, 'the id of an item')
  const options = child(pubsub, 'publish-options')
  return { kind: 'publish', node, itemId, payload: readPayload(item), options: readOptions(options, PUBLISH_OPTIONS) }
}

function readPayload(item: Element): Element {
  const [payload, ...more] = children(item)
  if (payload === undefined) throw pepError.payloadRequired()
  const namespace = attr(payload, 'xmlns') ?? ''
  if (more.length > 0 || namespace === '' || namespace === PUBSUB) throw pepError.invalidPayload()
  return payload
}

function readOptions(parent: Element | undefined, formType: string): Fields {
  const fields = parent === undefined ? 'cancel' : readForm(parent, formType)
  return fields === 'cancel' ? new Map<string, readonly string[]>() : fields
}

function readRetract(element: Element): Retract {
  const node = readNode(element)
  const [item, ...more] = children(element, 'item')
  if (item === undefined) throw pepError.itemRequired()
  if (more.length > 0) throw pepError.tooManyItems()
  const notify = attr(element, 'notify')
  return { kind: 'retract', node, itemId: readItemId(item), notify: notify === 'true' || notify === '1' }
}

/** §8.1.3: the configuration stands beside, without a node of its own; without a form it is the default. */
function readCreate(element: Element, pubsub: Element): Create {
  if (!attr(element, 'node')) throw pepError.instantNode()
  const configure = child(pubsub, 'configure')
  if (configure !== undefined && attr(configure, 'node') !== undefined) {
    throw pepError.badRequest('configure has no node of its own here')
  }
  const hasForm = configure !== undefined && children(configure).length > 0
  return { kind: 'create', node: readNode(element), options: readOptions(hasForm ? configure : undefined, NODE_CONFIG) }
}

function readConfigure(element: Element): Configure {
  return { kind: 'configure', node: readNode(element), fields: readForm(element, NODE_CONFIG) }
}

function readAffiliate(element: Element): Affiliate {
  const members = new Map<string, boolean>()
  for (const affiliation of children(element, 'affiliation')) {
    const jid = readBareJid(attr(affiliation, 'jid'))
    if (members.has(jid)) throw pepError.badRequest('a JID has one affiliation')
    const member = readMember(attr(affiliation, 'affiliation'))
    if (member !== undefined) members.set(jid, member)
  }
  return { kind: 'affiliate', node: readNode(element), members }
}

/** §8.9.2: without a value nothing changes. */
function readMember(affiliation: string | undefined): boolean | undefined {
  switch (affiliation) {
    case undefined:
      return undefined
    case 'member':
      return true
    case 'none':
      return false
    case 'outcast':
    case 'publisher':
    case 'publish-only':
      throw pepError.unsupported(`${affiliation}-affiliation`)
    default:
      throw pepError.unacceptable('an account has one owner, and others are members')
  }
}

function readBareJid(written: string | undefined): string {
  try {
    return parseJid(written ?? '').bare
  } catch (reason) {
    if (reason instanceof JidError) throw pepError.unacceptable('an affiliation has a JID')
    throw reason
  }
}

function readNode(element: Element): string {
  const node = attr(element, 'node') ?? ''
  if (node === '') throw pepError.nodeRequired()
  return checkLength(node, 'the name of a node')
}

function readItemId(item: Element): string {
  const id = attr(item, 'id') ?? ''
  if (id === '') throw pepError.itemRequired()
  return checkLength(id, 'the id of an item')
}

/** As long as a part of a JID may be (XEP-0060 §12.9 lets them become resources). */
function checkLength(name: string, what: string): string {
  if (Buffer.byteLength(name) > 1023) throw pepError.tooLong(what)
  return name
}
