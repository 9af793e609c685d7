// Personal eventing (XEP-0163, XEP-0060): every account keeps nodes, its owner publishes, who may reads and is told.

import { randomUUID } from 'node:crypto'
import { type Context, defineExtension, type IqHandler } from '../../server/extension.js'
import type { Claims } from '../../server/hooks.js'
import type { Jid } from '../../server/jid.js'
import type { IqRequest } from '../../server/stanza.js'
import type { StanzaError } from '../../server/stanza-error.js'
import { type Element, serialize } from '../../server/xml.js'
import type { NodeConfig, PepLimits } from '../../storage/pep.js'
import type {} from '../caps/hooks.js'
import type { DiscoItem } from '../disco/hooks.js'
import type {} from '../presence/hooks.js'
import type {} from '../roster/hooks.js'
import { refusalFor } from './access.js'
import { changed, defaultConfig, meets } from './config.js'
import { pepError } from './errors.js'
import type {} from './hooks.js'
import { Interests, wantedNodes } from './interests.js'
import { OWNER, PUBSUB } from './namespaces.js'
import { announce, type Desk, welcomeContact, welcomeSession } from './notify.js'
import {
  affiliationsResult,
  configResult,
  defaultResult,
  deletedEvent,
  itemsResult,
  publishedEvent,
  publishResult,
  purgedEvent,
  retractedEvent,
} from './reply.js'
import {
  type Affiliate,
  type Configure,
  type Create,
  type GetItems,
  type OwnerAction,
  type Publish,
  readAction,
  type Retract,
} from './request.js'
import { Turns } from './turns.js'

/** Bytes of all items of an account. */
const MOST_KEPT = 10 * 1024 * 1024
/** Bounds what an account can keep. */
const limits: PepLimits = { nodes: 1000, items: 1000, bytes: MOST_KEPT }
const MOST_MEMBERS = 100
/** Bytes of the items in one answer; what is beyond is left out, oldest first, and the answer says so. */
const MOST_ANSWERED = 262_144

/** What works of XEP-0060 §10. */
const features = [
  'access-open',
  'access-presence',
  'access-whitelist',
  'auto-create',
  'auto-subscribe',
  'config-node',
  'config-node-max',
  'create-and-configure',
  'create-nodes',
  'delete-items',
  'delete-nodes',
  'filtered-notifications',
  'item-ids',
  'last-published',
  'member-affiliation',
  'modify-affiliations',
  'multi-items',
  'persistent-items',
  'presence-subscribe',
  'publish',
  'publish-options',
  'pubsub-on-a-jid',
  'purge-nodes',
  'retract-items',
  'retrieve-default',
  'retrieve-items',
]

export const pep = () => {
  const interests = new Interests()
  const turns = new Turns()
  const handle: IqHandler<'pep' | 'roster'>['handle'] = (request, context) =>
    answer(request, { context, interests, turns })
  const forget = ({ jid }: { readonly jid: Jid }): void => interests.forget(jid)

  return defineExtension({
    name: 'pep',
    xeps: ['XEP-0060 1.30.0', 'XEP-0163 1.2.2', 'XEP-0223 1.1.1'],
    requires: ['caps', 'disco', 'presence', 'roster'],
    stores: ['pep', 'roster'],
    features: { account: [PUBSUB, ...features.map((feature) => `${PUBSUB}#${feature}`)] },
    handlers: [
      { kind: 'iq-get', to: 'account', namespace: PUBSUB, name: 'pubsub', handle },
      { kind: 'iq-set', to: 'account', namespace: PUBSUB, name: 'pubsub', handle },
      { kind: 'iq-get', to: 'account', namespace: OWNER, name: 'pubsub', handle },
      { kind: 'iq-set', to: 'account', namespace: OWNER, name: 'pubsub', handle },
    ],
    on: {
      'pep:publish': async (wanted, context) => {
        const desk = { context, interests, turns }
        await turns.take(wanted.publisher.bare, () => publishFor(wanted, desk))
        return true
      },
      'caps:known': ({ jid, features }, context) => listen(jid, features, { context, interests, turns }),
      'presence:unavailable': forget,
      'session:closed': forget,
      'subscription:granted': ({ account, contact }, context) =>
        context.later(() => welcomeContact(account, contact, { context, interests, turns })),
      'disco:account-identities': (identities) => [...identities, { category: 'pubsub', type: 'pep' }],
      'disco:account-items': async (items, { account, requester }, context) => [
        ...items,
        ...(await readableNodes(account, requester.bare, context)),
      ],
    },
    stop: () => interests.clear(),
  })
}

/** Caps are asked for and may come in when their session has gone: nobody would forget it then. */
async function listen(session: Jid, known: ReadonlySet<string>, desk: Desk): Promise<void> {
  const available = await desk.context.presenceOf(session.bare)
  if (!available.some(({ jid }) => jid.equals(session))) return
  const wanted = desk.interests.learn(session, wantedNodes(known))
  if (wanted.size > 0) desk.context.later(() => welcomeSession(session, wanted, desk))
}

/** XEP-0163 §6.2: only what the reader may read. */
async function readableNodes(
  account: string,
  reader: string,
  { stores }: Context<'pep' | 'roster'>,
): Promise<DiscoItem[]> {
  const items: DiscoItem[] = []
  for (const { node, config } of await stores.pep.nodes(account)) {
    if ((await refusalFor(reader, account, config, stores.roster)) === undefined) items.push({ jid: account, node })
  }
  return items
}

async function answer(request: IqRequest, desk: Desk): Promise<Element | undefined> {
  const action = readAction(request)
  const account = request.to?.bare ?? request.from.bare
  if (action.kind === 'get-items') return getItems(action, account, request.from.bare, desk)
  if (request.from.bare !== account) throw pepError.notOwner()
  return desk.turns.take(account, () => perform(action, request.from, desk))
}

function perform(action: OwnerAction, owner: Jid, desk: Desk): Promise<Element | undefined> {
  const account = owner.bare
  switch (action.kind) {
    case 'publish':
      return publish(action, owner, desk)
    case 'retract':
      return retract(action, account, desk)
    case 'create':
      return create(action, account, desk)
    case 'get-config':
      return configOf(account, action.node, desk).then((config) => configResult(action.node, config))
    case 'get-default':
      return Promise.resolve(defaultResult(defaultConfig))
    case 'configure':
      return configure(action, account, desk)
    case 'get-affiliations':
      return configOf(account, action.node, desk).then((config) => affiliationsResult(action.node, account, config))
    case 'affiliate':
      return affiliate(action, account, desk)
    case 'purge':
      return purge(action.node, account, desk)
    case 'delete':
      return remove(action.node, account, desk)
  }
}

/** @throws StanzaError `item-not-found`: the same to everybody, and the same for an account that is not there */
async function configOf(account: string, node: string, { context }: Desk): Promise<NodeConfig> {
  const config = await context.stores.pep.config(account, node)
  if (config === undefined) throw pepError.noSuchNode()
  return config
}

/** XEP-0060 §6.5: oldest first; of too many the newest. */
async function getItems({ node, ids, max }: GetItems, account: string, reader: string, desk: Desk): Promise<Element> {
  const { pep, roster } = desk.context.stores
  const config = await configOf(account, node, desk)
  const refusal = await refusalFor(reader, account, config, roster)
  if (refusal !== undefined) throw refusal
  if (!config.persistItems) throw pepError.unsupported('persistent-items')
  const wanted = { ...(ids && { ids }), ...(max && { max }), bytes: MOST_ANSWERED }
  const { items, total } = await pep.items(account, node, wanted)
  return itemsResult(node, { items: items.toReversed(), total })
}

/** §7.1: a node that is not there is made as the publish options say; for one that is there they are preconditions (§7.1.5). */
async function publish({ node, itemId, payload, options }: Publish, publisher: Jid, desk: Desk): Promise<Element> {
  const { stores, hooks, clock } = desk.context
  const account = publisher.bare
  const there = await stores.pep.config(account, node)
  if (there !== undefined && !meets(there, options, limits)) throw pepError.preconditionNotMet()
  const config = there ?? changed(defaultConfig, options, limits, 'refuse')
  const item = { id: itemId ?? randomUUID(), publisher: publisher.full, xml: serialize(payload), at: clock.now() }
  const outcome = await stores.pep.publish(account, node, item, config, limits)
  if (outcome !== 'published') throw await whatIsFull(account, there, desk)
  await hooks.notify('pep:published', { account, node, itemId: item.id, xml: item.xml, publisher: publisher.full })
  await announce(publishedEvent(node, item, config), account, node, config, desk)
  return publishResult(node, item.id)
}

/** What another extension publishes for the account. A node that is there stays as its owner has it. */
async function publishFor(wanted: Claims['pep:publish'], desk: Desk): Promise<void> {
  const { publisher, node, itemId, payload, accessModel } = wanted
  const there = await desk.context.stores.pep.config(publisher.bare, node)
  const options = new Map(there === undefined ? [['pubsub#access_model', [accessModel]]] : [])
  await publish({ kind: 'publish', node, itemId, payload, options }, publisher, desk)
}

/** The store says 'full' of both bounds, and the publisher is told which: the number of nodes is no matter to a node that is there. */
async function whatIsFull(account: string, there: NodeConfig | undefined, { context }: Desk): Promise<StanzaError> {
  const nodes = there === undefined ? await context.stores.pep.nodes(account) : []
  return nodes.length >= limits.nodes ? pepError.tooManyNodes() : pepError.tooMuchKept()
}

/** §7.2 */
async function retract({ node, itemId, notify }: Retract, account: string, desk: Desk): Promise<undefined> {
  const { stores, hooks } = desk.context
  const config = await configOf(account, node, desk)
  if (!(await stores.pep.retract(account, node, itemId))) throw pepError.noSuchItem()
  await hooks.notify('pep:retracted', { account, node, itemId })
  if (notify || config.notifyRetract) await announce(retractedEvent(node, itemId), account, node, config, desk)
}

/** §8.1 */
async function create({ node, options }: Create, account: string, { context }: Desk): Promise<undefined> {
  const config = changed(defaultConfig, options, limits, 'ignore')
  const outcome = await context.stores.pep.create(account, node, config, limits)
  if (outcome === 'conflict') throw pepError.nodeExists()
  if (outcome === 'full') throw pepError.tooManyNodes()
}

/** §8.2.4 */
async function configure({ node, fields }: Configure, account: string, desk: Desk): Promise<undefined> {
  const config = await configOf(account, node, desk)
  if (fields === 'cancel') return
  await desk.context.stores.pep.configure(account, node, changed(config, fields, limits, 'ignore'), limits)
}

/** §8.9.2, §4.5: members are those who may read a node of the access model `whitelist`. */
async function affiliate({ node, members }: Affiliate, account: string, desk: Desk): Promise<undefined> {
  const config = await configOf(account, node, desk)
  if (members.has(account)) throw pepError.unacceptable('the owner stays the owner')
  const whitelist = new Set(config.whitelist)
  for (const [jid, member] of members) {
    if (member) whitelist.add(jid)
    else whitelist.delete(jid)
  }
  if (whitelist.size > MOST_MEMBERS) throw pepError.unacceptable(`a node has at most ${MOST_MEMBERS} members`)
  await desk.context.stores.pep.configure(account, node, { ...config, whitelist: [...whitelist] }, limits)
}

/** §8.5 */
async function purge(node: string, account: string, desk: Desk): Promise<undefined> {
  const { stores, hooks } = desk.context
  const config = await configOf(account, node, desk)
  if (!config.persistItems) throw pepError.unsupported('persistent-items')
  await stores.pep.purge(account, node)
  await hooks.notify('pep:retracted', { account, node, itemId: undefined })
  await announce(purgedEvent(node), account, node, config, desk)
}

/** §8.4 */
async function remove(node: string, account: string, desk: Desk): Promise<undefined> {
  const { stores, hooks } = desk.context
  const config = await configOf(account, node, desk)
  await stores.pep.delete(account, node)
  await hooks.notify('pep:node-deleted', { account, node })
  await announce(deletedEvent(node), account, node, config, desk)
}
