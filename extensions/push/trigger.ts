// Which message a person would want to know about (docs/extensions/push.md). Pure: decides, and says why not.

import type { Message } from '../../server/stanza.js'
import { child } from '../../server/xml.js'
import { isFresh, proposedCall } from './call.js'

const HINTS = 'urn:xmpp:hints'
const DIRECT_INVITATION = 'jabber:x:conference'
const MUC_USER = 'http://jabber.org/protocol/muc#user'
const OMEMO_NAMESPACES = ['eu.siacs.conversations.axolotl', 'urn:xmpp:omemo:2'] as const

export type Kind = 'message' | 'omemo' | 'call' | 'invitation'

export type Verdict = { readonly push: true; readonly kind: Kind } | { readonly push: false; readonly why: string }

/** For an OMEMO message its own rules hold, whatever body it carries for those who cannot read it. */
export function verdictOn(message: Message, now: number): Verdict {
  if (message.type !== 'chat' && message.type !== 'normal') return no(`it is a ${message.type} message`)
  if (message.content.has('no-store', HINTS)) return no('it asks not to be kept')
  switch (kindOf(message)) {
    case 'call':
      return isFresh(message, now) ? yes('call') : no('the call is over')
    case 'omemo':
      return hasPayload(message) ? yes('omemo') : no('it only moves OMEMO keys')
    case 'invitation':
      return yes('invitation')
    case 'message':
      return bodyOf(message) === undefined ? no('it says nothing') : yes('message')
  }
}

export function kindOf(message: Message): Kind {
  if (proposedCall(message) !== undefined) return 'call'
  if (OMEMO_NAMESPACES.some((namespace) => message.content.has('encrypted', namespace))) return 'omemo'
  return isInvitation(message) ? 'invitation' : 'message'
}

/** The text that a person wrote, if there is any. */
export function bodyOf(message: Message): string | undefined {
  const body = message.content.find('body', 'jabber:client')?.getText()
  return body === '' ? undefined : body
}

/** To a room: from a friend (XEP-0249), or by the room itself (XEP-0045 §7.8.2). */
function isInvitation({ content }: Message): boolean {
  if (content.has('x', DIRECT_INVITATION)) return true
  const room = content.find('x', MUC_USER)
  return room !== undefined && child(room, 'invite') !== undefined
}

function hasPayload(message: Message): boolean {
  return OMEMO_NAMESPACES.some((namespace) => {
    const encrypted = message.content.find('encrypted', namespace)
    return encrypted !== undefined && child(encrypted, 'payload') !== undefined
  })
}

function yes(kind: Kind): Verdict {
  return { push: true, kind }
}

function no(why: string): Verdict {
  return { push: false, why }
}
