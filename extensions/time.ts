// What time is it? XEP-0202. The zone is always UTC: where the server stands is nobody's business (§5).

import { type Context, defineExtension } from '../server/extension.js'
import type { IqRequest } from '../server/stanza.js'
import { el, type Element } from '../server/xml.js'

const NS = 'urn:xmpp:time'

export const time = defineExtension({
  name: 'time',
  xeps: ['XEP-0202 2.0'],
  features: { server: [NS] },
  handlers: [{ kind: 'iq-get', to: 'server', namespace: NS, name: 'time', handle: now }],
})

function now(_request: IqRequest, { clock }: Context): Element {
  const utc = new Date(clock.now()).toISOString()
  return el('time', { xmlns: NS }, el('tzo', {}, 'Z'), el('utc', {}, utc))
}
