// XEP-0357: who is to be told when nobody is there to take a message, and the way of each push to its service.

import { randomUUID } from 'node:crypto'
import type { Awaitable } from '../../server/awaitable.js'
import type { Config } from '../../server/config.js'
import { type Context, defineExtension } from '../../server/extension.js'
import type { Folds, Notices } from '../../server/hooks.js'
import { writeStanza } from '../../server/stanza.js'
import type { NewDebt } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import type {} from '../message/hooks.js'
import type {} from '../roster/hooks.js'
import { endedCall, proposedCall, topicOf } from './call.js'
import { disable, enable } from './enable.js'
import type {} from './hooks.js'
import { NS } from './notification.js'
import { Outbox } from './outbox.js'
import { verdictOn } from './trigger.js'

type PushContext = Context<'push' | 'messages'>

/** After this a push is worth nothing any more. */
const lifetimeMs = 24 * 60 * 60 * 1000
/** Nobody lets it ring longer. */
const callLifetimeMs = 30_000

export type PushOptions = Pick<Config['push'], 'plain' | 'maxRegistrations'>

export const push = ({ plain, maxRegistrations }: PushOptions) => {
  let outbox: Outbox | undefined
  const wake = (): void => outbox?.wake()
  return defineExtension({
    name: 'push',
    xeps: ['XEP-0357 0.4.1'],
    requires: ['message', 'offline', 'roster'],
    stores: ['push', 'messages'],
    features: { account: [NS] },
    handlers: [
      {
        kind: 'iq-set',
        to: 'own-account',
        namespace: NS,
        name: 'enable',
        handle: (request, context) => enable(request, maxRegistrations, context),
      },
      { kind: 'iq-set', to: 'own-account', namespace: NS, name: 'disable', handle: disable },
    ],
    on: {
      'message:debts': whoIsOwed,
      'subscription:requested': requested,
      'stanza:routed': quieten,
      'debts:kept': wake,
      'component:connected': wake,
      'messages:collected': collected,
    },
    start: (context) => {
      outbox = new Outbox(context, plain)
      outbox.wake()
    },
    stop: () => outbox?.stop(),
  })
}

/** Every active registration: nobody could take the message, so nobody's client was handed it. */
async function whoIsOwed(
  debts: readonly NewDebt[],
  { account, message, at }: Folds['message:debts']['subject'],
  { stores }: PushContext,
): Promise<readonly NewDebt[]> {
  const verdict = verdictOn(message, at)
  if (!verdict.push) return debts
  const call = verdict.kind === 'call' ? proposedCall(message) : undefined
  const owed =
    call === undefined
      ? { account, topic: 'message', at, expires: at + lifetimeMs }
      : { account, topic: topicOf(call.sid), at, expires: at + callLifetimeMs }
  return [...debts, ...(await active(account, stores)).map(({ service, node }) => ({ ...owed, service, node }))]
}

/** A request for a subscription that no session can take: kept for the push alone, the roster keeps the request itself. */
async function requested({ account, request }: Notices['subscription:requested'], context: PushContext): Promise<void> {
  const { stores, clock, hooks } = context
  const reachable = (await context.presenceOf(account)).some(({ priority }) => priority >= 0)
  const registrations = reachable ? [] : await active(account, stores)
  if (registrations.length === 0) return
  const at = clock.now()
  const owed = { account, topic: 'message', at, expires: at + lifetimeMs }
  const kept = { id: randomUUID(), xml: writeStanza(request), at, waiting: false }
  await stores.messages.keep(
    account,
    kept,
    registrations.map(({ service, node }) => ({ ...owed, service, node })),
    0,
  )
  await hooks.notify('debts:kept', { account })
}

async function active(
  account: string,
  { push: registrations }: PushContext['stores'],
): Promise<readonly Registration[]> {
  return (await registrations.of(account)).filter(({ state }) => state === 'active')
}

/** The caller took it back, or somebody answered on another device: it need not ring any more where it has not yet. */
function quieten({ stanza }: Notices['stanza:routed'], context: PushContext): Awaitable<void> {
  const sid = stanza.kind === 'message' ? endedCall(stanza) : undefined
  if (sid === undefined) return undefined
  const accounts = [stanza.from, stanza.to].flatMap((jid) =>
    jid !== undefined && context.isLocal(jid.domain) ? jid.bare : [],
  )
  return Promise.all(accounts.map((account) => context.stores.messages.withdraw(account, topicOf(sid)))).then(
    () => undefined,
  )
}

/** A client that has its messages needs to be told of none of them; what the others are owed they still are. */
async function collected(
  { account, resource, userAgent }: Notices['messages:collected'],
  { stores }: PushContext,
): Promise<void> {
  const registrations = await stores.push.of(account)
  if (registrations.length === 0) return
  const own = registrations.filter(({ client }) => isSameClient(client, resource, userAgent))
  await stores.messages.collected(
    account,
    own.map(({ service, node }) => ({ service, node })),
  )
}

function isSameClient(client: Registration['client'], resource: string, userAgent: string | undefined): boolean {
  return client.resource === resource || (userAgent !== undefined && client.userAgent === userAgent)
}
