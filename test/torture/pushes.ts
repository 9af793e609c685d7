// Which pushes are owed, and what became of them. Pure.
//
// A push is owed to a registration for each acknowledged message that makes one, unless its own client may have been handed it, or
// may have collected what was waiting since. It was on disk before the acknowledgement, whoever else had the message. A message that is
// certain (certain.ts) is owed a push even if its own client may have been handed it, as long as that has never answered.
// It went out when the service answered `result` to a publish for this
// message, or to one for a message that is not older: of several that wait only the newest is sent (contract §4.4).

import { isAcknowledged, overlaps } from './certain.js'
import type { Ledger, Message, Publish, Registration, Session } from './ledger.js'
import { makesPush } from './messages.js'

/** A debt on the disk, as far as it matters here. */
export interface Waiting {
  readonly registration: Registration
  readonly message: Message | undefined
}

export interface Sheet {
  readonly registration: Registration
  /** In the order of their acknowledgement. */
  readonly owed: readonly Message[]
  readonly publishes: readonly Publish[]
}

export function sheetsOf(ledger: Ledger, certain: ReadonlySet<Message>): readonly Sheet[] {
  return ledger.registrations.map((registration) => ({
    registration,
    owed: owedTo(registration, ledger, certain),
    publishes: ledger.publishes.filter((publish) => publish.registration === registration),
  }))
}

function owedTo(registration: Registration, ledger: Ledger, certain: ReadonlySet<Message>): readonly Message[] {
  const since = enabledSince(registration)
  const own = ledger.sessions.filter(
    ({ account, resource }) => account === registration.account && resource === registration.resource,
  )
  return writtenTo(registration, ledger)
    .filter((message) => isAcknowledged(message) && message.sent >= since)
    .filter((message) => !own.some((session) => mayKnow(session, message, certain.has(message), ledger)))
    .sort((one, other) => (one.acknowledged ?? 0) - (other.acknowledged ?? 0))
}

function writtenTo({ account }: Registration, { messages }: Ledger): readonly Message[] {
  return [...messages.values()].filter(({ to, kind }) => to === account && makesPush(kind))
}

/** Since when it has been there without a break: what was owed before went with it. */
function enabledSince({ changes }: Registration): number {
  const last = changes.findLastIndex(({ kind }) => kind === 'none')
  return changes.slice(last + 1).find(({ done }) => done !== undefined)?.done ?? Infinity
}

/** The client of the registration has the message, may be in the middle of getting it, or may have collected what waited. */
function mayKnow(session: Session, message: Message, isCertain: boolean, { kills }: Ledger): boolean {
  const killed = kills.get(session.life)
  if (message.readers.has(session)) return true
  if (!isCertain && overlaps(session, message, killed)) return true
  // One that never answered has collected nothing.
  return session.reachable && session.hasAnswered && (session.over ?? killed ?? Infinity) >= message.sent
}

/** The latest time at which the message of this push may have been kept. */
function latest(message: Message | undefined, otherwise: number, { kills }: Ledger): number {
  return message === undefined ? otherwise : (message.acknowledged ?? kills.get(message.life) ?? Infinity)
}

/** Owed, not published, and not waiting on the disk either. */
export function missing(
  { registration, owed, publishes }: Sheet,
  waiting: readonly Waiting[],
  ledger: Ledger,
): readonly Message[] {
  const told = publishes.filter(({ answer }) => answer?.kind === 'result')
  const times = [
    ...told.map((publish) => latest(ledger.messageOf(publish), publish.at, ledger)),
    ...waiting.flatMap((debt) => (debt.registration === registration ? latest(debt.message, Infinity, ledger) : [])),
  ]
  const newest = times.reduce((one, other) => Math.max(one, other), -Infinity)
  return owed.filter(({ sent }) => sent > newest)
}

/** `unread` is at least what is known to be owed since somebody last collected, and at most all that was ever written. */
export function miscounted({ registration, owed, publishes }: Sheet, ledger: Ledger): readonly string[] {
  const sent = writtenTo(registration, ledger)
    .map((message) => message.sent)
    .sort((one, other) => one - other)
  return publishes.flatMap((publish) => {
    const message = ledger.messageOf(publish)
    if (message !== undefined && (message.to !== registration.account || !makesPush(message.kind)))
      return `${registration.node} got a push for ${message.token}, which makes none there`
    const least = message === undefined ? 1 : leastUnread(message, registration, owed, ledger)
    const most = rank(sent, publish.at)
    if (publish.unread >= least && publish.unread <= most) return []
    return `${registration.node} was told of ${publish.unread} unread with ${message?.token ?? 'a message'}, not of ${least} to ${most}`
  })
}

function leastUnread(message: Message, { account }: Registration, owed: readonly Message[], ledger: Ledger): number {
  const reset = lastCollected(account, message.life, ledger)
  return (
    1 +
    owed.filter((other) => other !== message && other.life > reset && (other.acknowledged ?? Infinity) < message.sent)
      .length
  )
}

/** The last life up to this one in which somebody may have collected what waited for the account. */
function lastCollected(account: string, upTo: number, { sessions }: Ledger): number {
  const collectors = sessions.filter(
    (session) => session.account === account && session.life <= upTo && session.reachable && session.hasAnswered,
  )
  return collectors.reduce((last, { life }) => Math.max(last, life), -Infinity)
}

/** Where nobody has collected since: the last push has counted all that was owed. */
export function uncounted({ registration, owed, publishes }: Sheet, ledger: Ledger): string | undefined {
  const reset = lastCollected(registration.account, Infinity, ledger)
  const count = owed.filter(({ life }) => life > reset).length
  const told = publishes.filter(({ life, answer }) => life > reset && answer?.kind === 'result')
  const most = told.reduce((highest, { unread }) => Math.max(highest, unread), 0)
  return most >= count ? undefined : `${registration.node} was told of ${most} unread at most, and was owed ${count}`
}

/** How many of the sorted numbers are not above `limit`. */
function rank(sorted: readonly number[], limit: number): number {
  const above = sorted.findIndex((number) => number > limit)
  return above === -1 ? sorted.length : above
}
