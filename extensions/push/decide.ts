// Whether a registration is told of something, and why not: the one place where that is decided (docs/extensions/push.md). Pure.

import { jidOrUndefined } from '../../server/jid.js'
import type { Registration } from '../../storage/push.js'
import { isOwnClient, type OthersRule, type Reader } from './audience.js'
import { callLifetimeMs, isFresh, topicOf } from './call.js'
import type { Decision } from './hooks.js'
import { mentionsIn } from './mention.js'
import { isOfPast } from './past.js'
import { type Matter, type Reading } from './trigger.js'

/** After this a push is worth nothing any more. */
const lifetimeMs = 24 * 60 * 60 * 1000

/** Of several that are owed to a registration only the newest is sent; a call stands alone. */
const messageTopic = 'message'

/** How things stand for the account. */
export interface World {
  readonly account: string
  /** The sessions that were handed it, and have not gone without an answer. */
  readonly readers: readonly Reader[]
  /** What is meant for one session alone: those that are online, handed it or not. */
  readonly online: readonly Reader[]
  readonly others: OthersRule
  /** When it came, and what time it is. Milliseconds since 1970. */
  readonly at: number
  readonly now: number
  /** Who says it, or in whose name it is said, is in the account's roster. */
  readonly isKnown: boolean
  /** The call was taken back, or answered, or the room's message is what the account wrote itself. */
  readonly isOver: boolean
  /** Was told of this message of a room when it came to another session. */
  readonly wasTold: (registration: Registration) => boolean
}

export function decide(reading: Reading, registration: Registration, world: World): Decision {
  if (reading.matter === undefined) return { push: false, kind: reading.kind, why: reading.why }
  const { matter } = reading
  const why =
    whyNotNow(matter, world) ??
    whyNotOwn(matter, registration, world) ??
    whyNotWanted(matter, registration, world) ??
    whyNotBesideOthers(registration, world)
  if (why !== undefined) return { push: false, kind: matter.kind, why }
  const { kind, call, stanza } = matter
  return call === undefined
    ? { push: true, kind, topic: messageTopic, lifetimeMs }
    : { push: true, kind, topic: topicOf(stanza.from.bare, call.sid), lifetimeMs: callLifetimeMs }
}

/** Whoever it is for. */
function whyNotNow({ kind, stanza }: Matter, { at, now, isOver }: World): string | undefined {
  if (isOver) return kind === 'call' ? 'the call is over' : 'the account itself wrote it'
  if (kind === 'groupchat' && stanza.kind === 'message' && isOfPast(stanza, at)) return "it is of the room's past"
  if (kind !== 'call') return undefined
  return now - at >= callLifetimeMs || !isFresh(stanza, now) ? 'the call is too old to ring' : undefined
}

/** Its own client has it, or had its own copy of it. */
function whyNotOwn(matter: Matter, registration: Registration, world: World): string | undefined {
  const reader = ownAmong(world.readers, registration)
  if (reader !== undefined && !ringsByPush(matter, registration))
    return `its own client has it, as ${world.account}/${reader.resource}`
  if (matter.kind !== 'groupchat') return undefined
  const present = ownAmong(world.online, registration)
  if (present !== undefined)
    return `its own client is online, as ${world.account}/${present.resource}: a room writes to each client that is in it`
  return world.wasTold(registration) ? 'it is told of the copy for another client' : undefined
}

/** tigase:push:jingle:0: such a client is told of calls by push alone, wherever it is. */
function ringsByPush({ kind }: Matter, { rules }: Registration): boolean {
  return kind === 'call' && rules.jingle
}

function ownAmong(readers: readonly Reader[], { client }: Registration): Reader | undefined {
  return readers.find((reader) => isOwnClient(client, reader))
}

/** What its client said that it does not want. No reason names who sent it: the trace must not tell. */
function whyNotWanted(matter: Matter, registration: Registration, { isKnown }: World): string | undefined {
  const { rules } = registration
  const isMuted = speakersOf(matter).some((jid) => rules.muted.includes(jid))
  if (matter.kind === 'groupchat') return isMuted ? 'the room is muted' : whyNotRoom(matter, registration)
  if (isMuted) return 'its sender is muted'
  return rules.ignoreUnknown && !isKnown ? 'its sender is not in the roster' : undefined
}

/** Who says it, and in whose name. */
export function speakersOf({ stanza, inviter }: Matter): readonly string[] {
  const named = inviter === undefined ? undefined : jidOrUndefined(inviter)?.bare
  return named === undefined ? [stanza.from.bare] : [stanza.from.bare, named]
}

function whyNotRoom({ stanza, isOmemo }: Matter, { account, rules }: Registration): string | undefined {
  const room = stanza.from.bare
  const rule = rules.rooms?.find((one) => one.room === room)
  if (rule === undefined) return 'the room is not among those that it is told of'
  const { nick } = rule
  if (nick === undefined) return undefined
  const mentions = mentionsIn(stanza)
  if (mentions.refersTo({ account, room, nick })) return undefined
  const when = 'it is told of the room when its nick is mentioned'
  if (isOmemo) return `${when}, and an OMEMO message cannot be read`
  return mentions.names(nick) ? undefined : when
}

/** Others of the account have it. */
function whyNotBesideOthers(registration: Registration, { account, readers, others }: World): string | undefined {
  const present = readers.filter((reader) => !isOwnClient(registration.client, reader))
  const [first] = present
  if (first === undefined) return undefined
  switch (registration.rules.away ? 'away' : others) {
    case 'always':
      return undefined
    case 'away': {
      const awake = present.find(({ isAway }) => !isAway)
      return awake && `${account}/${awake.resource} is online, and not away`
    }
    case 'never':
      return `${account}/${first.resource} is online`
  }
}
