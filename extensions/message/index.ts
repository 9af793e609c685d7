// RFC 6121 §8: a message to an account of ours: which of its sessions, or nobody.

import { type Awaitable, andThen } from '../../server/awaitable.js'
import { type Context, defineExtension } from '../../server/extension.js'
import type { Message } from '../../server/stanza.js'
import { Delivery } from './delivery.js'
import { withoutForgedDelay } from './forged-delay.js'
import type {} from './hooks.js'
import { NS as STANZA_ID_NS, withoutForgedId } from './stanza-id.js'
import { unlessWanted } from './unless-wanted.js'
import { isWorthKeeping, isWorthTelling } from './worth-keeping.js'

export const message = defineExtension({
  name: 'message',
  xeps: ['XEP-0334 0.4.0', 'XEP-0359 0.7.0'],
  features: { account: [STANZA_ID_NS] },
  handlers: [{ kind: 'message', handle: receive }],
})

/** One turn of the account's mailbox: what comes while its messages are being handed over goes after them. */
function receive(given: Message, account: string, context: Context): Awaitable<void> {
  const received = withoutForgedDelay(withoutForgedId(given, account), account, context)
  if (isWorthKeeping(received) || isWorthTelling(received)) return new Delivery(received, account, context).start()
  return context.inMailbox(account, 'shared', () => pass(received, account, context))
}

/** What is worth nothing later goes to who is there now (RFC 6121 §8.5.2.1.1, §8.5.3.1). */
function pass(received: Message, account: string, context: Context): Awaitable<void> {
  const resource = received.to?.resource
  if (resource === undefined) return passToAccount(received, account, context)
  return andThen(context.deliver(account, received, { kind: 'resource', resource }), (taken) => {
    if (taken.length > 0) return delivered(received, account, taken, context)
    // RFC 6121 §8.5.3.2.1: chat and normal go as to the bare JID, the others nowhere.
    return received.type === 'headline' ? undefined : passToAccount(received, account, context)
  })
}

/** Its sender learns no more of who is there than from a message that is kept. */
function passToAccount(received: Message, account: string, context: Context): Awaitable<void> {
  if (received.type === 'groupchat') return unlessWanted(received, account, context)
  if (received.type === 'error') return undefined
  return andThen(context.deliver(account, received, { kind: 'non-negative' }), (taken) =>
    taken.length === 0 ? undefined : delivered(received, account, taken, context),
  )
}

function delivered(
  received: Message,
  account: string,
  resources: readonly string[],
  { hooks }: Context,
): Awaitable<void> {
  return hooks.notify('message:delivered', { account, message: received, resources })
}
