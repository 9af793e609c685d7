// Entity capabilities (XEP-0115): what the sessions of this server can do, asked once for each kind of client.

import { defineExtension } from '../../server/extension.js'
import type {} from '../presence/hooks.js'
import type {} from './hooks.js'
import { SessionFeatures } from './sessions.js'

/** What is known of clients dies with the process, and is known to each server apart. */
export const caps = () => {
  const sessions = new SessionFeatures()
  return defineExtension({
    name: 'caps',
    xeps: ['XEP-0115 1.6.0'],
    requires: ['presence'],
    on: {
      'presence:available': ({ jid, presence }, context) => sessions.heard(jid, presence, context),
      'presence:unavailable': ({ jid }) => sessions.forget(jid),
      'session:closed': ({ jid }) => sessions.forget(jid),
    },
    stop: () => sessions.clear(),
  })
}
