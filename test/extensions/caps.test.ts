// Entity capabilities (XEP-0115): what the server finds out about its sessions, whom it asks, and what it shares.

import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type {} from '../../extensions/caps/hooks.js'
import { extensionsOf } from '../../extensions/index.js'
import { configFromOptions } from '../../server/config.js'
import { defineExtension } from '../../server/extension.js'
import { Assembly } from '../../server/server.js'
import { serialize } from '../../server/xml.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { TestClient } from '../helpers/client.js'
import { RecordedLog } from '../helpers/log.js'
import { RawClient } from '../helpers/raw-client.js'
import { any, expectSame, xml } from '../helpers/xml.js'

type Element = ReturnType<typeof xml>

const CAPS = 'http://jabber.org/protocol/caps'
const NODE = 'https://client.example'

/** What a test client that answers with these features has as its verification string. */
function verOf(...features: readonly string[]): string {
  const described = ['client/pc//test', ...features.toSorted()].map((part) => `${part}<`).join('')
  return createHash('sha1').update(described).digest('base64')
}

const presence = (ver: string, hash = 'sha-1'): Element =>
  xml`<presence><c xmlns="${CAPS}" hash="${hash}" node="${NODE}" ver="${ver}"/></presence>`

const question = (to: string, ver: string): Element =>
  xml`<iq type="get" id="${any}" from="localhost" to="${to}"><query xmlns="http://jabber.org/protocol/disco#info" node="${`${NODE}#${ver}`}"/></iq>`

describe('a server', () => {
  const log = new RecordedLog()
  let assembly: Assembly
  let clients: TestClient[]
  let known: string[]

  beforeEach(async () => {
    const config = configFromOptions({ port: 0, data: ':memory:' })
    clients = []
    known = []
    const listener = defineExtension({
      name: 'listener',
      on: {
        'caps:known': ({ jid, features }) => {
          known.push(`${jid.full}: ${[...features].sort().join(' ')}`)
        },
      },
    })
    const storage = await openSqlite(config.data)
    assembly = new Assembly({ config, storage, extensions: [...extensionsOf(config), listener], log, clock: Date })
    await assembly.start()
    await assembly.users.create('romeo@localhost', 'password')
  })

  afterEach(async () => {
    await Promise.allSettled(clients.map((client) => client.leaves()))
    await assembly.stop()
    expect(log.problems()).toEqual([])
  })

  /** A client that answers with these features; one that is given none refuses to answer, and reads the question. */
  async function arrives(resource: string, features?: readonly string[]): Promise<TestClient> {
    const login = { url: assembly.url, domain: 'localhost', username: 'romeo', password: 'password', resource }
    const client = await TestClient.connect({ ...login, mechanism: undefined })
    if (features !== undefined) client.answersDisco(features)
    clients.push(client)
    return client
  }

  /** Sends the presence, and waits until the server knows what it wants to know. */
  async function says(client: TestClient, said: Element): Promise<void> {
    await client.sends(said)
    await client.inbox.next()
    await assembly.idle()
  }

  test('asks a session what it can do, and tells who wants to know', async () => {
    const romeo = await arrives('test', ['urn:a', 'urn:b+notify'])
    await says(romeo, presence(verOf('urn:a', 'urn:b+notify')))
    expect(known).toEqual(['romeo@localhost/test: urn:a urn:b+notify'])
  })

  test('asks by node and verification string, and knows nothing of a session that refuses', async () => {
    const romeo = await arrives('test')
    await says(romeo, presence('X'))
    await romeo.inbox.receives(question(romeo.jid, 'X'))
    expect(known).toEqual([])
  })

  test('asks again at the next presence of a session that gave no answer, and not of one that did', async () => {
    const romeo = await arrives('test')
    await says(romeo, presence('X'))
    await romeo.inbox.receives(question(romeo.jid, 'X'))
    romeo.answersDisco(['urn:a'])
    await says(romeo, presence('X'))
    await says(romeo, presence('X'))
    expect(known).toEqual(['romeo@localhost/test: urn:a'])
  })

  test('does not ask a second session with the same verification string, once it is proved', async () => {
    await says(await arrives('one', ['urn:a']), presence(verOf('urn:a')))
    const two = await arrives('two')
    await two.sends(presence(verOf('urn:a')))
    await two.inbox.next()
    await two.inbox.next()
    await assembly.idle()
    two.inbox.expectEmpty()
    expect(known).toEqual(['romeo@localhost/one: urn:a', 'romeo@localhost/two: urn:a'])
  })

  test.each([
    ['does not fit the answer', verOf('urn:other'), 'sha-1'],
    ['is made with an unknown hash function', verOf('urn:a'), 'rot13'],
  ])('believes a verification string that %s of that session only', async (_, ver, hash) => {
    await says(await arrives('one', ['urn:a']), presence(ver, hash))
    const two = await arrives('two')
    await two.sends(presence(ver, hash))
    const [first, second, third] = [await two.inbox.next(), await two.inbox.next(), await two.inbox.next()]
    expect([first, second, third].map(({ name }) => name).sort()).toEqual(['iq', 'presence', 'presence'])
    await assembly.idle()
    expect(known).toEqual(['romeo@localhost/one: urn:a'])
  })

  test('asks a session in the old format, and shares nothing of its answer', async () => {
    const old = xml`<presence><c xmlns="${CAPS}" node="${NODE}" ver="1.0"/></presence>`
    await says(await arrives('one', ['urn:a']), old)
    await says(await arrives('two', ['urn:b']), old)
    expect(known).toEqual(['romeo@localhost/one: urn:a', 'romeo@localhost/two: urn:b'])
  })

  test('hears that a session can do something else, and keeps to it when a presence says nothing of it', async () => {
    const romeo = await arrives('test', ['urn:a'])
    await says(romeo, presence(verOf('urn:a')))
    await says(romeo, xml`<presence><show>away</show></presence>`)
    romeo.answersDisco(['urn:b'])
    await says(romeo, presence(verOf('urn:b')))
    await says(romeo, presence(verOf('urn:a')))
    expect(known).toEqual(['romeo@localhost/test: urn:a', 'romeo@localhost/test: urn:b', 'romeo@localhost/test: urn:a'])
  })

  test('tells anew of a session that was unavailable, or is another one of the same name', async () => {
    const first = await arrives('test', ['urn:a'])
    await says(first, presence(verOf('urn:a')))
    await first.sends(xml`<presence type="unavailable"/>`)
    await says(first, presence(verOf('urn:a')))
    await first.leaves()
    await says(await arrives('test'), presence(verOf('urn:a')))
    expect(known).toEqual(Array.from({ length: 3 }, () => 'romeo@localhost/test: urn:a'))
  })

  test.each([
    ['no node', xml`<presence><c xmlns="${CAPS}" hash="sha-1" ver="X"/></presence>`],
    ['no verification string', xml`<presence><c xmlns="${CAPS}" hash="sha-1" node="${NODE}"/></presence>`],
    ['a node of 1,024 characters', xml`<presence><c xmlns="${CAPS}" node="${'n'.repeat(1024)}" ver="X"/></presence>`],
    ['another namespace', xml`<presence><c xmlns="urn:other" hash="sha-1" node="${NODE}" ver="X"/></presence>`],
  ])('asks nothing of a session whose presence has %s', async (_, said) => {
    const romeo = await arrives('test')
    await says(romeo, said)
    romeo.inbox.expectEmpty()
    expect(known).toEqual([])
  })

  test('waits no longer for the answer of a session that is gone, or says something else', async () => {
    const romeo = await RawClient.connect(assembly.url)
    await romeo.logsIn('romeo', 'password')
    for (const ver of ['X', 'Y']) {
      romeo.send(serialize(xml`<presence xmlns="jabber:client">${presence(ver).getChildElements()}</presence>`))
      await romeo.next()
      expectSame(await romeo.next(), question('romeo@localhost/raw', ver))
    }
    romeo.leaves()
    await assembly.idle()
    expect(known).toEqual([])
  })
})
