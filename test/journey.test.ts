// docs/journey.md, walked: its files are there, and a message's hooks are fired in the order in which the page has them.

import { existsSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { extensionsOf } from '../extensions/index.js'
import type {} from '../extensions/message/hooks.js'
import type {} from '../extensions/push/hooks.js'
import { configFromOptions } from '../server/config.js'
import { type AnyExtension, defineExtension } from '../server/extension.js'
import { silentLog } from '../server/log.js'
import { Assembly } from '../server/server.js'
import type { Stanza } from '../server/stanza.js'
import { openSqlite } from '../storage/sqlite/index.js'
import { type Login, TestClient } from './helpers/client.js'
import { PushService } from './helpers/push-service.js'
import { RawClient } from './helpers/raw-client.js'
import { xml } from './helpers/scenario.js'

const page = readFileSync('docs/journey.md', 'utf8')
const [way = '', whenThere = ''] = page.split('## When she is there')

/** The names of hooks in a text, in its order: `subject:verb` in backticks. */
function hooksIn(text: string): readonly string[] {
  return [...text.matchAll(/`([a-z]+:[a-z]+)`/g)].flatMap(([, name]) => name ?? [])
}

/** The hooks that the page names in the paragraph with these words, from these words on. */
function hooksAfter(words: string): readonly string[] {
  const paragraph = whenThere.split('\n\n').find((candidate) => candidate.replaceAll('\n', ' ').includes(words)) ?? ''
  return hooksIn(paragraph.replaceAll('\n', ' ').split(words)[1] ?? '')
}

const rows = way.split('\n').filter((line) => /^\| +\d/.test(line))

/** Stands before everybody else and writes down what is fired for a message; listens to everything, changes nothing. */
function witness(fired: string[]): AnyExtension {
  const note = (name: string): void => void fired.push(name)
  const ofMessage = (name: string, { kind }: Stanza): void => (kind === 'message' ? note(name) : undefined)
  const passing = <V>(name: string, value: V): V => {
    note(name)
    return value
  }
  return defineExtension({
    name: 'witness',
    on: {
      'stanza:authorise': ({ stanza }) => ofMessage('stanza:authorise', stanza),
      'stanza:deliver': ({ stanza }) => ofMessage('stanza:deliver', stanza),
      'stanza:routed': ({ stanza }) => ofMessage('stanza:routed', stanza),
      'message:delivered': () => note('message:delivered'),
      'message:debts': (debts) => passing('message:debts', debts),
      'message:keep': () => passing('message:keep', false),
      'message:stored': () => note('message:stored'),
      'debts:kept': () => note('debts:kept'),
      'push:describe': (summary) => passing('push:describe', summary),
      'push:wrap': (notification) => passing('push:wrap', notification),
      'push:published': () => note('push:published'),
    },
  })
}

interface World {
  readonly romeo: TestClient
  readonly juliet: TestClient
  readonly fired: readonly string[]
  readonly server: Assembly
}

/** A server with a witness, Romeo online, and Juliet, who has registered for pushes. */
async function world(): Promise<World> {
  const fired: string[] = []
  const options = { port: 0, data: ':memory:', componentPort: 0, components: { 'push.localhost': 'secret' } }
  const config = configFromOptions(options)
  const storage = await openSqlite(config.data)
  const extensions = [witness(fired), ...extensionsOf(config)]
  const server = new Assembly({ config, storage, extensions, log: silentLog, clock: Date })
  await server.start()
  onTestFinished(() => server.stop())
  const address = server.componentAddress
  if (address === undefined) throw new Error('the server takes no components')
  const service = new PushService('push.localhost', 'secret', address)
  await service.arrives()
  const [romeo, juliet] = [await logIn(server, 'romeo'), await logIn(server, 'juliet')]
  const enable = xml`<enable xmlns="urn:xmpp:push:0" jid="push.localhost" node="phone">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${Buffer.alloc(16).toString('base64')}</encrypt>
  </enable>`
  await juliet.asks(xml`<iq type="set">${enable}</iq>`)
  return { romeo, juliet, fired, server }
}

async function logIn(server: Assembly, username: string): Promise<TestClient> {
  await server.users.create(`${username}@localhost`, 'password')
  return TestClient.connect({ ...login(server, username), resource: 'test' })
}

function login(server: Assembly, username: string): Omit<Login, 'resource'> {
  return { url: server.url, domain: 'localhost', username, password: 'password', mechanism: 'PLAIN' }
}

const letter = xml`<message to="juliet@localhost" type="chat"><body>Art thou there?</body></message>`

/** Nothing that was sent to the user before is under way any more. */
const ping = (user: TestClient): Promise<unknown> =>
  user.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)

/** Sends a message to Juliet, and waits until nothing goes on any more. */
async function write({ romeo, server }: World): Promise<void> {
  await romeo.sends(letter)
  await ping(romeo)
  await server.idle()
}

test('every file that the page names is there', () => {
  const files = [...page.matchAll(/`((?:server|storage|extensions|test)\/[\w/.-]+)`/g)].flatMap(
    ([, file]) => file ?? [],
  )
  expect(files.length).toBeGreaterThan(15)
  expect(files.filter((file) => !existsSync(file))).toEqual([])
  expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(rows.map((_, index) => index + 1))
})

test('a message for somebody who is away goes the way of the page, from socket to push', async () => {
  const there = await world()
  await there.juliet.leaves()
  await there.server.idle()
  await write(there)
  expect(there.fired).toEqual(hooksIn(rows.join('\n')))
})

test('a message for somebody who is there ends at her session', async () => {
  const there = await world()
  await there.juliet.sends(xml`<presence/>`)
  await ping(there.juliet)
  await write(there)
  expect(there.fired).toEqual(hooksAfter('if nobody is owed a push, the hooks are'))
  await there.juliet.inbox.next()
})

test('a message that her desktop has goes on to her phone, from session to push', async () => {
  const there = await world()
  await there.juliet.leaves()
  const desktop = await TestClient.connect({ ...login(there.server, 'juliet'), resource: 'desktop' })
  await desktop.sends(xml`<presence/>`)
  await ping(desktop)
  await write(there)
  expect(there.fired).toEqual(hooksAfter('The hooks of this way are'))
})

test('a message whose only reader went without an answer goes its way once more', async () => {
  const there = await world()
  await there.juliet.leaves()
  const dead = await RawClient.connect(there.server.url, ['xmpp'], { autoPong: false })
  await dead.logsIn('juliet', 'password', 'test')
  dead.send('<presence xmlns="jabber:client"/>')
  await dead.next()
  await there.romeo.sends(letter)
  await ping(there.romeo)
  expect(there.fired).toEqual(hooksAfter('if nobody is owed a push, the hooks are'))
  const before = there.fired.length
  dead.leaves()
  await dead.closed
  await there.server.idle()
  expect(there.fired.slice(before)).toEqual(hooksAfter('the hooks after it are then'))
})
