// Of which messages the server may be asked where they are. Pure.
//
// An acknowledged message is on disk, or it was handed over. What was handed over touches no disk until its reader has failed to
// answer for it (contract §4.2), so a kill just then may take it: nobody promised otherwise. Such messages are left out, and no others:
//
// - those that a rude session may have been handed, unless each rude session of the account was over and dealt with before the kill;
// - those that any session may have been handed in the last moment before it.

import type { Ledger, Message, Session } from './ledger.js'
import { isKept } from './messages.js'

/** What was written to a reader who reads has been read after this long. Milliseconds. */
export const momentMs = 100

/** @returns the messages of this life that must not be lost; `killed` is undefined for a life that nobody ended */
export function certainOf(ledger: Ledger, life: number, killed: number | undefined): readonly Message[] {
  const all = [...ledger.messages.values()].filter((message) => message.life === life)
  const acknowledged = all.filter(isAcknowledged)
  if (killed === undefined) return acknowledged
  const sessions = ledger.sessions.filter((session) => session.life === life)
  return acknowledged.filter((message) => {
    const own = sessions.filter(({ account }) => account === message.to)
    return !mayBeInHand(message, killed, own, all)
  })
}

/** What was promised to be kept or handed over. */
export function isAcknowledged({ kind, acknowledged, refused }: Message): boolean {
  return acknowledged !== undefined && refused === undefined && isKept(kind)
}

function mayBeInHand(message: Message, killed: number, own: readonly Session[], all: readonly Message[]): boolean {
  const readers = own.filter((session) => overlaps(session, message, killed))
  if (readers.length === 0) return false
  if ((message.acknowledged ?? killed) > killed - momentMs) return true
  if (!readers.some(({ rude }) => rude)) return false
  // What one rude session left, the next may have been handed.
  return own.some((session) => session.rude && !wasDealtWith(session, killed - momentMs, own, all))
}

/** The session may have been handed the message. `killed` is when its life ended. */
export function overlaps(
  { from, over }: Session,
  { sent, acknowledged }: Message,
  killed: number | undefined,
): boolean {
  return from <= (acknowledged ?? Infinity) && (over ?? killed ?? Infinity) >= sent
}

/**
 * The same resource was bound again, which ends the session; and a message to the account that was sent after that is acknowledged:
 * what the session left behind came before it.
 */
function wasDealtWith(session: Session, before: number, own: readonly Session[], all: readonly Message[]): boolean {
  const bounds = own.flatMap(({ resource, from, bound }) =>
    resource === session.resource && from > session.from && bound !== undefined ? bound : [],
  )
  const ended = Math.min(...bounds)
  return all.some(
    (message) =>
      message.to === session.account &&
      message.sent > ended &&
      isAcknowledged(message) &&
      (message.acknowledged ?? before) < before,
  )
}
