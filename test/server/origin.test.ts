// Where a request comes from, and whom of those on its way is believed.

import { createServer, type IncomingMessage, request as ask } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isNetwork, type Origin, type OriginOf, originReader } from '../../server/origin.js'

const server = createServer()
const trusting = originReader(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
const trustingNobody = originReader([])

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(() => server.close())

/** What the reader says of a real request with these headers. */
async function originBy(read: OriginOf, headers: Readonly<Record<string, string>>): Promise<Origin> {
  const { port } = server.address() as AddressInfo
  const asked = ask({ port, host: '127.0.0.1', headers, agent: false })
  const got = once(server, 'request')
  asked.end()
  const [request, response] = (await got) as [IncomingMessage, { end(): void }]
  const origin = read(request)
  response.end()
  await once(asked, 'response')
  return origin
}

test('without a proxy it is the socket that counts, and this machine is safe', async () => {
  const here = { address: '127.0.0.1', secure: true, isLoopback: true }
  expect(await originBy(trusting, {})).toEqual(here)
  expect(await originBy(trustingNobody, { 'x-forwarded-proto': 'https' })).toEqual(here)
})

describe('a proxy that is not trusted', () => {
  test.each([
    [{ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }],
    [{ forwarded: 'for=192.0.2.7;proto=https' }],
  ])('is not believed what it says: %o', async (headers) => {
    expect(await originBy(trustingNobody, headers as Record<string, string>)).toEqual({
      address: '127.0.0.1',
      secure: false,
      isLoopback: false,
    })
  })
})

describe('a proxy that is trusted', () => {
  test.each([
    ['one client', '192.0.2.7', '192.0.2.7'],
    ['one over IPv6', '2001:db8::7', '2001:db8::7'],
    ['what a client wrote itself stands further left', '198.51.100.9, 192.0.2.7', '192.0.2.7'],
    ['a chain of trusted ones', '192.0.2.7, 10.1.2.3, fd00::1', '192.0.2.7'],
    ['an IPv4 address over IPv6', '::ffff:192.0.2.7', '192.0.2.7'],
    ['only trusted ones', '10.1.2.3', '127.0.0.1'],
    ['no address', 'unknown', '127.0.0.1'],
    ['what was no address behind a trusted one', '192.0.2.7, rubbish, 10.1.2.3', '127.0.0.1'],
    ['nothing', '', '127.0.0.1'],
  ])('says where the client comes from: %s', async (_title, given, address) => {
    const origin = await originBy(trusting, { 'x-forwarded-for': given, 'x-forwarded-proto': 'https' })
    expect(origin).toEqual({ address, secure: true, isLoopback: false })
  })

  test.each([
    ['http', false],
    ['ws', false],
    ['https', true],
    ['wss', true],
    ['https, http', false],
    ['', false],
  ])('says whether the way to it was encrypted: %s', async (protocol, secure) => {
    const origin = await originBy(trusting, { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': protocol })
    expect(origin.secure).toBe(secure)
  })
})

test.each([
  ['127.0.0.1', true],
  ['10.0.0.0/8', true],
  ['::1', true],
  ['fd00::/128', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/8/8', false],
  ['fd00::/129', false],
  ['localhost', false],
  ['', false],
])('%s is a network: %s', (text, is) => {
  expect(isNetwork(text)).toBe(is)
})
