// tigase:push:priority:0: each push says how urgent it is. All of them are: whatever makes one is for a person to see, and a
// difference between them would tell the service what is sealed from it.

import { defineExtension } from '../server/extension.js'
import { StanzaError } from '../server/stanza-error.js'
import { children, el, type Element } from '../server/xml.js'
import type {} from './push/hooks.js'

const NS = 'tigase:push:priority:0'

export const pushPriority = defineExtension({
  name: 'push-priority',
  // What is sealed replaces the whole notification.
  requires: ['push', 'push-encrypt'],
  features: { account: [NS] },
  on: {
    'push:enable': (settings, { enable }) => ({ ...settings, rules: { ...settings.rules, priority: isAsked(enable) } }),
    'push:wrap': (notification, { registration }) =>
      registration.rules.priority && notification !== undefined ? urgent(notification) : notification,
  },
})

/** @throws StanzaError `bad-request` when it is asked for twice */
function isAsked(enable: Element): boolean {
  const { length } = children(enable, 'priority', NS)
  if (length > 1) throw new StanzaError('bad-request', 'one <priority/> is enough')
  return length === 1
}

function urgent(notification: Element): Element {
  notification.cnode(el('priority', { xmlns: NS }, 'high'))
  return notification
}
