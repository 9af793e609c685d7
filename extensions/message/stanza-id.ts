// XEP-0359: the id under which an account gets a message, and no forged one beside it.

import { jidOrUndefined } from '../../server/jid.js'
import type { Message } from '../../server/stanza.js'
import { attr, escapeAttribute } from '../../server/xml.js'

export const NS = 'urn:xmpp:sid:0'

/** XEP-0359 §5: only the account itself says what its id for a message is. The same object when nothing was forged. */
export function withoutForgedId(message: Message, account: string): Message {
  if (!message.content.has('stanza-id', NS)) return message
  const content = message.content.without('stanza-id', NS, (element) => isBy(attr(element, 'by'), account))
  return content === message.content ? message : { ...message, content }
}

export function stamped(message: Message, account: string, id: string): Message {
  const xml = `<stanza-id xmlns="${NS}" id="${id}" by="${escapeAttribute(account)}"/>`
  return { ...message, content: message.content.withWritten('stanza-id', NS, xml) }
}

/** Compared as JIDs: another spelling of the account is the account. */
function isBy(by: string | undefined, account: string): boolean {
  return by !== undefined && jidOrUndefined(by)?.bare === account
}
