// tigase:push:filter:ignore-unknown:0: only those are told of who are in the roster.

import { defineExtension } from '../../server/extension.js'
import type {} from '../push/hooks.js'
import { onlyChild } from './child.js'

const NS = 'tigase:push:filter:ignore-unknown:0'

export const pushIgnoreUnknown = defineExtension({
  name: 'push-ignore-unknown',
  requires: ['push'],
  features: { account: [NS] },
  on: {
    'push:enable': (settings, { enable }) => {
      const ignoreUnknown = onlyChild(enable, 'ignore-unknown', NS) !== undefined
      return { ...settings, rules: { ...settings.rules, ignoreUnknown } }
    },
  },
})
