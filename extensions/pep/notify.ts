// Who hears of an event (XEP-0163 §4): the account's own clients and its contacts', as far as they are available, may read the
// node and asked for it.

import { randomUUID } from 'node:crypto'
import type { Context } from '../../server/extension.js'
import { type Jid, parseJid } from '../../server/jid.js'
import { Content, type Message } from '../../server/stanza.js'
import { el, type Element } from '../../server/xml.js'
import type { NodeConfig, PepItem } from '../../storage/pep.js'
import { refusalFor } from './access.js'
import type { Interests } from './interests.js'
import { publishedEvent } from './reply.js'
import type { Turns } from './turns.js'

/** What the rules work with. */
export interface Desk {
  readonly context: Context<'pep' | 'roster'>
  readonly interests: Interests
  readonly turns: Turns
}

/** As many last items as one client gets when it comes online. */
const MOST_LAST_ITEMS = 1000

/** Tells everybody who wants to hear of the node. The inside of the message is written once. */
export async function announce(
  event: Element,
  account: string,
  node: string,
  config: NodeConfig,
  desk: Desk,
): Promise<void> {
  if (desk.interests.isEmpty(node)) return
  const message = headline(account, event)
  await send(message, desk.interests.of(node, account), desk)
  for (const contact of await subscribers(account, config, desk)) {
    await send(message, desk.interests.of(node, contact), desk)
  }
}

/** Contacts that see the account's presence (§4.1) and may read a node of this configuration. */
async function subscribers(account: string, config: NodeConfig, { context }: Desk): Promise<readonly string[]> {
  const items = await context.stores.roster.items(account)
  const contacts = items.filter(({ subscription }) => subscription === 'from' || subscription === 'both')
  const bare = contacts.map(({ contact }) => contact)
  return config.accessModel === 'whitelist' ? bare.filter((contact) => config.whitelist.includes(contact)) : bare
}

/** A headline never goes to the offline store (XEP-0060 §12.6). */
function headline(account: string, ...inside: readonly Element[]): Message {
  const head = { from: parseJid(account), to: undefined, id: randomUUID(), lang: undefined }
  return { kind: 'message', type: 'headline', ...head, content: Content.of(...inside) }
}

async function send(message: Message, sessions: readonly Jid[], { context }: Desk): Promise<void> {
  for (const to of sessions) {
    if (to.resource === undefined) continue
    await context.deliver(to.bare, { ...message, to }, { kind: 'resource', resource: to.resource })
  }
}

/** §4.3.4: the last item of each node that the session newly wants, its account's own and those of its contacts. */
export async function welcomeSession(session: Jid, nodes: ReadonlySet<string>, desk: Desk): Promise<void> {
  let room = MOST_LAST_ITEMS
  for (const account of [session.bare, ...(await publishers(session, desk))]) {
    for (const { node } of await desk.context.stores.pep.nodes(account)) {
      if (room === 0) return
      if (nodes.has(node) && (await sendLastItem(account, node, session, ['on_sub_and_presence'], desk))) room -= 1
    }
  }
}

/** §4.3.4: the last item of each node for a contact that sees the account's presence from now on. */
export async function welcomeContact(account: string, contact: string, desk: Desk): Promise<void> {
  for (const { node } of await desk.context.stores.pep.nodes(account)) {
    for (const session of desk.interests.of(node, contact)) {
      await sendLastItem(account, node, session, ['on_sub', 'on_sub_and_presence'], desk)
    }
  }
}

/** Contacts of ours whose presence the session's account sees. */
async function publishers(session: Jid, { context }: Desk): Promise<readonly string[]> {
  const items = await context.stores.roster.items(session.bare)
  const seen = items.filter(({ subscription }) => subscription === 'to' || subscription === 'both')
  return seen.map(({ contact }) => contact).filter((contact) => context.isLocal(parseJid(contact).domain))
}

type SendLast = NodeConfig['sendLast']

/** In turn with publishing, or an older item could arrive after a newer one. False when there was nothing to send. */
function sendLastItem(
  account: string,
  node: string,
  session: Jid,
  when: readonly SendLast[],
  desk: Desk,
): Promise<boolean> {
  return desk.turns.take(account, async () => {
    const { pep, roster } = desk.context.stores
    const config = await pep.config(account, node)
    if (config === undefined || !when.includes(config.sendLast)) return false
    if ((await refusalFor(session.bare, account, config, roster)) !== undefined) return false
    const {
      items: [item],
    } = await pep.items(account, node, { max: 1 })
    if (item === undefined || !desk.interests.wants(session, node)) return false
    await send(headline(account, publishedEvent(node, item, config), delay(item)), [session], desk)
    return true
  })
}

/** XEP-0203: it is not news. */
function delay({ at }: PepItem): Element {
  return el('delay', { xmlns: 'urn:xmpp:delay', stamp: new Date(at).toISOString() })
}
