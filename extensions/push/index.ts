// XEP-0357: who is to be told of what they have not been handed, and the way of each push to its service.

import type { Config } from '../../server/config.js'
import { defineExtension } from '../../server/extension.js'
import type { Notices } from '../../server/hooks.js'
import type {} from '../message/hooks.js'
import type {} from '../roster/hooks.js'
import { isOwnClient } from './audience.js'
import { isCallTopic } from './call.js'
import { Calls } from './calls.js'
import { disable, enable } from './enable.js'
import { Goodbyes } from './goodbye.js'
import type { UnreachedCall } from './hooks.js'
import { NS } from './notification.js'
import { Outbox, type OutboxOptions } from './outbox.js'
import { isWanted, whoIsOwed, whoIsOwedARequest } from './owed.js'
import { drop, missed, notePassed } from './passed.js'
import { ActiveRegistrations } from './registrations.js'
import { Rooms } from './rooms.js'
import { testPush } from './test-notification.js'
import type { Known, PushContext } from './world.js'

export type PushOptions = OutboxOptions & Pick<Config['push'], 'whenOthersOnline' | 'maxRegistrations'>

export const push = ({ whenOthersOnline, maxRegistrations, ...outgoing }: PushOptions) => {
  const registrations = new ActiveRegistrations()
  let unreached: (call: UnreachedCall) => void = () => undefined
  const calls = new Calls((call) => unreached(call))
  const known: Known = { registrations, calls, rooms: new Rooms(), others: whenOthersOnline }
  const goodbyes = new Goodbyes()
  let outbox: Outbox | undefined
  const changed = ({ account }: { readonly account: string }): void => registrations.changed(account)
  return defineExtension({
    name: 'push',
    xeps: ['XEP-0357 0.4.1'],
    requires: ['message', 'offline', 'roster'],
    stores: ['push', 'messages', 'roster'],
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
      'message:debts': (debts, letter, context) => whoIsOwed(debts, letter, context, known),
      'message:wanted': (asked, context) => isWanted(asked, context, known),
      'message:missed': (letter, context) => missed(letter, context, known),
      'subscription:requested': (asked, context) => whoIsOwedARequest(asked, context, known),
      'stanza:routed': (routed, context) => notePassed(routed, context, known),
      'push:outcome': ({ debt, outcome }) => {
        if (isCallTopic(debt.topic)) calls.outcome(debt, outcome)
      },
      'debts:kept': (kept) => outbox?.kept(kept),
      'metrics:collect': (metrics) => [...metrics, ...(outbox?.metrics() ?? [])],
      'component:connected': ({ domain }) => outbox?.connected(domain),
      'component:disconnected': ({ domain }) => outbox?.disconnected(domain),
      'messages:collected': (read, context) => {
        calls.collected(read.account)
        return collected(read, context)
      },
      'push:disabled': ({ registration }) => changed(registration),
      'push:removed': ({ registration }) => changed(registration),
      'account:remove': ({ account }, context) => goodbyes.prepare(account, context),
      'account:removed': ({ account }, context) => {
        registrations.changed(account)
        goodbyes.say(account, context)
      },
      'push:test': (tests, asked, context) => testPush(tests, asked, context, outgoing.plain),
    },
    start: (context) => {
      unreached = (call) => void context.hooks.notify('call:unreached', call)
      outbox = new Outbox(context, outgoing, { registrations, calls })
      outbox.start()
    },
    stop: () => {
      calls.stop()
      known.rooms.clear()
      outbox?.stop()
    },
  })
}

/** A client that has its messages needs to be told of none of them; what the others are owed they still are. */
async function collected(
  { account, resource, userAgent, upTo }: Notices['messages:collected'],
  context: PushContext,
): Promise<void> {
  const { stores } = context
  const registrations = await stores.push.of(account)
  if (registrations.length === 0) return
  const own = registrations.filter(({ client }) => isOwnClient(client, { resource, userAgent }))
  const names = own.map(({ service, node }) => ({ service, node }))
  await drop(await stores.messages.collected(account, names, upTo), 'its client has collected the messages', context)
}
