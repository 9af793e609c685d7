// RFC 6121 §8: a message to an account of ours: which of its sessions, or nobody.

import { randomUUID } from 'node:crypto'
import { type Awaitable, andThen } from '../../server/awaitable.js'
import { type Context, defineExtension, type DeliveryRule } from '../../server/extension.js'
import type { Message } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import type {} from './hooks.js'
import { NS as STANZA_ID_NS, stamped, withoutForgedId } from './stanza-id.js'

export const message = defineExtension({
  name: 'message',
  xeps: ['XEP-0359 0.7.0'],
  features: { account: [STANZA_ID_NS] },
  handlers: [{ kind: 'message', handle: receive }],
})

/** One turn of the account's mailbox: what comes while its messages are being handed over goes after them. */
function receive(given: Message, account: string, context: Context): Awaitable<void> {
  const received = withoutForgedId(given, account)
  return context.inMailbox(account, 'shared', () => deliver(received, account, context))
}

function deliver(received: Message, account: string, context: Context): Awaitable<void> {
  const resource = received.to?.resource
  if (resource === undefined) return deliverToAccount(received, account, context)
  return andThen(context.deliver(account, received, { kind: 'resource', resource }), (taken) =>
    taken.length > 0 ? delivered(received, account, taken, context) : deliverToGone(received, account, context),
  )
}

/** RFC 6121 §8.5.3.2.1: to a resource that is gone, chat and normal go as to the bare JID, the others nowhere. */
function deliverToGone(received: Message, account: string, context: Context): Awaitable<void> {
  switch (received.type) {
    case 'chat':
    case 'normal':
      return deliverToAccount(received, account, context)
    case 'groupchat':
      throw new StanzaError('service-unavailable')
    case 'headline':
    case 'error':
      return undefined
  }
}

/** RFC 6121 §8.5.2.1.1. Where it leaves a choice, chat and normal go to every session that takes messages. */
function deliverToAccount(received: Message, account: string, context: Context): Awaitable<void> {
  if (received.type === 'groupchat') throw new StanzaError('service-unavailable')
  if (received.type === 'error') return undefined
  const rule: DeliveryRule = { kind: 'non-negative' }
  return andThen(context.deliver(account, received, rule), (taken) => {
    if (taken.length > 0) return delivered(received, account, taken, context)
    return received.type === 'headline' ? undefined : keep(received, account, context)
  })
}

function delivered(
  received: Message,
  account: string,
  resources: readonly string[],
  context: Context,
): Awaitable<void> {
  return context.hooks.notify('message:delivered', { account, message: received, resources })
}

/** Nobody is there to take it: it is kept with the pushes owed for it, in one step, or refused. */
async function keep(received: Message, account: string, { clock, hooks }: Context): Promise<void> {
  const id = randomUUID()
  const undelivered = { account, id, at: clock.now(), message: stamped(received, account, id) }
  const debts = await hooks.fold('message:debts', [], undelivered)
  const kept = await hooks.claim('message:keep', { ...undelivered, debts })
  if (!kept) throw new StanzaError('service-unavailable')
  if (debts.length > 0) await hooks.notify('debts:kept', { account })
}
