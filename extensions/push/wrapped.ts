// A message that brings another: a copy from the account's own server (XEP-0280), or a room's news for who is not in it (MUC/Sub).
// Only who may speak for the writer is believed; whatever anybody else wraps is judged by the words around it. Pure.

import { JidError } from '../../server/jid.js'
import { type Message, reviveStanza } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, child, type Element, serialize, XmlError } from '../../server/xml.js'

const CARBONS = 'urn:xmpp:carbons:2'
const FORWARD = 'urn:xmpp:forward:0'
const PUBSUB_EVENT = 'http://jabber.org/protocol/pubsub#event'
/** https://docs.ejabberd.im/developer/xmpp-clients-bots/extensions/muc-sub/ */
const ROOM_MESSAGES = 'urn:xmpp:mucsub:nodes:messages'
const CLIENT = 'jabber:client'

/** The message that is to be judged: the one that is brought, or the message itself. Undefined for a copy of what the account wrote. */
export function brought(message: Message, account: string): Message | undefined {
  if (message.from.full === account) {
    if (message.content.has('sent', CARBONS)) return undefined
    return carbon(message) ?? message
  }
  return newsOfRoom(message) ?? message
}

/** XEP-0280 §11: only from the own bare JID. A client of the account has a resource, and cannot leave it out. */
function carbon({ content }: Message): Message | undefined {
  const received = content.find('received', CARBONS)
  const forwarded = received && child(received, 'forwarded', FORWARD)
  return forwarded && messageIn(forwarded)
}

/** A room speaks for its own occupants alone. */
function newsOfRoom({ from, content }: Message): Message | undefined {
  if (from.resource !== undefined) return undefined
  const event = content.find('event', PUBSUB_EVENT)
  const items = event && child(event, 'items')
  if (items === undefined || attr(items, 'node') !== ROOM_MESSAGES) return undefined
  const item = child(items, 'item')
  const message = item && messageIn(item)
  return message?.type === 'groupchat' && message.from.bare === from.bare ? message : undefined
}

/** Undefined for what would be no message if it came by itself. */
function messageIn(parent: Element): Message | undefined {
  const inner = child(parent, 'message', CLIENT)
  if (inner === undefined) return undefined
  try {
    const stanza = reviveStanza(serialize(inner))
    return stanza.kind === 'message' ? stanza : undefined
  } catch (reason) {
    if (reason instanceof JidError || reason instanceof StanzaError || reason instanceof XmlError) return undefined
    throw reason
  }
}
