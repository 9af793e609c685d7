// Who is owed a push: for a message on its way, for a request; and what is owed no longer.

import { randomUUID } from 'node:crypto'
import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { Available, Context } from '../../server/extension.js'
import type { Folds, Notices } from '../../server/hooks.js'
import { CLIENT_NS, type Message, writeStanza } from '../../server/stanza.js'
import type { NewDebt } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import type {} from '../message/hooks.js'
import type {} from '../roster/hooks.js'
import { isForIt, type OthersRule, type Reader } from './audience.js'
import { endedCall, proposedCall, topicOf } from './call.js'
import type { ActiveRegistrations } from './registrations.js'
import { verdictOn } from './trigger.js'

type PushContext = Context<'push' | 'messages'>

/** After this a push is worth nothing any more. */
const lifetimeMs = 24 * 60 * 60 * 1000
/** Nobody lets it ring longer. */
const callLifetimeMs = 30_000

/** Synchronous, and without a look at the message, for an account that has no registrations. */
export function whoIsOwed(
  debts: readonly NewDebt[],
  letter: Folds['message:debts']['subject'],
  context: PushContext,
  registrations: ActiveRegistrations,
  others: OthersRule,
): Awaitable<readonly NewDebt[]> {
  return andThen(registrations.of(letter.account, context.stores.push), (active) => {
    const untold = active.filter((registration) => !isAmong(letter.before, registration))
    if (untold.length === 0) return debts
    const verdict = verdictOn(letter.message, letter.at)
    if (!verdict.push) return debts
    return andThen(context.presenceOf(letter.account), (available) => {
      const readers = letter.handed.map((resource) => readerOf(resource, available))
      const owed = untold.filter((registration) => isForIt(registration, readers, others))
      return [...debts, ...owed.map((registration) => debtFor(registration, letter))]
    })
  })
}

/** A request for a subscription is kept for the push alone: the roster keeps it for its readers, and asks them until one answers. */
export async function whoIsOwedARequest(
  { account, request }: Notices['subscription:requested'],
  context: PushContext,
  registrations: ActiveRegistrations,
  others: OthersRule,
): Promise<void> {
  const active = await registrations.of(account, context.stores.push)
  if (active.length === 0) return
  const available = await context.presenceOf(account)
  const readers = available.map(({ jid }) => readerOf(jid.resource ?? '', available))
  const owed = active.filter((registration) => isForIt(registration, readers, others))
  if (owed.length === 0) return
  const at = context.clock.now()
  const debts = owed.map((registration) => newDebt(registration, 'message', at, lifetimeMs))
  const kept = { id: randomUUID(), xml: writeStanza(request), at, waiting: false }
  await context.stores.messages.keep(account, kept, debts, 0)
  await context.hooks.notify('debts:kept', { account })
}

/** The caller took it back, or the account answered on another device: it need not ring any more where it has not yet. Nobody else can say so. */
export function quieten(
  { stanza }: Notices['stanza:routed'],
  context: PushContext,
  registrations: ActiveRegistrations,
): Awaitable<void> {
  const sid = stanza.kind === 'message' ? endedCall(stanza) : undefined
  if (sid === undefined) return undefined
  const { from, to } = stanza
  if (to === undefined) return undefined
  return each([from, to], (account) => {
    if (!context.isLocal(account.domain)) return undefined
    const peer = account === from ? to : from
    return withdraw(account.bare, topicOf(peer.bare, sid), context, registrations)
  })
}

async function each<T>(list: readonly T[], work: (one: T) => Awaitable<void>): Promise<void> {
  for (const one of list) await work(one)
}

/** Nothing is owed to an account without registrations, and nothing need be written for it. */
function withdraw(
  account: string,
  topic: string,
  { stores }: PushContext,
  registrations: ActiveRegistrations,
): Awaitable<void> {
  return andThen(registrations.of(account, stores.push), (active) =>
    active.length === 0 ? undefined : stores.messages.withdraw(account, topic),
  )
}

function debtFor(
  registration: Registration,
  { message, at }: { readonly message: Message; readonly at: number },
): NewDebt {
  const call = proposedCall(message)
  return call === undefined
    ? newDebt(registration, 'message', at, lifetimeMs)
    : newDebt(registration, topicOf(message.from.bare, call.sid), at, callLifetimeMs)
}

function newDebt({ account, service, node }: Registration, topic: string, at: number, lifetime: number): NewDebt {
  return { account, service, node, topic, at, expires: at + lifetime }
}

function isAmong(debts: readonly NewDebt[], { service, node }: Registration): boolean {
  return debts.some((debt) => debt.service === service && debt.node === node)
}

/** A session that is not available was handed what was for it alone; it has not said that it is away. */
function readerOf(resource: string, available: readonly Available[]): Reader {
  const presence = available.find(({ jid }) => jid.resource === resource)?.presence
  const show = presence?.content.find('show', CLIENT_NS)?.getText()
  return { resource, userAgent: undefined, isAway: show === 'away' || show === 'xa' }
}
