// tigase:push:jingle:0: a client that is told of calls by push alone, also while it is connected.

import { defineExtension } from '../server/extension.js'
import { StanzaError } from '../server/stanza-error.js'
import { children, type Element } from '../server/xml.js'
import type {} from './push/hooks.js'

const NS = 'tigase:push:jingle:0'

export const pushJingle = defineExtension({
  name: 'push-jingle',
  requires: ['push'],
  features: { account: [NS] },
  on: {
    'push:enable': (settings, { enable }) => ({ ...settings, rules: { ...settings.rules, jingle: isAsked(enable) } }),
  },
})

/** @throws StanzaError `bad-request` when it is asked for twice */
function isAsked(enable: Element): boolean {
  const { length } = children(enable, 'jingle', NS)
  if (length > 1) throw new StanzaError('bad-request', 'one <jingle/> is enough')
  return length === 1
}
