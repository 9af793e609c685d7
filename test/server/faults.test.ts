// A bug in one extension, a full disk, a reader that does not read: each harms nobody else (contract §5).

import { expect, onTestFinished, test } from 'vitest'
import { extensionsOf } from '../../extensions/index.js'
import { configFromOptions } from '../../server/config.js'
import { type AnyExtension, defineExtension } from '../../server/extension.js'
import { Assembly } from '../../server/server.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { type Storage, StorageError } from '../../storage/storage.js'
import { RecordedLog } from '../helpers/log.js'
import { RawClient } from '../helpers/raw-client.js'

interface Running {
  readonly log: RecordedLog
  readonly storage: Storage
  readonly login: (name: string, resource?: string) => Promise<RawClient>
}

/** A server with the usual extensions and some more, and with a storage that may fail. */
async function serverWith(
  more: readonly AnyExtension[],
  failing: (storage: Storage) => Storage = (it) => it,
): Promise<Running> {
  const config = configFromOptions({ port: 0, data: ':memory:' })
  const log = new RecordedLog()
  const storage = await openSqlite(':memory:')
  const extensions = [...extensionsOf(config), ...more]
  const assembly = new Assembly({ config, storage: failing(storage), extensions, log, clock: Date })
  await assembly.start()
  onTestFinished(() => assembly.stop())
  for (const name of ['romeo', 'juliet']) await assembly.users.create(`${name}@localhost`, 'pw')
  const login = async (name: string, resource = 'raw'): Promise<RawClient> => {
    const client = await RawClient.connect(assembly.url)
    await client.logsIn(name, 'pw', resource)
    return client
  }
  return { log, storage, login }
}

const iq = (id: string, inside: string): string =>
  `<iq xmlns="jabber:client" type="get" id="${id}" to="localhost">${inside}</iq>`
const ping = '<ping xmlns="urn:xmpp:ping"/>'

const conditionOf = async (client: RawClient): Promise<string | undefined> => {
  const stanza = await client.next()
  return stanza.getChild('error')?.getChildElements()[0]?.name
}

const buggy = defineExtension({
  name: 'buggy',
  handlers: [
    {
      kind: 'iq-get',
      to: 'server',
      namespace: 'urn:bug',
      name: 'at-once',
      handle: () => {
        throw new TypeError('the secret of juliet')
      },
    },
    {
      kind: 'iq-get',
      to: 'server',
      namespace: 'urn:bug',
      name: 'later',
      handle: () => Promise.reject(new TypeError('the secret of juliet')),
    },
  ],
  on: {
    'message:delivered': () => {
      throw new TypeError('a listener with a bug')
    },
  },
})

test('a bug in a handler is answered with internal-server-error and a line in the log, and the stream goes on', async () => {
  const { login, log } = await serverWith([buggy])
  const romeo = await login('romeo')
  for (const name of ['at-once', 'later']) {
    romeo.send(iq(name, `<${name} xmlns="urn:bug"/>`))
    const frame = await romeo.nextFrame()
    expect(frame).toContain('<internal-server-error xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>')
    expect(frame).not.toContain('secret')
  }
  romeo.send(iq('p', ping))
  expect((await romeo.next()).attrs).toMatchObject({ type: 'result', id: 'p' })
  expect(log.problems()).toHaveLength(2)
})

test('a bug in a listener keeps no message from its reader', async () => {
  const { login, log } = await serverWith([buggy])
  const juliet = await login('juliet')
  const romeo = await login('romeo')
  romeo.send('<message xmlns="jabber:client" to="juliet@localhost/raw"><body>hist!</body></message>')
  expect((await juliet.next()).getChildText('body')).toBe('hist!')
  romeo.send(iq('p', ping))
  await romeo.next()
  expect(log.problems()).toHaveLength(1)
})

for (const [kind, condition] of [
  ['full', 'resource-constraint'],
  ['busy', 'internal-server-error'],
  ['fault', 'internal-server-error'],
] as const) {
  test(`storage that is ${kind}: the sender gets ${condition}, and the log says why`, async () => {
    const fails = (): Promise<never> => Promise.reject(new StorageError(kind, 'the disk says no'))
    const { login, log } = await serverWith([], (storage) => ({
      ...storage,
      stores: { ...storage.stores, messages: { ...storage.stores.messages, keep: fails } },
    }))
    const romeo = await login('romeo')
    romeo.send('<message xmlns="jabber:client" id="m" to="juliet@localhost"><body>hist!</body></message>')
    expect(await conditionOf(romeo)).toBe(condition)
    expect(log.problems()).toHaveLength(1)
  })
}

test('a client that reads nothing is ended before it fills the memory, and its sender is not held up', async () => {
  const { login } = await serverWith([])
  const deaf = await login('juliet', 'deaf')
  deaf.socket.pause()
  const romeo = await login('romeo')
  const flood = `<message xmlns="jabber:client" to="juliet@localhost/deaf" type="headline"><body>${'x'.repeat(200_000)}</body></message>`
  for (let count = 0; count < 120; count += 1) romeo.send(flood)
  romeo.send(iq('p', ping))
  expect((await romeo.next()).attrs).toMatchObject({ type: 'result', id: 'p' })
  deaf.socket.resume()
  await deaf.closed
})
