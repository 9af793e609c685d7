// Which software is this? XEP-0092. The operating system is nobody's business, so it is left out (§5).

import { defineExtension } from '../server/extension.js'
import { packageVersion } from '../server/package-version.js'
import { el, type Element } from '../server/xml.js'

const NS = 'jabber:iq:version'

export const version = defineExtension({
  name: 'version',
  xeps: ['XEP-0092 1.1'],
  features: { server: [NS] },
  handlers: [{ kind: 'iq-get', to: 'server', namespace: NS, name: 'query', handle: software }],
})

function software(): Element {
  return el('query', { xmlns: NS }, el('name', {}, 'Sealpost'), el('version', {}, packageVersion()))
}
