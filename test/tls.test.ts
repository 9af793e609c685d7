// wss:// with a certificate of its own: a login over TLS, and another certificate without a pause.

import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createServer, type Server } from '../server/index.js'
import { RecordedLog } from './helpers/log.js'

const fixtures = new URL('./fixtures/tls/', import.meta.url)
let directory = ''
let server: Server
let log: RecordedLog

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealpost-tls-'))
  await use('first')
  log = new RecordedLog()
  const tls = { certificate: join(directory, 'chain.pem'), key: join(directory, 'key.pem') }
  server = await createServer({ port: 0, data: ':memory:', tls, log })
})

afterEach(async () => {
  await server.stop()
  await rm(directory, { recursive: true })
})

async function use(name: 'first' | 'second'): Promise<void> {
  await copyFile(new URL(`${name}.pem`, fixtures), join(directory, 'chain.pem'))
  await copyFile(new URL(`${name}.key.pem`, fixtures), join(directory, 'key.pem'))
}

/** The name in the certificate that a new connection is shown. */
async function shownName(): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

async function healthz(): Promise<number | undefined> {
  const url = server.url.replace('wss:', 'https:').replace('/xmpp-websocket', '/healthz')
  const asked = request(url, { rejectUnauthorized: false, agent: false }).end()
  const [response] = (await once(asked, 'response')) as [{ readonly statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}

test('the server speaks wss:// and says so, and offers PLAIN, for nobody else can read it', async () => {
  await server.start()
  expect(server.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/xmpp-websocket$/)
  expect(await healthz()).toBe(200)
  // Through a proxy that nobody knows, so that it is TLS that makes it safe and not this machine.
  const options = { rejectUnauthorized: false, headers: { 'x-forwarded-for': '192.0.2.7' } }
  const socket = new WebSocket(server.url, 'xmpp', options)
  await once(socket, 'open')
  const frames: string[] = []
  const features = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      frames.push(data.toString())
      if (frames.length === 2) resolve()
    })
  })
  socket.send('<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>')
  await features
  expect(frames[1]).toContain('<mechanism>PLAIN</mechanism>')
  socket.terminate()
})

test('a certificate that is renewed is shown from then on, and open connections go on', async () => {
  await server.start()
  const socket = new WebSocket(server.url, 'xmpp', { rejectUnauthorized: false })
  await once(socket, 'open')
  expect(await shownName()).toBe('first')
  await use('second')
  await server.reload()
  expect(await shownName()).toBe('second')
  expect(socket.readyState).toBe(WebSocket.OPEN)
  socket.terminate()
})

test('one that cannot be used is logged, and the one before goes on', async () => {
  await server.start()
  log.expects('the TLS certificate could not be read anew: the one before goes on')
  await writeFile(join(directory, 'key.pem'), 'rubbish')
  await server.reload()
  expect(await shownName()).toBe('first')
  expect(log.problems()).toEqual([])
})

test('a server with files that make no certificate does not start, and says why', async () => {
  await copyFile(new URL('second.key.pem', fixtures), join(directory, 'key.pem'))
  await expect(server.start()).rejects.toThrow(/chain\.pem and .*key\.pem are no certificate and its key: .*mismatch/)
  await rm(join(directory, 'chain.pem'))
  await expect(server.start()).rejects.toThrow(/chain\.pem cannot be read: no such file or directory/)
})
