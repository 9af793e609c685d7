// XEP-0357: who is to be told of what they have not been handed, and the way of each push to its service.

import type { Config } from '../../server/config.js'
import { type Context, defineExtension } from '../../server/extension.js'
import type { Notices } from '../../server/hooks.js'
import type {} from '../message/hooks.js'
import type {} from '../roster/hooks.js'
import { isOwnClient } from './audience.js'
import { disable, enable } from './enable.js'
import type {} from './hooks.js'
import { NS } from './notification.js'
import { Outbox, type OutboxOptions } from './outbox.js'
import { quieten, whoIsOwed, whoIsOwedARequest } from './owed.js'
import { ActiveRegistrations } from './registrations.js'

type PushContext = Context<'push' | 'messages'>

export type PushOptions = OutboxOptions & Pick<Config['push'], 'whenOthersOnline' | 'maxRegistrations'>

export const push = ({ whenOthersOnline, maxRegistrations, ...outgoing }: PushOptions) => {
  const registrations = new ActiveRegistrations()
  let outbox: Outbox | undefined
  const changed = ({ account }: { readonly account: string }): void => registrations.changed(account)
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
        handle: (request, context) =>
          enable(request, maxRegistrations, context).finally(() => changed({ account: request.from.bare })),
      },
      {
        kind: 'iq-set',
        to: 'own-account',
        namespace: NS,
        name: 'disable',
        handle: (request, context) => disable(request, context).finally(() => changed({ account: request.from.bare })),
      },
    ],
    on: {
      'message:debts': (debts, letter, context) => whoIsOwed(debts, letter, context, registrations, whenOthersOnline),
      'subscription:requested': (asked, context) => whoIsOwedARequest(asked, context, registrations, whenOthersOnline),
      'stanza:routed': (routed, context) => quieten(routed, context, registrations),
      'debts:kept': () => outbox?.kept(),
      'component:connected': () => outbox?.wake(),
      'messages:collected': collected,
      'push:disabled': ({ registration }) => changed(registration),
      'account:removed': changed,
    },
    start: (context) => {
      outbox = new Outbox(context, outgoing)
      outbox.wake()
    },
    stop: () => outbox?.stop(),
  })
}

/** A client that has its messages needs to be told of none of them; what the others are owed they still are. */
async function collected(
  { account, resource, userAgent, upTo }: Notices['messages:collected'],
  { stores }: PushContext,
): Promise<void> {
  const registrations = await stores.push.of(account)
  if (registrations.length === 0) return
  const own = registrations.filter(({ client }) => isOwnClient(client, { resource, userAgent }))
  await stores.messages.collected(
    account,
    own.map(({ service, node }) => ({ service, node })),
    upTo,
  )
}
