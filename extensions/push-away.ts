// tigase:push:away:0: a registration that is told of a message only while all other clients are away, whatever the server's rule.

import { defineExtension } from '../server/extension.js'
import { StanzaError } from '../server/stanza-error.js'
import { attr, type Element } from '../server/xml.js'
import type {} from './push/hooks.js'

export const pushAway = defineExtension({
  name: 'push-away',
  requires: ['push'],
  features: { account: ['tigase:push:away:0'] },
  on: {
    'push:enable': (settings, { enable }) => ({ ...settings, rules: { ...settings.rules, away: readAway(enable) } }),
  },
})

/** @throws StanzaError `bad-request` for what is no boolean (XML Schema Part 2 §3.2.2) */
function readAway(enable: Element): boolean {
  switch (attr(enable, 'away')) {
    case 'true':
    case '1':
      return true
    case undefined:
    case 'false':
    case '0':
      return false
    default:
      throw new StanzaError('bad-request', 'away is true or false')
  }
}
