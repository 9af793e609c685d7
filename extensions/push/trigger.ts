// Which message a person would want to know about (docs/extensions/push.md). Pure: decides, and says why not.

import type { Message } from '../../server/stanza.js'
import { child } from '../../server/xml.js'

const HINTS = 'urn:xmpp:hints'
const OMEMO_NAMESPACES = ['eu.siacs.conversations.axolotl', 'urn:xmpp:omemo:2'] as const

export type Verdict = { readonly push: true } | { readonly push: false; readonly why: string }

export function isOmemo(message: Message): boolean {
  return OMEMO_NAMESPACES.some((namespace) => message.content.has('encrypted', namespace))
}

/** For an OMEMO message its own rules hold, whatever body it carries for those who cannot read it. */
export function verdictOn(message: Message): Verdict {
  if (message.type !== 'chat' && message.type !== 'normal') return no(`it is a ${message.type} message`)
  if (message.content.has('no-store', HINTS)) return no('it asks not to be kept')
  if (isOmemo(message)) return hasPayload(message) ? { push: true } : no('it only moves OMEMO keys')
  return bodyOf(message) === undefined ? no('it says nothing') : { push: true }
}

/** The text that a person wrote, if there is any. */
export function bodyOf(message: Message): string | undefined {
  const body = message.content.find('body', 'jabber:client')?.getText()
  return body === '' ? undefined : body
}

function hasPayload(message: Message): boolean {
  return OMEMO_NAMESPACES.some((namespace) => {
    const encrypted = message.content.find('encrypted', namespace)
    return encrypted !== undefined && child(encrypted, 'payload') !== undefined
  })
}

function no(why: string): Verdict {
  return { push: false, why }
}
