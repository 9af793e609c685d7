// Rosters and subscriptions (RFC 6121 §2 and §3): who an account knows, and who may see whose presence.

import { defineExtension } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import type { IqRequest, Presence } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { el, type Element } from '../../server/xml.js'
import type {} from '../presence/hooks.js'
import type { RosterContext } from './context.js'
import type {} from './hooks.js'
import { emptyItem } from './item-state.js'
import { isKnown, itemElement, queryElement, readRosterSet, ROSTER_NS, type RosterSet } from './items.js'
import { Rosters } from './rosters.js'
import { subscriptionTypes } from './subscription-states.js'
import { Subscriptions } from './subscriptions.js'

/** What a client may rely on once it is logged in: roster versioning and pre-approval (RFC 6121 §2.6.1, §3.4.1). */
const streamFeatures = [
  el('ver', { xmlns: 'urn:xmpp:features:rosterver' }),
  el('sub', { xmlns: 'urn:xmpp:features:pre-approval' }),
]

/** Rosters of their own for each server: who looks at one is known only in this process. */
export const roster = () => {
  const rosters = new Rosters()
  const subscriptions = new Subscriptions(rosters)

  const get = (request: IqRequest, context: RosterContext): Promise<Element | undefined> =>
    read(request, rosters, context)

  const set = async ({ from, payload }: IqRequest, context: RosterContext): Promise<undefined> => {
    const account = from.toBare()
    const wanted = readRosterSet(payload)
    if (wanted.contact.equals(account)) throw new StanzaError('not-allowed', 'nobody is their own contact')
    if (wanted.kind === 'remove') await subscriptions.remove({ account, contact: wanted.contact }, context)
    else await put(account.bare, wanted, rosters, context)
  }

  const inbound = async (presence: Presence, context: RosterContext): Promise<undefined> => {
    await subscriptions.inbound(presence, context)
  }

  return defineExtension({
    name: 'roster',
    stores: ['roster'],
    features: { server: [ROSTER_NS] },
    handlers: [
      { kind: 'iq-get', to: 'own-account', namespace: ROSTER_NS, name: 'query', handle: get },
      { kind: 'iq-set', to: 'own-account', namespace: ROSTER_NS, name: 'query', handle: set },
      {
        kind: 'presence',
        direction: 'outbound',
        types: subscriptionTypes,
        handle: (presence, context) => subscriptions.outbound(presence, context),
      },
      { kind: 'presence', direction: 'inbound', types: subscriptionTypes, handle: inbound },
    ],
    on: {
      'stream:features': (features, { state }) =>
        state === 'authenticated' ? [...features, ...streamFeatures] : features,
      'presence:available': ({ jid, initial }, context) => (initial ? subscriptions.handOver(jid, context) : undefined),
      'presence:unavailable': ({ jid }) => rosters.attending.remove(jid),
      // Later: whoever found it out may hold what a change to the subscription has to wait for.
      'probe:refused': ({ account, prober }, context) =>
        context.later(() => subscriptions.refuse({ account: parseJid(account), contact: prober.toBare() }, context)),
      'account:remove': ({ account }, context) => subscriptions.endAll(account, context),
      'session:closed': ({ jid }) => rosters.forget(jid),
    },
    stop: () => rosters.clear(),
  })
}

/**
 * RFC 6121 §2.2: whoever reads the roster is told of changes from then on; none may come between the two. Nothing for who has
 * this version of it (§2.6.3).
 */
function read({ from, payload }: IqRequest, rosters: Rosters, context: RosterContext): Promise<Element | undefined> {
  return rosters.inTurn(from.bare, async () => {
    // A session that ended meanwhile has been forgotten already.
    if (context.clientOf(from) !== undefined) rosters.interested.add(from)
    const version = await context.stores.roster.version(from.bare)
    if (isKnown(payload, version)) return undefined
    const items = await context.stores.roster.items(from.bare)
    return queryElement(version, ...items.filter(({ listed }) => listed).map(itemElement))
  })
}

/** RFC 6121 §2.3 and §2.4: a new contact, or another name and other groups for one. */
function put(
  account: string,
  { contact, name, groups }: Extract<RosterSet, { kind: 'put' }>,
  rosters: Rosters,
  context: RosterContext,
): Promise<void> {
  return rosters.inTurn(account, async () => {
    const before = (await context.stores.roster.item(account, contact.bare)) ?? emptyItem(contact.bare)
    const item = { ...before, name, groups, listed: true }
    const isWritten = await rosters.write(account, item, context)
    if (!isWritten) throw new StanzaError('resource-constraint', 'the roster is full')
    await rosters.push(account, item, context)
  })
}
