// When was somebody last here, and how long is the server up? XEP-0012, for those who may see the account's presence.

import { type AnyExtension, type Context, defineExtension } from '../server/extension.js'
import type { Jid } from '../server/jid.js'
import type { IqRequest, Presence, Stanza } from '../server/stanza.js'
import { StanzaError } from '../server/stanza-error.js'
import { el, type Element, text } from '../server/xml.js'
import type {} from './presence/hooks.js'

const NS = 'jabber:iq:last'
/** A longer one is not kept. */
const mostStatus = 1024

type LastActivityContext = Context<'roster' | 'lastActivity'>

/** A server's own: it knows when it began. */
export const lastActivity = (): AnyExtension => {
  let started = 0
  return defineExtension({
    name: 'last-activity',
    xeps: ['XEP-0012 2.0'],
    requires: ['presence', 'roster'],
    stores: ['roster', 'lastActivity'],
    features: { server: [NS], account: [NS] },
    handlers: [
      {
        kind: 'iq-get',
        to: 'server',
        namespace: NS,
        name: 'query',
        handle: (_, { clock }) => lastElement(clock.now() - started),
      },
      { kind: 'iq-get', to: 'account', namespace: NS, name: 'query', handle: ofAccount },
    ],
    on: {
      'stanza:authorise': ({ stanza }, context) => (isQuestion(stanza) ? checkClient(stanza, context) : undefined),
      'presence:unavailable': ({ jid, said }, context) => note(jid, said, context),
    },
    start: ({ clock }) => {
      started = clock.now()
    },
  })
}

/** §4. @throws StanzaError `forbidden`, also for an account that does not exist: nobody can list users */
async function ofAccount({ from, to }: IqRequest, context: LastActivityContext): Promise<Element> {
  const account = (to ?? from).bare
  await checkMaySee(from.bare, account, context)
  const sessions = await context.presenceOf(account)
  if (sessions.length > 0) return lastElement(0)
  const last = await context.stores.lastActivity.of(account)
  if (last === undefined) throw new StanzaError('item-not-found', 'nobody has been here yet')
  return lastElement(context.clock.now() - last.at, last.status)
}

/** §5: a client is asked only by those who may see its presence. */
function checkClient({ from, to }: Stanza, context: LastActivityContext): Promise<void> | undefined {
  const isClient = to?.local !== undefined && to.resource !== undefined && context.isLocal(to.domain)
  return isClient ? checkMaySee(from.bare, to.bare, context) : undefined
}

async function checkMaySee(reader: string, account: string, { stores }: LastActivityContext): Promise<void> {
  if (reader === account) return
  const item = await stores.roster.item(account, reader)
  if (item?.subscription !== 'from' && item?.subscription !== 'both') throw new StanzaError('forbidden')
}

/** The last session that was available is not any more. */
async function note({ bare }: Jid, { content }: Presence, context: LastActivityContext): Promise<void> {
  const sessions = await context.presenceOf(bare)
  if (sessions.length > 0) return
  const said = content.find('status', 'jabber:client')
  const status = said === undefined || text(said) === '' || text(said).length > mostStatus ? undefined : text(said)
  await context.stores.lastActivity.left(bare, { at: context.clock.now(), status })
}

function isQuestion(stanza: Stanza): boolean {
  return stanza.kind === 'iq' && stanza.type === 'get' && stanza.content.has('query', NS)
}

function lastElement(milliseconds: number, status?: string): Element {
  return el('query', { xmlns: NS, seconds: Math.max(0, Math.floor(milliseconds / 1000)) }, status)
}
