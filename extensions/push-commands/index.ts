// "My push registrations": what an account's owner can see of them and do with them, through any client (XEP-0050).

import { defineExtension } from '../../server/extension.js'
import type {} from '../commands/hooks.js'
import { begin } from './stages.js'
import { TestLimit } from './test-limit.js'

const NODE = 'urn:sealpost:push:registrations'

export const pushCommands = () => {
  const limit = new TestLimit()
  return defineExtension({
    name: 'push-commands',
    requires: ['commands', 'push', 'omemo-devices'],
    stores: ['push', 'omemo'],
    on: {
      'commands:list': (offered, { at, requester }, context) => {
        if (at.bare !== requester.bare) return offered
        const desk = { account: at.bare, limit, context }
        return [...offered, { node: NODE, name: 'My push registrations', begin: () => begin(desk) }]
      },
    },
    stop: () => limit.clear(),
  })
}
