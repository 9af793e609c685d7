// What a message that has passed changes for push: a call that is over, one that nobody took, words of the account's own.

import type { Awaitable } from '../../server/awaitable.js'
import type { Notices } from '../../server/hooks.js'
import type { Jid } from '../../server/jid.js'
import type { DebtOfMessage } from '../../storage/messages.js'
import type {} from '../message/hooks.js'
import { callLifetimeMs, endedCall, proposedCall, topicOf } from './call.js'
import type { Known, PushContext } from './world.js'

/** No session took it: if it is a call, its caller may have to hear that nobody can be told of it. */
export function missed(
  { account, message, at }: Notices['message:missed'],
  { clock }: PushContext,
  { calls }: Known,
): void {
  const call = proposedCall(message)
  if (call === undefined || clock.now() - at >= callLifetimeMs) return
  const { from, to, id } = message
  const unreached = { account, caller: from.full, called: to?.full ?? account, sid: call.sid, id }
  calls.missed(topicOf(from.bare, call.sid), unreached, clock)
}

/**
 * What a message that has passed changes. The caller took the call back, or the account answered on another device: it need not
 * ring any more where it has not yet, and nobody else can say so. What the account writes to a room comes back to it.
 */
export function notePassed({ stanza }: Notices['stanza:routed'], context: PushContext, known: Known): Awaitable<void> {
  if (stanza.kind !== 'message' || stanza.to === undefined) return undefined
  if (stanza.type === 'groupchat' && context.isLocal(stanza.from.domain)) known.rooms.wrote(stanza, context.clock)
  const sid = endedCall(stanza)
  return sid === undefined ? undefined : quieten(sid, [stanza.from, stanza.to], context, known)
}

async function quieten(
  sid: string,
  [from, to]: readonly [from: Jid, to: Jid],
  context: PushContext,
  known: Known,
): Promise<void> {
  const sides = [
    { account: from, peer: to },
    { account: to, peer: from },
  ].filter(({ account }) => context.isLocal(account.domain))
  await Promise.all(sides.map(({ account, peer }) => end(account.bare, topicOf(peer.bare, sid), context, known)))
}

/** Nothing is owed to an account without registrations, and nothing need be written for it. */
async function end(
  account: string,
  topic: string,
  context: PushContext,
  { registrations, calls }: Known,
): Promise<void> {
  const { stores, hooks, clock } = context
  calls.ended(account, topic, clock)
  const active = await registrations.of(account, stores.push)
  if (active.length === 0) return
  const gone = await stores.messages.withdraw(account, topic)
  await hooks.notify('push:withdrawn', { account, topic })
  await drop(gone, 'the call is over', context)
}

/** They were owed, and need not be told any more. */
export async function drop(debts: readonly DebtOfMessage[], why: string, context: PushContext): Promise<void> {
  const at = context.clock.now()
  for (const debt of debts) await context.hooks.notify('push:outcome', { debt, at, outcome: { kind: 'dropped', why } })
}
