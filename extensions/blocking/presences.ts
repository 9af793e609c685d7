// What presence the two hear of each other when a block comes, and when it goes (XEP-0191 §3.3, §3.4).

import type { Context } from '../../server/extension.js'
import { type Jid, parseJid } from '../../server/jid.js'
import { Content, type Presence, type PresenceType } from '../../server/stanza.js'
import type { RosterItem } from '../../storage/roster.js'
import type {} from '../presence/hooks.js'

export type BlockingContext = Context<'blocks' | 'roster'>

/** To all whom these blocks are about and who hear of the account: it is gone. Also to those to whom its sessions spoke in particular. */
export async function farewells(
  account: string,
  blocks: readonly Jid[],
  context: BlockingContext,
): Promise<readonly Presence[]> {
  const contacts = peopleOf(blocks, (await context.stores.roster.items(account)).filter(maySee))
  const directed = await context.hooks.fold('presence:directed', [], { account })
  const spokenTo = directed.filter(({ to }) => blocks.some((block) => covers(block, to)))
  const available = await context.presenceOf(account)
  const seen = available.flatMap(({ jid }) => contacts.map((to) => ({ from: jid, to })))
  const pairs = new Map([...spokenTo, ...seen].map((pair) => [`${pair.from.full} ${pair.to.full}`, pair]))
  return [...pairs.values()].map(({ from, to }) => presence('unavailable', from, to))
}

/** As if both had asked for each other's presence: each learns what it may know by its subscription. */
export async function probes(
  account: string,
  blocks: readonly Jid[],
  context: BlockingContext,
): Promise<readonly Presence[]> {
  const items = await context.stores.roster.items(account)
  const available = await context.presenceOf(account)
  if (available.length === 0) return []
  const theirs = peopleOf(blocks, items.filter(maySee)).map((from) => presence('probe', from, parseJid(account)))
  const seen = new Set(peopleOf(blocks, items.filter(sees)).map(({ bare }) => bare))
  const own = [...seen].flatMap((contact) => available.map(({ jid }) => presence('probe', jid, parseJid(contact))))
  return [...theirs, ...own]
}

/** The contacts whom the blocks are about; of a block of one client, that client. */
function peopleOf(blocks: readonly Jid[], items: readonly RosterItem[]): readonly Jid[] {
  const contacts = items.map(({ contact }) => parseJid(contact))
  return blocks.flatMap((block) => {
    if (block.resource === undefined) return contacts.filter((contact) => covers(block, contact))
    return contacts.some(({ bare }) => bare === block.bare) ? block : []
  })
}

/** XEP-0191 §6. */
function covers(block: Jid, somebody: Jid): boolean {
  if (block.resource !== undefined && block.resource !== somebody.resource) return false
  return block.local === undefined ? block.domain === somebody.domain : block.bare === somebody.bare
}

function maySee({ subscription }: RosterItem): boolean {
  return subscription === 'from' || subscription === 'both'
}

function sees({ subscription }: RosterItem): boolean {
  return subscription === 'to' || subscription === 'both'
}

function presence(type: PresenceType, from: Jid, to: Jid): Presence {
  return { kind: 'presence', type, from, to, id: undefined, lang: undefined, content: Content.empty }
}
