// Who is owed a push: for a message on its way, for a request.

import { randomUUID } from 'node:crypto'
import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { Claims, Folds, Notices } from '../../server/hooks.js'
import { writeStanza } from '../../server/stanza.js'
import type { NewDebt } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import type {} from '../message/hooks.js'
import type {} from '../roster/hooks.js'
import { decide, type World } from './decide.js'
import { type Matter, read, type Reading } from './trigger.js'
import { type Asked, type Known, type PushContext, worldOf } from './world.js'

/** Synchronous, and without a look at the message, for an account that has no registrations. */
export function whoIsOwed(
  debts: readonly NewDebt[],
  letter: Folds['message:debts']['subject'],
  context: PushContext,
  known: Known,
): Awaitable<readonly NewDebt[]> {
  return andThen(known.registrations.of(letter.account, context.stores.push), (active) => {
    if (active.length === 0) return debts
    const untold = active.filter((registration) => !isAmong(letter.before, registration))
    if (untold.length === 0) return debts
    const { account, id, at, message: stanza, handed } = letter
    const owed = owedFor({ account, id, at, stanza, handed }, untold, context, known)
    return andThen(owed, (more) => (more.length === 0 ? debts : [...debts, ...more]))
  })
}

/** A request for a subscription is kept for the push alone: the roster keeps it for its readers, and asks them until one answers. */
export async function whoIsOwedARequest(
  { account, request: stanza }: Notices['subscription:requested'],
  context: PushContext,
  known: Known,
): Promise<void> {
  const active = await known.registrations.of(account, context.stores.push)
  if (active.length === 0) return
  const kept = { id: randomUUID(), xml: writeStanza(stanza), at: context.clock.now(), waiting: false }
  const debts = await owedFor({ ...kept, account, stanza, handed: undefined }, active, context, known)
  if (debts.length === 0) return
  const owed = await context.stores.messages.keep(account, kept, debts, 0)
  if (owed !== undefined && owed.length > 0) await context.hooks.notify('debts:kept', { account, stanza, debts: owed })
}

/** Whether a registration of the account is told of what the room says, or may be. */
export function isWanted(
  { account, message }: Claims['message:wanted'],
  { stores }: PushContext,
  { registrations }: Known,
): Awaitable<boolean> {
  return andThen(registrations.of(account, stores.push), (active) =>
    active.some(({ rules }) => rules.rooms?.some(({ room }) => room === message.from.bare) === true),
  )
}

function owedFor(
  asked: Asked,
  untold: readonly Registration[],
  context: PushContext,
  known: Known,
): Awaitable<readonly NewDebt[]> {
  const reading = read(asked.stanza, asked.account)
  const world = worldOf(asked, reading, untold, context, known)
  return andThen(world, (world) => tell(asked, reading, untold, world, context, known))
}

/** Each decision is told of; those that are owed one are remembered with what they are owed. */
function tell(
  { id, at }: Asked,
  reading: Reading,
  untold: readonly Registration[],
  world: World,
  context: PushContext,
  known: Known,
): readonly NewDebt[] {
  return untold.flatMap((registration) => {
    const decision = decide(reading, registration, world)
    void context.hooks.notify('push:decided', { registration, id, at: world.now, decision })
    if (!decision.push) return []
    const debt = debtOf(registration, decision.topic, at, decision.lifetimeMs)
    remember(debt, registration, reading.matter, context, known)
    return [debt]
  })
}

function debtOf({ account, service, node }: Registration, topic: string, at: number, lifetimeMs: number): NewDebt {
  return { account, service, node, topic, at, expires: at + lifetimeMs }
}

function remember(
  debt: NewDebt,
  registration: Registration,
  matter: Matter | undefined,
  { clock }: PushContext,
  { calls, rooms }: Known,
): void {
  if (matter?.kind === 'call' && debt.topic !== undefined) calls.owes(debt, debt.topic)
  if (matter?.kind === 'groupchat' && matter.stanza.kind === 'message') rooms.told(registration, matter.stanza, clock)
}

function isAmong(debts: readonly NewDebt[], { service, node }: Registration): boolean {
  return debts.some((debt) => debt.service === service && debt.node === node)
}
