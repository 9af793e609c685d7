// What a push tells (XEP-0357 §7, tigase:push:encrypt:0 §4.4): the summary, its form, and the publish. Pure.

import type { Config } from '../../server/config.js'
import { el, type Element, parse } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import { proposedCall } from './call.js'
import type { Outgoing, Summary } from './hooks.js'
import { bodyOf, kindOf } from './trigger.js'

export const NS = 'urn:xmpp:push:0'
const SUMMARY = 'urn:xmpp:push:summary'
const FORM = 'jabber:x:data'
const PUBSUB = 'http://jabber.org/protocol/pubsub'

/** What a person reads where the text itself cannot be told. */
const sentences = {
  omemo: 'New encrypted message',
  call: 'Incoming call',
  invitation: 'You are invited to a room',
  request: 'Somebody wants to see when you are online',
  message: 'New message',
} as const

export type Plain = Config['push']['plain']

export function describe(outgoing: Outgoing): Summary {
  const { stanza, debt, registration } = outgoing
  if (stanza.kind === 'presence')
    return { ...plainly(outgoing, 'request'), type: subscribeFor(registration), id: undefined }
  const kind = kindOf(stanza)
  const call = kind === 'call' ? proposedCall(stanza) : undefined
  if (call !== undefined && call.media.length > 0) {
    const { sid, media } = call
    return { ...plainly(outgoing, 'call'), sender: stanza.from.full, type: 'call', sid, media, id: debt.message }
  }
  const body = kind === 'message' ? bodyOf(stanza) : undefined
  return body === undefined ? plainly(outgoing, kind) : { ...plainly(outgoing, kind), message: body, isWritten: true }
}

/** A `normal` message is a `chat`, and so is what rings in no way a reader knows: they have no other word for it. */
function plainly({ stanza, debt }: Outgoing, kind: keyof typeof sentences): Summary {
  return {
    unread: debt.unread,
    sender: stanza.from.bare,
    type: 'chat',
    message: sentences[kind],
    isWritten: false,
    nickname: undefined,
    sid: undefined,
    media: undefined,
    id: debt.message,
    omemo: [],
  }
}

/** Readers from before the OMEMO draft end with a crash on a type that they do not know. */
function subscribeFor({ omemoDevice }: Registration): 'subscribe' | undefined {
  return omemoDevice === undefined ? undefined : 'subscribe'
}

/** The notification of a registration that is not sealed: private unless the operator wants it otherwise. */
export function plainNotification(summary: Summary, plain: Plain): Element {
  const fields = [
    field('FORM_TYPE', SUMMARY, 'hidden'),
    field('message-count', String(summary.unread)),
    plain !== 'none' && field('last-message-sender', summary.sender),
    plain === 'body' && field('last-message-body', summary.message),
  ]
  return el('notification', { xmlns: NS }, el('x', { xmlns: FORM, type: 'submit' }, ...fields))
}

/** The payload of the iq to the service. An empty node is none. */
export function publishElement(notification: Element, item: string, registration: Registration): Element {
  const node = registration.node === '' ? undefined : registration.node
  const publish = el('publish', node === undefined ? {} : { node }, el('item', { id: item }, notification))
  const options = registration.publishOptions
  return el('pubsub', { xmlns: PUBSUB }, publish, options !== undefined && el('publish-options', {}, parse(options)))
}

function field(name: string, value: string, type?: string): Element {
  return el('field', { var: name, type }, el('value', {}, value))
}
