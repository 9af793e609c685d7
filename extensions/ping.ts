// Is anybody there? XEP-0199: the server answers for itself and, to a client that asks its own account, for the account.

import { defineExtension } from '../server/extension.js'

const NS = 'urn:xmpp:ping'

const pong = (): undefined => undefined

export const ping = defineExtension({
  name: 'ping',
  xeps: ['XEP-0199 2.0.1'],
  features: { server: [NS], account: [NS] },
  handlers: [
    { kind: 'iq-get', to: 'server', namespace: NS, name: 'ping', handle: pong },
    { kind: 'iq-get', to: 'own-account', namespace: NS, name: 'ping', handle: pong },
  ],
})
