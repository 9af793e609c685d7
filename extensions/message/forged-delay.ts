// XEP-0203 §4: only the server says what the server has delayed.

import type { Context } from '../../server/extension.js'
import { jidOrUndefined } from '../../server/jid.js'
import type { Message } from '../../server/stanza.js'
import { attr } from '../../server/xml.js'

const NS = 'urn:xmpp:delay'

type Locality = Pick<Context, 'isLocal'>

/** Without what a sender says in the name of the account, or of its server. The same object when nothing was forged. */
export function withoutForgedDelay(message: Message, account: string, context: Locality): Message {
  if (!message.content.has('delay', NS)) return message
  const content = message.content.without('delay', NS, (delay) => isOurs(attr(delay, 'from'), account, context))
  return content === message.content ? message : { ...message, content }
}

function isOurs(from: string | undefined, account: string, context: Locality): boolean {
  const jid = jidOrUndefined(from ?? '')
  if (jid === undefined) return false
  return jid.local === undefined ? context.isLocal(jid.domain) : jid.full === account
}
