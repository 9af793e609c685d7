// Where the WebSocket is (XEP-0156): readable for any page, before anybody logs in.

import { describe, expect } from 'vitest'
import { expectSame, scenario, type ScenarioServer, xml } from '../helpers/scenario.js'
import { parse } from '../../server/xml.js'

const REL = 'urn:xmpp:alt-connections:websocket'
const XRD = 'http://docs.oasis-open.org/ns/xri/xrd-1.0'

function asked(server: ScenarioServer, path: string): Promise<Response> {
  const url = new URL(path, server.url.replace(/^ws/, 'http'))
  return fetch(url, { headers: { Origin: 'https://app.example' } })
}

describe('host-meta', () => {
  scenario('host-meta names the WebSocket in XML, for every origin', async ({ server }) => {
    const response = await asked(server, '/.well-known/host-meta')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/xrd+xml; charset=utf-8')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const document = (await response.text()).replace(/^<\?xml[^>]*\?>\s*/, '').trim()
    expectSame(parse(document), xml`<XRD xmlns="${XRD}"><Link rel="${REL}" href="${server.url}"/></XRD>`)
  })

  scenario('host-meta.json says the same in JSON', async ({ server }) => {
    const response = await asked(server, '/.well-known/host-meta.json')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toEqual({ links: [{ rel: REL, href: server.url }] })
  })

  scenario(
    'a configured public address is named instead of the own one',
    async ({ server }) => {
      const response = await asked(server, '/.well-known/host-meta.json')
      const href = 'wss://chat.example/xmpp-websocket?a=1&b=2'
      expect(await response.json()).toEqual({ links: [{ rel: REL, href }] })
      const document = await (await asked(server, '/.well-known/host-meta')).text()
      expect(document).toContain('wss://chat.example/xmpp-websocket?a=1&amp;b=2')
    },
    { config: { publicUrl: 'wss://chat.example/xmpp-websocket?a=1&b=2' } },
  )

  scenario('nothing else is to be found under .well-known', async ({ server }) => {
    expect((await asked(server, '/.well-known/host-meta.xml')).status).toBe(404)
  })
})
