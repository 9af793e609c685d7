// The command's way: choose, then see, test, or remove.

import type { Context } from '../../server/extension.js'
import { isDoneWithin } from '../../server/within.js'
import type { Given, Stage } from '../commands/hooks.js'
import type { PushTest } from '../push/hooks.js'
import { choiceForm, confirmForm, registrationTable, type Shown, shownOf, testTable, waitingForm } from './shown.js'
import type { TestLimit } from './test-limit.js'

/** How long the answer to the client may wait for those of the services. */
const patienceMs = 1000

export interface Desk {
  readonly account: string
  readonly limit: TestLimit
  readonly context: Context<'push' | 'omemo'>
}

export async function begin(desk: Desk): Promise<Stage> {
  const all = await allShown(desk)
  if (all.length === 0)
    return { kind: 'completed', notes: [{ type: 'info', text: 'There are no push registrations.' }] }
  return {
    kind: 'form',
    form: choiceForm(all),
    next: (given) => act(given, all, desk, confirm),
    complete: (given) => act(given, all, desk, remove),
  }
}

type Removal = (chosen: readonly Shown[], desk: Desk) => Stage | Promise<Stage>

/** Nothing chosen is all of them, but for removing. */
function act(given: Given, all: readonly Shown[], desk: Desk, removal: Removal): Stage | Promise<Stage> {
  const places = given.get('registrations') ?? []
  const chosen = all.filter((_, index) => places.includes(String(index + 1)))
  const meant = chosen.length === 0 ? all : chosen
  switch (given.get('action')?.[0]) {
    case 'test':
      return test(meant, desk)
    case 'remove':
      return chosen.length === 0 ? { kind: 'refused', text: 'choose what to remove' } : removal(chosen, desk)
    default:
      return { kind: 'completed', table: registrationTable(meant) }
  }
}

function confirm(chosen: readonly Shown[], desk: Desk): Stage {
  return { kind: 'form', form: confirmForm(chosen), complete: () => remove(chosen, desk) }
}

/** What an app has enabled anew since it was shown is not what was meant. */
async function remove(chosen: readonly Shown[], desk: Desk): Promise<Stage> {
  let kept = 0
  for (const one of chosen) if (!(await removeOne(one, desk))) kept += 1
  return { kind: 'completed', notes: removalNotes(chosen.length - kept, kept) }
}

/** False when there is another in its place. */
async function removeOne({ service, node, created }: Shown, { account, context }: Desk): Promise<boolean> {
  const { push } = context.stores
  const registration = await push.find(account, service, node)
  if (registration === undefined) return true
  if (!(await push.remove(account, service, node, created))) return false
  await context.hooks.notify('push:removed', { registration })
  return true
}

function removalNotes(removed: number, kept: number): NonNullable<Extract<Stage, { kind: 'completed' }>['notes']> {
  const done = { type: 'info', text: `Removed: ${removed}.` } as const
  const left = { type: 'warn', text: `Enabled again meanwhile, and kept: ${kept}.` } as const
  return kept === 0 ? [done] : [done, left]
}

/** A silent service is not waited for: who wants to know looks again. @throws StanzaError `resource-constraint` */
async function test(chosen: readonly Shown[], { account, limit, context }: Desk): Promise<Stage> {
  limit.take(account, context.clock.now())
  const answered = Promise.all(chosen.map((one) => testOne(one, account, context)))
  context.later(async () => {
    await answered
  })
  const look = async (): Promise<Stage> => {
    if (!(await isDoneWithin(answered, patienceMs))) return waiting
    return { kind: 'completed', table: testTable(chosen, (await answered).flat()) }
  }
  const waiting: Stage = { kind: 'form', form: waitingForm, next: look }
  return look()
}

function testOne({ service, node }: Shown, account: string, { hooks }: Desk['context']): Promise<readonly PushTest[]> {
  return Promise.resolve(hooks.fold('push:test', [], { account, only: { service, node } }))
}

async function allShown({ account, context }: Desk): Promise<readonly Shown[]> {
  const { push, omemo } = context.stores
  const [registrations, devices] = await Promise.all([push.of(account), omemo.devices(account)])
  return registrations.map((registration) => shownOf(registration, devices))
}
