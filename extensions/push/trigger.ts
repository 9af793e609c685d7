// What a person would want to know of, and what it is (docs/extensions/push.md). Pure: reads one stanza, and says why it is nothing.

import { jidOrUndefined } from '../../server/jid.js'
import type { Message, Presence } from '../../server/stanza.js'
import { attr, child, type Element } from '../../server/xml.js'
import { type Call, proposedCall } from './call.js'
import { firstOf } from './first-of.js'
import type { Kind } from './hooks.js'
import { brought } from './wrapped.js'

const HINTS = 'urn:xmpp:hints'
const DIRECT_INVITATION = 'jabber:x:conference'
const MUC_USER = 'http://jabber.org/protocol/muc#user'
const STANZA_ID = 'urn:xmpp:sid:0'
const OMEMO_NAMESPACES = ['eu.siacs.conversations.axolotl', 'urn:xmpp:omemo:2'] as const

/** Something that a person would want to know of. */
export interface Matter {
  readonly kind: Kind
  /** Who says it: the stanza itself, or the one that it brings (wrapped.ts). */
  readonly stanza: Message | Presence
  /** Its text is for its reader's eyes alone, whatever body it carries for those who cannot read it. */
  readonly isOmemo: boolean
  readonly call: Call | undefined
  /** The bare JID in whose name a room invites: the room says so. */
  readonly inviter: string | undefined
}

/** What a stanza is to the account that it is for. */
export type Reading =
  { readonly matter: Matter } | { readonly matter: undefined; readonly kind: Kind | undefined; readonly why: string }

export function read(stanza: Message | Presence, account: string): Reading {
  if (stanza.kind === 'presence') return readPresence(stanza)
  const found = brought(stanza, account)
  if (found === undefined) return nothing('the account itself wrote it, with another client')
  return [stanza, found].some(({ content }) => content.has('no-store', HINTS))
    ? nothing('it asks not to be kept')
    : readMessage(found)
}

/** What is to be told of: the stanza itself, or the one that it brings. */
export function said(stanza: Message | Presence, account: string): Message | Presence {
  return stanza.kind === 'message' ? (brought(stanza, account) ?? stanza) : stanza
}

/** The text that a person wrote, if there is any. */
export function bodyOf({ content }: Pick<Message, 'content'>): string | undefined {
  const body = content.find('body', 'jabber:client')?.getText()
  return body === '' ? undefined : body
}

/** What is for a person's eyes: what the text is sealed in, else the text. */
export function wordsOf(message: Pick<Message, 'content'>): string | undefined {
  return payloadOf(message)?.getText() ?? bodyOf(message)
}

/** Anybody may put one beside a text; the room's own is among the first. */
const mostIds = 10

/** Under which id a room has its message (XEP-0359): nobody else can say. */
export function idInRoom(message: Message): string | undefined {
  const ids = firstOf(message, 'stanza-id', STANZA_ID, mostIds)
  const own = ids.find((element) => jidOrUndefined(attr(element, 'by') ?? '')?.full === message.from.bare)
  const id = own && attr(own, 'id')
  return id === '' ? undefined : id
}

/** From an occupant of a room to the account alone (XEP-0045 §7.5). */
export function isFromOccupant({ content, from }: Message): boolean {
  return from.resource !== undefined && content.has('x', MUC_USER)
}

function readPresence(stanza: Presence): Reading {
  if (stanza.type !== 'subscribe') return nothing('it is presence')
  return { matter: { kind: 'request', stanza, isOmemo: false, call: undefined, inviter: undefined } }
}

function readMessage(message: Message): Reading {
  if (message.type === 'error' || message.type === 'headline') return nothing(`it is a message of type ${message.type}`)
  const isOmemo = OMEMO_NAMESPACES.some((namespace) => message.content.has('encrypted', namespace))
  return message.type === 'groupchat'
    ? orNothing({ kind: 'groupchat', stanza: message, isOmemo, call: undefined, inviter: undefined })
    : readPersonal(message, isOmemo)
}

function readPersonal(stanza: Message, isOmemo: boolean): Reading {
  const call = proposedCall(stanza)
  if (call !== undefined) return { matter: { kind: 'call', stanza, isOmemo: false, call, inviter: undefined } }
  if (isOmemo) return orNothing({ kind: 'omemo', stanza, isOmemo, call, inviter: undefined })
  const invite = mediatedInvitation(stanza)
  if (invite !== undefined || stanza.content.has('x', DIRECT_INVITATION))
    return { matter: { kind: 'invitation', stanza, isOmemo, call, inviter: invite && attr(invite, 'from') } }
  return orNothing({ kind: 'message', stanza, isOmemo, call, inviter: undefined })
}

/** By the room itself (XEP-0045 §7.8.2). */
function mediatedInvitation({ content }: Message): Element | undefined {
  const room = content.find('x', MUC_USER)
  return room && child(room, 'invite')
}

function orNothing(matter: Matter & { readonly stanza: Message }): Reading {
  const { kind, stanza, isOmemo } = matter
  if (isOmemo) return payloadOf(stanza) === undefined ? nothing('it only moves OMEMO keys', kind) : { matter }
  return bodyOf(stanza) === undefined ? nothing('it says nothing that a person would read') : { matter }
}

function payloadOf({ content }: Pick<Message, 'content'>): Element | undefined {
  for (const namespace of OMEMO_NAMESPACES) {
    const encrypted = content.find('encrypted', namespace)
    const payload = encrypted && child(encrypted, 'payload')
    if (payload !== undefined) return payload
  }
  return undefined
}

function nothing(why: string, kind?: Kind): Reading {
  return { matter: undefined, kind, why }
}
