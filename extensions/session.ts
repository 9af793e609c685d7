// RFC 3921's session: there is nothing to establish, but clients of that time ask (RFC 3921 §3). Not offered, or those that
// need not ask would, too.

import { defineExtension } from '../server/extension.js'

const NS = 'urn:ietf:params:xml:ns:xmpp-session'

const nothingToDo = (): undefined => undefined

export const session = defineExtension({
  name: 'session',
  handlers: [
    { kind: 'iq-set', to: 'own-account', namespace: NS, name: 'session', handle: nothingToDo },
    { kind: 'iq-set', to: 'server', namespace: NS, name: 'session', handle: nothingToDo },
  ],
})
