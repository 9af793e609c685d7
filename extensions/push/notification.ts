// What a push tells (XEP-0357 §7, tigase:push:encrypt:0 §4.4): the summary, its form, and the publish. Pure.

import type { Config } from '../../server/config.js'
import { el, type Element, parse } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import type { Outgoing, Summary } from './hooks.js'
import { bodyOf, isOmemo } from './trigger.js'

export const NS = 'urn:xmpp:push:0'
const SUMMARY = 'urn:xmpp:push:summary'
const FORM = 'jabber:x:data'
const PUBSUB = 'http://jabber.org/protocol/pubsub'

/** What a person reads where the text itself cannot be told. */
export const encryptedMessage = 'New encrypted message'

export type Plain = Config['push']['plain']

/** A `normal` message is a `chat`: readers know no other word for it. */
export function describe({ message, debt }: Outgoing): Summary {
  const body = isOmemo(message) ? undefined : bodyOf(message)
  return {
    unread: debt.unread,
    sender: message.from.bare,
    type: 'chat',
    message: body ?? encryptedMessage,
    isWritten: body !== undefined,
    nickname: undefined,
    id: debt.message,
    omemo: [],
  }
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
