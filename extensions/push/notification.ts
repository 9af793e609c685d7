// What a push tells (XEP-0357 §7, tigase:push:encrypt:0 §4.4): the summary, its form, and the publish. Pure.

import type { Config } from '../../server/config.js'
import type { Message } from '../../server/stanza.js'
import { el, type Element, parse } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import type { Kind, Outgoing, Summary } from './hooks.js'
import { bodyOf, idInRoom, isFromOccupant, type Matter, read } from './trigger.js'

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
  groupchat: 'New message',
} as const satisfies Record<Kind, string>

export type Plain = Config['push']['plain']

export function describe(outgoing: Outgoing): Summary {
  const { matter } = read(outgoing.stanza, outgoing.registration.account)
  if (matter === undefined) return plainly(outgoing, 'message')
  const { kind, stanza, call } = matter
  const summary = plainly({ ...outgoing, stanza }, matter.isOmemo ? 'omemo' : kind)
  if (stanza.kind === 'presence') return { ...summary, type: subscribeFor(outgoing.registration), id: undefined }
  if (call !== undefined) return call.media.length === 0 ? summary : { ...summary, ...call, ...rings(stanza) }
  return { ...summary, ...wordsOf(matter, stanza), ...placeOf(matter, stanza) }
}

/** A call with no media that a reader knows of is told like a message. */
function rings({ from }: Message): Pick<Summary, 'sender' | 'type'> {
  return { sender: from.full, type: 'call' }
}

/** An invitation's own words are the inviter's, and not told. */
function wordsOf({ kind, isOmemo }: Matter, stanza: Message): Partial<Summary> {
  const body = isOmemo || kind === 'invitation' ? undefined : bodyOf(stanza)
  return body === undefined ? {} : { message: body, isWritten: true }
}

/** A room keeps its messages itself, under its own ids. Who speaks in it has a nick, and nothing else that a reader may know. */
function placeOf({ kind }: Matter, stanza: Message): Partial<Summary> {
  const nickname = stanza.from.resource
  if (kind === 'groupchat') return { type: 'groupchat', nickname, id: idInRoom(stanza) }
  return kind !== 'invitation' && isFromOccupant(stanza) ? { nickname } : {}
}

/** A `normal` message is a `chat`, and so is what rings in no way a reader knows: they have no other word for it. */
function plainly({ stanza, debt }: Outgoing, kind: Kind): Summary {
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
export function plainNotification(summary: Pick<Summary, 'unread' | 'sender' | 'message'>, plain: Plain): Element {
  const fields = [
    field('FORM_TYPE', SUMMARY, 'hidden'),
    field('message-count', String(summary.unread)),
    plain !== 'none' && field('last-message-sender', summary.sender),
    plain === 'body' && field('last-message-body', summary.message),
  ]
  return el('notification', { xmlns: NS }, el('x', { xmlns: FORM, type: 'submit' }, ...fields))
}

/** The payload of the iq to the service. An empty node is none. */
export function publishElement(
  notification: Element,
  item: string,
  registration: Pick<Registration, 'node' | 'publishOptions'>,
): Element {
  const node = registration.node === '' ? undefined : registration.node
  const publish = el('publish', node === undefined ? {} : { node }, el('item', { id: item }, notification))
  const options = registration.publishOptions
  return el('pubsub', { xmlns: PUBSUB }, publish, options !== undefined && el('publish-options', {}, parse(options)))
}

function field(name: string, value: string, type?: string): Element {
  return el('field', { var: name, type }, el('value', {}, value))
}
