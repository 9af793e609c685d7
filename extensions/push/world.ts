// How things stand for an account when it is decided who is told (decide.ts): who is there, who is known, what is over.

import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { Available, Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import { CLIENT_NS, type Message, type Presence } from '../../server/stanza.js'
import type { Registration } from '../../storage/push.js'
import type { OthersRule, Reader } from './audience.js'
import { topicOf } from './call.js'
import type { Calls } from './calls.js'
import { decide, speakersOf, type World } from './decide.js'
import type { ActiveRegistrations } from './registrations.js'
import type { Rooms } from './rooms.js'
import type { Matter, Reading } from './trigger.js'

export type PushContext = Context<'push' | 'messages' | 'roster'>

/** What is known without the disk. */
export interface Known {
  readonly registrations: ActiveRegistrations
  readonly others: OthersRule
  readonly calls: Calls
  readonly rooms: Rooms
}

/** A stanza that is to be decided on, and who has it. */
export interface Asked {
  readonly account: string
  /** The stanza-id. */
  readonly id: string
  readonly at: number
  readonly stanza: Message | Presence
  /** Undefined: every session that is online. */
  readonly handed: readonly string[] | undefined
}

/** What `decide` has to know, for each of these registrations. */
export function worldOf(
  asked: Asked,
  { matter }: Reading,
  untold: readonly Registration[],
  context: PushContext,
  known: Known,
): Awaitable<World> {
  return andThen(context.presenceOf(asked.account), (available) => {
    const world = worldWith(available, asked, matter, untold, context, known)
    return andThen(isKnown(matter, untold, world, context), (isKnown) => ({ ...world, isKnown }))
  })
}

/** As if everybody were known: who is not is asked for where that matters. */
function worldWith(
  available: readonly Available[],
  { account, stanza, handed, at }: Asked,
  matter: Matter | undefined,
  untold: readonly Registration[],
  context: PushContext,
  known: Known,
): World {
  const { clock } = context
  const readers = handed ?? available.map(({ jid }) => jid.resource ?? '')
  const online = isCopy(stanza) ? ownClients(account, untold, context) : []
  const said = matter?.stanza.kind === 'message' ? matter.stanza : undefined
  return {
    account,
    readers: readers.map((resource) => readerOf(resource, available)),
    online: online.map((resource) => readerOf(resource, available)),
    others: known.others,
    at,
    now: clock.now(),
    isKnown: true,
    isOver: isOver(account, matter, context, known),
    wasTold: (registration) => said !== undefined && known.rooms.wasTold(registration, said, clock),
  }
}

/** A room writes to each client that is in it. */
function isCopy(stanza: Message | Presence): boolean {
  return stanza.kind === 'message' && stanza.type === 'groupchat' && stanza.to?.resource !== undefined
}

/** The resources of the registrations' own clients that are connected, available or not: a room may know more of them. */
function ownClients(account: string, untold: readonly Registration[], context: PushContext): readonly string[] {
  const jid = parseJid(account)
  return untold
    .map(({ client }) => client.resource)
    .filter((resource) => resource !== '' && context.clientOf(jid.withResource(resource)) !== undefined)
}

/** Only where the answer decides: the roster is on disk. */
function isKnown(
  matter: Matter | undefined,
  untold: readonly Registration[],
  world: World,
  context: PushContext,
): Awaitable<boolean> {
  if (matter === undefined || matter.kind === 'groupchat') return true
  const asks = untold.some((one) => one.rules.ignoreUnknown && decide({ matter }, one, world).push)
  return asks ? isInRoster(world.account, matter, context) : true
}

function isOver(account: string, matter: Matter | undefined, { clock }: PushContext, { calls, rooms }: Known): boolean {
  if (matter === undefined || matter.stanza.kind === 'presence') return false
  const { call, kind, stanza } = matter
  if (call !== undefined) return calls.isOver(account, topicOf(stanza.from.bare, call.sid), clock)
  return kind === 'groupchat' && rooms.isOwn(account, stanza, clock)
}

/** Who only asked for a subscription is not in it. */
async function isInRoster(account: string, matter: Matter, context: PushContext): Promise<boolean> {
  // Anybody of ours can write that a friend invites; a room says it of its own occupants.
  const [sender, inviter] = speakersOf(matter)
  const asked = [sender, context.isLocal(matter.stanza.from.domain) ? undefined : inviter]
  for (const jid of asked) {
    if (jid === account) return true
    if (jid !== undefined && (await context.stores.roster.item(account, jid))?.listed === true) return true
  }
  return false
}

/** A session that is not available was handed what was for it alone; it has not said that it is away. */
function readerOf(resource: string, available: readonly Available[]): Reader {
  const presence = available.find(({ jid }) => jid.resource === resource)?.presence
  const show = presence?.content.find('show', CLIENT_NS)?.getText()
  return { resource, userAgent: undefined, isAway: show === 'away' || show === 'xa' }
}
