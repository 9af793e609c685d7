// Where is the WebSocket? XEP-0156 §3: the answer for browsers, in XML and in JSON, readable from every origin.

import { defineExtension, type HttpAnswer } from '../server/extension.js'
import { el, serialize } from '../server/xml.js'

const XRD = 'http://docs.oasis-open.org/ns/xri/xrd-1.0'
const REL = 'urn:xmpp:alt-connections:websocket'

export const hostMeta = defineExtension({
  name: 'host-meta',
  xeps: ['XEP-0156 1.4.0'],
  handlers: [
    { kind: 'http', path: '/.well-known/host-meta', handle: ({ address }) => xrd(address) },
    { kind: 'http', path: '/.well-known/host-meta.json', handle: ({ address }) => json(address) },
  ],
})

function xrd(address: string): HttpAnswer {
  const links = el('XRD', { xmlns: XRD }, el('Link', { rel: REL, href: address }))
  return answer('application/xrd+xml', `<?xml version="1.0" encoding="utf-8"?>\n${serialize(links)}\n`)
}

function json(address: string): HttpAnswer {
  return answer('application/json', `${JSON.stringify({ links: [{ rel: REL, href: address }] })}\n`)
}

/** Scripts of other origins look here before they log in, so they have to be allowed to read (XEP-0156 §3). */
function answer(type: string, body: string): HttpAnswer {
  const headers = { 'Content-Type': `${type}; charset=utf-8`, 'Access-Control-Allow-Origin': '*' }
  return { status: 200, headers, body }
}
