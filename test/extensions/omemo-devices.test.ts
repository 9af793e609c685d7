// OMEMO device lists of both versions, published by a stock client: what the server learns from them.

import { describe, expect, test } from 'vitest'
import { extensionsOf } from '../../extensions/index.js'
import { configFromOptions } from '../../server/config.js'
import { silentLog } from '../../server/log.js'
import { Assembly } from '../../server/server.js'
import type { Element } from '../../server/xml.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { TestClient } from '../helpers/client.js'
import { asking, expectRefused, OWNER, publishing, PUBSUB } from '../helpers/pep.js'
import { xml } from '../helpers/xml.js'

const OMEMO_03 = 'eu.siacs.conversations.axolotl.devicelist'
const OMEMO_2 = 'urn:xmpp:omemo:2:devices'

const account = 'juliet@localhost'

const devices = (ids: readonly string[]): readonly Element[] => ids.map((id) => xml`<device xmlns="" id="${id}"/>`)

function list03(...ids: readonly string[]): Element {
  return named(xml`<list xmlns="eu.siacs.conversations.axolotl">${devices(ids)}</list>`)
}

function list2(...ids: readonly string[]): Element {
  return named(xml`<devices xmlns="urn:xmpp:omemo:2">${devices(ids)}</devices>`)
}

/** The children in the namespace of their parent. */
function named(list: Element): Element {
  for (const device of list.getChildElements()) device.attrs['xmlns'] = list.attrs['xmlns'] as string
  return list
}

interface Stage {
  readonly juliet: TestClient
  readonly arrives: (username: string) => Promise<TestClient>
  readonly known: () => Promise<readonly number[]>
}

/** A server whose store can be looked into. */
function staged(title: string, play: (stage: Stage) => Promise<void>): void {
  test(title, async () => {
    const storage = await openSqlite(':memory:')
    const config = configFromOptions({ domain: 'localhost', port: 0, data: ':memory:' })
    const server = new Assembly({ config, storage, extensions: extensionsOf(config), log: silentLog, clock: Date })
    await server.start()
    const clients: TestClient[] = []
    const arrives = async (username: string): Promise<TestClient> => {
      await server.users.create(`${username}@localhost`, 'secret')
      const login = { url: server.url, domain: 'localhost', username, password: 'secret' }
      const client = await TestClient.connect({ ...login, resource: 'test', mechanism: undefined })
      clients.push(client)
      return client
    }
    try {
      await play({ juliet: await arrives('juliet'), arrives, known: () => storage.stores.omemo.devices(account) })
    } finally {
      await Promise.all(clients.map((client) => client.leaves()))
      await server.stop()
    }
  })
}

describe('the server learns the devices', () => {
  staged('of both versions from what the account publishes', async ({ juliet, known }) => {
    const options = { access_model: 'open' }
    await juliet.asks(publishing({ node: OMEMO_03, id: 'current', payload: list03('1', '4294967295'), options }))
    expect(sorted(await known())).toEqual([1, 4294967295])
    await juliet.asks(publishing({ node: OMEMO_2, id: 'current', payload: list2('2', '1'), options }))
    expect(sorted(await known())).toEqual([1, 2, 4294967295])
  })

  staged('of the newest list alone', async ({ juliet, known }) => {
    await juliet.asks(publishing({ node: OMEMO_03, id: 'current', payload: list03('1', '2') }))
    await juliet.asks(publishing({ node: OMEMO_03, id: 'current', payload: list03('2', '3') }))
    expect(sorted(await known())).toEqual([2, 3])
  })

  staged('of the list that is left when the newest is retracted', async ({ juliet, known }) => {
    const options = { max_items: '2' }
    await juliet.asks(publishing({ node: OMEMO_2, id: 'a', payload: list2('1'), options }))
    await juliet.asks(publishing({ node: OMEMO_2, id: 'b', payload: list2('2'), options }))
    await juliet.asks(asking('set', PUBSUB, `<retract node="${OMEMO_2}"><item id="b"/></retract>`))
    expect(await known()).toEqual([1])
  })

  staged('to be none when the node is purged, or deleted', async ({ juliet, known }) => {
    await juliet.asks(publishing({ node: OMEMO_03, payload: list03('1') }))
    await juliet.asks(publishing({ node: OMEMO_2, payload: list2('2') }))
    await juliet.asks(asking('set', OWNER, `<purge node="${OMEMO_03}"/>`))
    expect(await known()).toEqual([2])
    await juliet.asks(asking('set', OWNER, `<delete node="${OMEMO_2}"/>`))
    expect(await known()).toEqual([])
  })

  staged('and leaves out what is no device id', async ({ juliet, known }) => {
    const junk = ['0', '-1', '4294967296', '1.5', '1e3', ' 7', '', 'seven', '99999999999999999999', '5', '5']
    await juliet.asks(publishing({ node: OMEMO_03, payload: list03(...junk) }))
    expect(await known()).toEqual([5])
  })

  staged('and no more than 1,000 of a list', async ({ juliet, known }) => {
    const ids = Array.from({ length: 1500 }, (_, index) => String(index + 1))
    await juliet.asks(publishing({ node: OMEMO_03, payload: list03(...ids) }))
    expect(await known()).toHaveLength(1000)
  })
})

describe('the server learns nothing', () => {
  staged('from a list in another node, nor from another payload in the node', async ({ juliet, known }) => {
    await juliet.asks(publishing({ node: 'urn:example:other', payload: list03('1') }))
    await juliet.asks(publishing({ node: OMEMO_03, payload: list2('1') }))
    await juliet.asks(
      publishing({ node: OMEMO_2, payload: xml`<devices xmlns="urn:example:other"><device id="1"/></devices>` }),
    )
    expect(await known()).toEqual([])
  })

  staged('from what another account tries to publish, nor from its own list', async ({ juliet, arrives, known }) => {
    const romeo = await arrives('romeo')
    await juliet.asks(publishing({ node: OMEMO_03, payload: list03('1') }))
    await expectRefused(romeo.asks(publishing({ node: OMEMO_03, payload: list03('2'), to: account })), 'forbidden')
    await romeo.asks(publishing({ node: OMEMO_03, payload: list03('3') }))
    expect(await known()).toEqual([1])
  })

  staged('from a list that is refused', async ({ juliet, known }) => {
    await juliet.asks(publishing({ node: OMEMO_03, payload: list03('1') }))
    const refused = publishing({ node: OMEMO_03, payload: list03('2'), options: { access_model: 'open' } })
    await expectRefused(juliet.asks(refused), 'conflict', 'precondition-not-met')
    expect(await known()).toEqual([1])
  })
})

function sorted(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b)
}
