// Service discovery (XEP-0030): what the server and an account are, can do and have, and who may know of an account.

import { type Context, defineExtension } from '../../server/extension.js'
import type { Jid } from '../../server/jid.js'
import type { IqRequest } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, type Element } from '../../server/xml.js'
import type { DiscoItem, NodeQuestion } from './hooks.js'
import { INFO, infoElement, ITEMS, itemsElement } from './reply.js'

export const disco = defineExtension({
  name: 'disco',
  xeps: ['XEP-0030 2.5.0'],
  stores: ['roster'],
  features: { server: [INFO, ITEMS], account: [INFO, ITEMS] },
  handlers: [
    { kind: 'iq-get', to: 'server', namespace: INFO, name: 'query', handle: serverInfo },
    { kind: 'iq-get', to: 'server', namespace: ITEMS, name: 'query', handle: serverItems },
    { kind: 'iq-get', to: 'account', namespace: INFO, name: 'query', handle: accountInfo },
    { kind: 'iq-get', to: 'account', namespace: ITEMS, name: 'query', handle: accountItems },
  ],
})

type DiscoContext = Context<'roster'>

async function serverInfo({ payload, from }: IqRequest, context: DiscoContext): Promise<Element> {
  refuseNode(payload)
  const identities = [{ category: 'server', type: 'im', name: 'Sealpost' }]
  const forms = await context.hooks.fold('disco:server-forms', [], { requester: from })
  return infoElement({ identities, features: context.features('server') }, undefined, forms)
}

async function serverItems({ payload, from }: IqRequest, context: DiscoContext): Promise<Element> {
  refuseNode(payload)
  const connected = context.components().map((jid): DiscoItem => ({ jid }))
  return itemsElement(await context.hooks.fold('disco:items', connected, { requester: from }))
}

async function accountInfo(request: IqRequest, context: DiscoContext): Promise<Element> {
  const { at, node, requester } = await askedAbout(request, context)
  if (node !== undefined)
    return infoElement(found(await context.hooks.fold('disco:node-info', undefined, { at, node, requester })), node)
  const registered = [{ category: 'account', type: 'registered' }]
  const subject = { account: at.bare, requester }
  const identities = await context.hooks.fold('disco:account-identities', registered, subject)
  return infoElement({ identities, features: context.features('account') })
}

async function accountItems(request: IqRequest, context: DiscoContext): Promise<Element> {
  const { at, node, requester } = await askedAbout(request, context)
  if (node !== undefined)
    return itemsElement(found(await context.hooks.fold('disco:node-items', undefined, { at, node, requester })), node)
  const sessions = await context.presenceOf(at.bare)
  const resources = sessions.map(({ jid }): DiscoItem => ({ jid: jid.full }))
  return itemsElement(await context.hooks.fold('disco:account-items', resources, { account: at.bare, requester }))
}

/** What is asked, when the sender may know. @throws StanzaError `service-unavailable` */
async function askedAbout(
  request: IqRequest,
  context: DiscoContext,
): Promise<Omit<NodeQuestion, 'node'> & { readonly node: string | undefined }> {
  const at = await visibleAccount(request, context)
  return { at, node: attr(request.payload, 'node'), requester: request.from }
}

/** @throws StanzaError `item-not-found` for a node that nobody has (XEP-0030 §7) */
function found<T>(answer: T | undefined): T {
  if (answer === undefined) throw new StanzaError('item-not-found')
  return answer
}

/**
 * The account that is asked about: the sender's own, or one that lets the sender see its presence (XEP-0030 §8).
 * @throws StanzaError `service-unavailable` otherwise, as for an account that does not exist: nobody can list users
 */
async function visibleAccount({ from, to }: IqRequest, { stores }: DiscoContext): Promise<Jid> {
  const account = (to ?? from).toBare()
  if (account.bare === from.bare) return account
  const item = await stores.roster.item(account.bare, from.bare)
  if (item?.subscription !== 'from' && item?.subscription !== 'both') throw new StanzaError('service-unavailable')
  return account
}

/** The server has no nodes (XEP-0030 §3.2). */
function refuseNode(query: Element): void {
  if (attr(query, 'node') !== undefined) throw new StanzaError('item-not-found')
}
