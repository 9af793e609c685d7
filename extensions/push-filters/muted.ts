// tigase:push:filter:muted:0: nothing is told of these.

import { defineExtension } from '../../server/extension.js'
import type { Element } from '../../server/xml.js'
import type {} from '../push/hooks.js'
import { bareJid, entries, onlyChild } from './child.js'

const NS = 'tigase:push:filter:muted:0'

export const pushMuted = defineExtension({
  name: 'push-muted',
  requires: ['push'],
  features: { account: [NS] },
  on: {
    'push:enable': (settings, { enable }) => ({ ...settings, rules: { ...settings.rules, muted: readMuted(enable) } }),
  },
})

/** @throws StanzaError `bad-request`, `resource-constraint` */
function readMuted(enable: Element): readonly string[] {
  const muted = onlyChild(enable, 'muted', NS)
  return muted === undefined ? [] : [...new Set(entries(muted, 'item').map(bareJid))]
}
