// A client is told that a registration of its own has ended, and why: when it comes online, or at once while it is here.

import { randomUUID } from 'node:crypto'
import { type Context, defineExtension } from '../server/extension.js'
import type { Notices } from '../server/hooks.js'
import type { Jid } from '../server/jid.js'
import { Lanes } from '../server/lanes.js'
import { Content, type Message } from '../server/stanza.js'
import { el, type Element } from '../server/xml.js'
import type { Registration } from '../storage/push.js'
import type {} from './presence/hooks.js'
import type {} from './push/hooks.js'

const NS = 'urn:sealpost:push:0'

type PushContext = Context<'push'>

export const pushNotices = () => {
  /** One session of an account after the other: what one has answered for, another of the same client need not hear. */
  const turns = new Lanes()
  const tell = (jid: Jid, context: PushContext): void =>
    context.later(async () => turns.run(jid.bare, () => tellClient(jid, context)))
  return defineExtension({
    name: 'push-notices',
    requires: ['presence', 'push'],
    stores: ['push'],
    on: {
      'presence:available': ({ jid, initial }, context) => {
        if (initial) tell(jid, context)
      },
      'push:disabled': async ({ registration }: Notices['push:disabled'], context) => {
        const available = await context.presenceOf(registration.account)
        for (const { jid } of available) tell(jid, context)
      },
    },
  })
}

/** It has been told when its side has answered for the message: a connection that dies meanwhile is told nothing. */
async function tellClient(jid: Jid, context: PushContext): Promise<void> {
  const { push } = context.stores
  const client = context.clientOf(jid)
  const ended = client === undefined ? [] : await push.untold(jid.bare, client)
  if (ended.length === 0) return
  await context.deliver(jid.bare, messageFor(jid, ended), { kind: 'resource', resource: jid.resource ?? '' })
  if (!(await context.answered(jid))) return
  for (const { account, service, node, created } of ended) await push.told(account, service, node, created)
}

/** A headline: nobody keeps it, it comes again until somebody has it (RFC 6121 §5.2.2). */
function messageFor(jid: Jid, ended: readonly Registration[]): Message {
  const body = ended.map(sentenceFor).join('\n')
  return {
    kind: 'message',
    type: 'headline',
    from: jid.toBare(),
    to: jid,
    id: randomUUID(),
    lang: undefined,
    content: Content.of(el('body', {}, body), ...ended.map(registrationElement)),
  }
}

function registrationElement({ service, node, state, reason, disabledAt }: Registration): Element {
  return el('registration', {
    xmlns: NS,
    jid: service,
    node: node === '' ? undefined : node,
    state,
    reason,
    since: disabledAt === undefined ? undefined : new Date(disabledAt).toISOString(),
  })
}

function sentenceFor(registration: Registration): string {
  return `Push notifications by ${registration.service} have stopped: ${causeOf(registration)}. They start again when the app enables them.`
}

/** A service's words are the conditions of RFC 6120 §8.3.3, ours are others. */
function causeOf({ reason }: Registration): string {
  switch (reason) {
    case 'unused':
      return 'this app was not online for long'
    case 'key-used-up':
      return 'their key has sealed as many as one key may, and a new one is needed'
    case 'key-lost':
      return 'the server cannot read their key any more, and a new one is needed'
    case 'item-not-found':
    case 'gone':
      return `the service does not know this device any more (${reason})`
    default:
      return `the service refused them (${reason ?? 'undefined-condition'})`
  }
}
