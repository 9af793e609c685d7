// When was somebody last seen here? Only for those who may see the account's presence.

import { type Context, defineExtension } from '../../../server/extension.js'
import type { IqRequest } from '../../../server/stanza.js'
import { StanzaError } from '../../../server/stanza-error.js'
import { el, type Element } from '../../../server/xml.js'

const NS = 'urn:example:last-seen'

/** Remembers when each account left, for one server and until it stops. */
export const lastSeen = () => {
  const left = new Map<string, number>()
  return defineExtension({
    name: 'last-seen',
    stores: ['roster'],
    features: { account: [NS] },
    handlers: [
      {
        kind: 'iq-get',
        to: 'account',
        namespace: NS,
        name: 'query',
        handle: (request, context) => answer(request, left, context),
      },
    ],
    on: {
      'session:closed': ({ jid }, { clock }) => void left.set(jid.bare, clock.now()),
      'account:removed': ({ account }) => void left.delete(account),
    },
    stop: () => left.clear(),
  })
}

/** @throws StanzaError `service-unavailable`, also for an account that does not exist: nobody can list users */
async function answer(
  { from, to }: IqRequest,
  left: ReadonlyMap<string, number>,
  context: Context<'roster'>,
): Promise<Element> {
  const account = (to ?? from).bare
  if (!(await maySee(from.bare, account, context))) throw new StanzaError('service-unavailable')
  const sessions = await context.presenceOf(account)
  if (sessions.length > 0) return lastElement(0)
  const at = left.get(account)
  if (at === undefined) throw new StanzaError('service-unavailable')
  return lastElement(Math.floor((context.clock.now() - at) / 1000))
}

async function maySee(reader: string, account: string, { stores }: Context<'roster'>): Promise<boolean> {
  if (reader === account) return true
  const item = await stores.roster.item(account, reader)
  return item?.subscription === 'from' || item?.subscription === 'both'
}

function lastElement(seconds: number): Element {
  return el('query', { xmlns: NS, seconds })
}
