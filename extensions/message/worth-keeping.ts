// XEP-0160 §3 and XEP-0334: which messages are worth keeping for somebody who is away.

import type { Message } from '../../server/stanza.js'

const HINTS = 'urn:xmpp:hints'

/** What says only what is going on at this moment. Namespaces of children; bare `thread` and hints say nothing by themselves. */
const passing = new Set(['http://jabber.org/protocol/chatstates', HINTS, 'urn:xmpp:sid:0', 'jabber:client thread'])

export function isWorthKeeping({ type, content }: Message): boolean {
  if (type !== 'chat' && type !== 'normal') return false
  if (content.has('no-store', HINTS)) return false
  if (content.has('store', HINTS)) return true
  return content.children.some(({ name, namespace }) => !passing.has(namespace) && !passing.has(`${namespace} ${name}`))
}
