// XEP-0160 §3 and XEP-0334: which messages are worth keeping for somebody who is away.

import type { Content, Message } from '../../server/stanza.js'

const HINTS = 'urn:xmpp:hints'

/** What says only what is going on at this moment. Namespaces of children; bare `thread` and hints say nothing by themselves. */
const passing = new Set(['http://jabber.org/protocol/chatstates', HINTS, 'urn:xmpp:sid:0', 'jabber:client thread'])

export function isWorthKeeping({ type, content }: Message): boolean {
  if (type !== 'chat' && type !== 'normal') return false
  if (content.has('no-store', HINTS)) return false
  return content.has('store', HINTS) || saysSomething(content)
}

/** A room keeps its messages itself; what it says may be worth a push. */
export function isWorthTelling({ type, content }: Message): boolean {
  return type === 'groupchat' && !content.has('no-store', HINTS) && saysSomething(content)
}

function saysSomething({ children }: Content): boolean {
  return children.some(({ name, namespace }) => !passing.has(namespace) && !passing.has(`${namespace} ${name}`))
}
