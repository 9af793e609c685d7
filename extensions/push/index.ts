// XEP-0357: who is to be told when nobody is there to take a message, and the way of each push to its service.

import type { Config } from '../../server/config.js'
import { type Context, defineExtension } from '../../server/extension.js'
import type { Folds, Notices } from '../../server/hooks.js'
import type { NewDebt } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import type {} from '../message/hooks.js'
import { disable, enable } from './enable.js'
import type {} from './hooks.js'
import { NS } from './notification.js'
import { Outbox } from './outbox.js'
import { verdictOn } from './trigger.js'

type PushContext = Context<'push' | 'messages'>

/** A push is worth nothing any more after a day. */
const lifetimeMs = 24 * 60 * 60 * 1000

export type PushOptions = Pick<Config['push'], 'plain' | 'maxRegistrations'>

export const push = ({ plain, maxRegistrations }: PushOptions) => {
  let outbox: Outbox | undefined
  const wake = (): void => outbox?.wake()
  return defineExtension({
    name: 'push',
    xeps: ['XEP-0357 0.4.1'],
    requires: ['message', 'offline'],
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
  if (!verdictOn(message).push) return debts
  const registrations = await stores.push.of(account)
  const owed = registrations.filter(({ state }) => state === 'active')
  return [
    ...debts,
    ...owed.map(({ service, node }) => ({ account, service, node, topic: 'message', at, expires: at + lifetimeMs })),
  ]
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
