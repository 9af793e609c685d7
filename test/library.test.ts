// Contract §3: the server inside somebody's test suite: up in a blink, several at once, gone without a trace.

import { readdir } from 'node:fs/promises'
import { onTestFinished, expect, test } from 'vitest'
import { ConfigError, createServer, type Server, type ServerOptions, UserError } from '../server/index.js'
import { RawClient } from './helpers/raw-client.js'

async function started(options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ domain: 'localhost', port: 0, data: ':memory:', ...options })
  onTestFinished(() => server.stop())
  await server.start()
  return server
}

/** Whether the user can log in, by the server's answer to the password. */
async function login(server: Server, name: string, password: string, domain = 'localhost'): Promise<string> {
  const client = await RawClient.connect(server.url)
  await client.opens(domain)
  const answer = await client.authenticates(name, password)
  client.leaves()
  return answer.name
}

test('a server tells its address, and where components connect only if there may be any', async () => {
  const plain = await started()
  expect(plain.url).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*\/xmpp-websocket$/)
  expect(plain.componentAddress).toBeUndefined()
  const withComponents = await started({ components: { 'push.localhost': 'secret' }, componentPort: 0 })
  expect(withComponents.componentAddress).toEqual({ host: '127.0.0.1', port: expect.any(Number) as number })
})

test('users are made, listed, given another password, and removed, and each takes effect at once', async () => {
  const server = await started()
  await server.users.create('juliet@localhost', 'r0m30')
  await server.users.create('benvolio@localhost', 'peace')
  expect(await server.users.list()).toEqual(['benvolio@localhost', 'juliet@localhost'])
  expect(await login(server, 'juliet', 'r0m30')).toBe('success')
  await server.users.setPassword('juliet@localhost', 'other')
  expect(await login(server, 'juliet', 'r0m30')).toBe('failure')
  expect(await login(server, 'juliet', 'other')).toBe('success')
  await server.users.remove('juliet@localhost')
  expect(await login(server, 'juliet', 'other')).toBe('failure')
  expect(await server.users.list()).toEqual(['benvolio@localhost'])
})

test('what cannot be done is said in one sentence', async () => {
  const server = await started()
  await server.users.create('juliet@localhost', 'r0m30')
  await expect(server.users.create('JULIET@localhost', 'x')).rejects.toThrow(UserError)
  await expect(server.users.remove('nobody@localhost')).rejects.toMatchObject({ code: 'unknown' })
  await expect(server.users.create('juliet@elsewhere.example', 'x')).rejects.toMatchObject({ code: 'invalid' })
  await expect(createServer({ port: -1, limits: { depth: 1 } })).rejects.toThrow(ConfigError)
})

test('several servers live in one process, and know nothing of each other', async () => {
  const [one, two] = await Promise.all([started(), started({ domain: 'verona.example' })])
  await one.users.create('juliet@localhost', 'one')
  await two.users.create('juliet@verona.example', 'two')
  expect(await login(one, 'juliet', 'one')).toBe('success')
  expect(await login(two, 'juliet', 'two', 'verona.example')).toBe('success')
  await one.stop()
  expect(await login(two, 'juliet', 'two', 'verona.example')).toBe('success')
})

test('a server in memory leaves nothing behind, and starts again empty', async () => {
  const before = await readdir('.')
  const first = await started()
  await first.users.create('juliet@localhost', 'r0m30')
  await first.stop()
  expect(await (await started()).users.list()).toEqual([])
  expect(await readdir('.')).toEqual(before)
})

test('a server is stopped twice, or without having been started, at no cost', async () => {
  const never = await createServer({ data: ':memory:' })
  await never.stop()
  const server = await started()
  await server.stop()
  await server.stop()
})

test('clients are told that the server goes', async () => {
  const server = await started()
  await server.users.create('juliet@localhost', 'r0m30')
  const client = await RawClient.connect(server.url)
  await client.logsIn('juliet', 'r0m30')
  const stopped = server.stop()
  expect((await client.next()).getChildElements()[0]?.name).toBe('system-shutdown')
  expect(await client.nextFrame()).toBe('<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />')
  await stopped
  expect(await client.closed).toBe(1000)
})
