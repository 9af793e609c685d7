// The contract of PepStore.

import { describe, expect } from 'vitest'
import { type ItemsWanted, type PepLimits, type PepStore, sizeOf } from '../../../storage/pep.js'
import {
  awkward,
  credentials,
  juliet,
  nobody,
  nodeConfig,
  type Open,
  pepItem,
  pepItemOf,
  pepLimits as limits,
  romeo,
  storageTest,
} from './samples.js'

const many = nodeConfig({ maxItems: 'max' })
const tune = 'urn:example:tune'

const ids = async (pep: PepStore, wanted: ItemsWanted = {}, node = tune) =>
  (await pep.items(juliet, node, wanted)).items.map(({ id }) => id)

const quota = (bytes: number): PepLimits => ({ ...limits, bytes })

const publishAll = async (pep: PepStore, names: readonly string[], config = many) => {
  for (const name of names) await pep.publish(juliet, tune, pepItem(name), config, limits)
}

export const describePepStore = (open: Open): void => {
  const check = storageTest(open)

  describe('pep', () => {
    check('a configuration comes back as it was given', async ({ stores: { pep } }) => {
      const config = nodeConfig({
        accessModel: 'whitelist',
        maxItems: 'max',
        persistItems: false,
        sendLast: 'never',
        notifyRetract: false,
        deliverPayloads: false,
        whitelist: [romeo, awkward],
      })
      expect(await pep.create(juliet, awkward, config, limits)).toBe('created')
      expect(await pep.config(juliet, awkward)).toStrictEqual(config)
      expect(await pep.configure(juliet, awkward, nodeConfig(), limits)).toBe(true)
      expect(await pep.config(juliet, awkward)).toStrictEqual(nodeConfig())
    })

    check('an item comes back as it was given', async ({ stores: { pep } }) => {
      const item = pepItem(awkward, { xml: `<x>${awkward}</x>`, at: 1234567890123 })
      await pep.publish(juliet, tune, item, many, limits)
      expect(await pep.items(juliet, tune, {})).toStrictEqual({ items: [item], total: 1 })
    })

    check('publishing makes a node that is not there, and leaves the configuration of one that is', async (storage) => {
      const { pep } = storage.stores
      expect(await pep.publish(juliet, tune, pepItem('1'), many, limits)).toBe('published')
      expect(await pep.publish(juliet, tune, pepItem('2'), nodeConfig(), limits)).toBe('published')
      expect(await pep.config(juliet, tune)).toStrictEqual(many)
      expect(await ids(pep)).toEqual(['2', '1'])
    })

    check('without a configuration the node has to be there', async ({ stores: { pep } }) => {
      expect(await pep.publish(juliet, tune, pepItem('1'), undefined, limits)).toBe('no-node')
      expect(await pep.config(juliet, tune)).toBeUndefined()
      await pep.create(juliet, tune, many, limits)
      expect(await pep.publish(juliet, tune, pepItem('1'), undefined, limits)).toBe('published')
      expect(await ids(pep)).toEqual(['1'])
    })

    check('nodes beyond the limit are refused', async ({ stores: { pep } }) => {
      for (const node of ['a', 'b']) await pep.create(juliet, node, many, limits)
      const made = await Promise.all(['c', 'd'].map((node) => pep.create(juliet, node, many, limits)))
      expect(made).toEqual(['created', 'full'])
      expect(await pep.publish(juliet, 'e', pepItem('1'), many, limits)).toBe('full')
      expect(await pep.publish(juliet, 'a', pepItem('1'), many, limits)).toBe('published')
      expect((await pep.nodes(juliet)).map(({ node }) => node)).toEqual(['a', 'b', 'c'])
      expect(await pep.create(romeo, 'a', many, limits)).toBe('created')
    })

    check('the bytes of an item are those of its id, its publisher and its payload in UTF-8', async (storage) => {
      const { pep } = storage.stores
      const item = pepItem(awkward, { publisher: `${juliet}/${awkward}`, xml: `<x>${awkward}</x>` })
      const bytes = [item.id, item.publisher, item.xml].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
      expect(sizeOf(item)).toBe(bytes)
      expect(await pep.publish(juliet, tune, item, many, quota(bytes - 1))).toBe('full')
      expect(await pep.publish(juliet, tune, item, many, quota(bytes))).toBe('published')
      expect(await pep.publish(juliet, 'b', pepItemOf('1', 100), many, quota(bytes + 99))).toBe('full')
      expect(await pep.publish(juliet, 'b', pepItemOf('1', 100), many, quota(bytes + 100))).toBe('published')
    })

    check('an item beyond the bytes of the account is refused, and nothing of it is done', async (storage) => {
      const { pep } = storage.stores
      await pep.publish(juliet, tune, pepItemOf('1', 600), nodeConfig(), quota(1000))
      expect(await pep.publish(juliet, 'b', pepItemOf('1', 401), many, quota(1000))).toBe('full')
      expect(await pep.config(juliet, 'b')).toBeUndefined()
      expect(await pep.publish(juliet, tune, pepItemOf('1', 1001), many, quota(1000))).toBe('full')
      expect(await pep.publish(juliet, tune, pepItemOf('2', 1001), many, quota(1000))).toBe('full')
      expect(await pep.items(juliet, tune, {})).toStrictEqual({ items: [pepItemOf('1', 600)], total: 1 })
      expect(await pep.publish(juliet, 'b', pepItemOf('1', 400), many, quota(1000))).toBe('published')
    })

    check('of publishes at once, only those get in that fit', async ({ stores: { pep } }) => {
      const publish = (id: string) => pep.publish(juliet, tune, pepItemOf(id, 400), many, quota(1000))
      expect(await Promise.all(['1', '2', '3'].map(publish))).toEqual(['published', 'published', 'full'])
      expect(await ids(pep)).toEqual(['2', '1'])
    })

    check('an item that is replaced counts no more', async ({ stores: { pep } }) => {
      const put = (id: string, bytes: number) => pep.publish(juliet, tune, pepItemOf(id, bytes), many, quota(1000))
      expect(await put('1', 500)).toBe('published')
      expect(await put('2', 500)).toBe('published')
      expect(await put('1', 501)).toBe('full')
      expect(await put('1', 400)).toBe('published')
      expect(await put('3', 101)).toBe('full')
      expect(await put('3', 100)).toBe('published')
    })

    check('items that max_items drops count no more', async ({ stores: { pep } }) => {
      const put = (id: string, bytes: number) =>
        pep.publish(juliet, tune, pepItemOf(id, bytes), nodeConfig({ maxItems: 2 }), quota(1000))
      for (const id of ['1', '2']) await put(id, 500)
      expect(await put('3', 501)).toBe('full')
      expect(await put('3', 500)).toBe('published')
      expect(await put('2', 501)).toBe('full')
      expect(await put('2', 500)).toBe('published')
      expect(await ids(pep)).toEqual(['2', '3'])
    })

    check('what is retracted, purged, deleted or dropped by a configuration makes room', async (storage) => {
      const { pep } = storage.stores
      const fill = () => pep.publish(juliet, tune, pepItemOf('1', 1000), many, quota(1000))
      const inVain = () => pep.publish(juliet, 'b', pepItemOf('1', 100), many, quota(1000))
      for (const makeRoom of [
        () => pep.retract(juliet, tune, '1'),
        () => pep.purge(juliet, tune),
        () => pep.delete(juliet, tune),
      ]) {
        expect(await fill()).toBe('published')
        expect(await inVain()).toBe('full')
        expect(await makeRoom()).toBe(true)
      }
      for (const id of ['1', '2']) await pep.publish(juliet, tune, pepItemOf(id, 500), many, quota(1000))
      expect(await inVain()).toBe('full')
      await pep.configure(juliet, tune, nodeConfig({ maxItems: 1 }), limits)
      expect(await inVain()).toBe('published')
    })

    check('bytes of two accounts do not mix, and a wiped account leaves none behind', async (storage) => {
      const { pep } = storage.stores
      const fill = (account: string) => pep.publish(account, tune, pepItemOf('1', 1000), many, quota(1000))
      expect([await fill(juliet), await fill(romeo)]).toEqual(['published', 'published'])
      await storage.wipe(juliet)
      await storage.stores.accounts.create(juliet, credentials(3))
      expect(await fill(juliet)).toBe('published')
      expect(await pep.publish(romeo, 'b', pepItemOf('1', 100), many, quota(1000))).toBe('full')
    })

    check('a node that keeps nothing takes items of any size', async ({ stores: { pep } }) => {
      const transient = nodeConfig({ persistItems: false })
      expect(await pep.publish(juliet, tune, pepItemOf('1', 2000), transient, quota(1000))).toBe('published')
      expect(await pep.publish(juliet, 'b', pepItemOf('1', 1000), many, quota(1000))).toBe('published')
    })

    check('a node that is there is not made again', async ({ stores: { pep } }) => {
      await pep.create(juliet, tune, many, limits)
      expect(await pep.create(juliet, tune, nodeConfig(), limits)).toBe('conflict')
      expect(await pep.nodes(juliet)).toStrictEqual([{ node: tune, config: many }])
    })

    check('items come newest first, and one that is published again is the newest', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3'])
      await pep.publish(juliet, tune, pepItem('1', { xml: '<new/>' }), many, limits)
      expect(await ids(pep)).toEqual(['1', '3', '2'])
      expect((await pep.items(juliet, tune, { max: 1 })).items[0]?.xml).toBe('<new/>')
    })

    check('items are picked by id and by number', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3'])
      expect(await ids(pep, { ids: ['1', '3', '9'] })).toEqual(['3', '1'])
      expect(await ids(pep, { ids: ['1', '3'], max: 1 })).toEqual(['3'])
      expect(await ids(pep, { ids: [] })).toEqual([])
      expect(await ids(pep, { max: 2 })).toEqual(['3', '2'])
      expect(await ids(pep, { max: 0 })).toEqual([])
    })

    check('of items beyond the bytes the newest are read, and all are counted', async ({ stores: { pep } }) => {
      for (const [id, bytes] of [
        ['1', 100],
        ['2', 200],
        ['3', 300],
        ['4', 400],
      ] as const) {
        await pep.publish(juliet, tune, pepItemOf(id, bytes), many, limits)
      }
      const read = async (wanted: ItemsWanted) => {
        const { items, total } = await pep.items(juliet, tune, wanted)
        return [...items.map(({ id }) => id), total]
      }
      expect(await read({ bytes: 1000 })).toEqual(['4', '3', '2', '1', 4])
      expect(await read({ bytes: 999 })).toEqual(['4', '3', '2', 4])
      expect(await read({ bytes: 700 })).toEqual(['4', '3', 4])
      expect(await read({ bytes: 699 })).toEqual(['4', 4])
      expect(await read({ max: 3, bytes: 700 })).toEqual(['4', '3', 3])
      expect(await read({ max: 1, bytes: 700 })).toEqual(['4', 1])
      expect(await read({ ids: ['1', '3'], bytes: 399 })).toEqual(['3', 2])
      expect(await read({ ids: ['9'], bytes: 399 })).toEqual([0])
    })

    check('a small item behind one that does not fit is not read', async ({ stores: { pep } }) => {
      for (const [id, bytes] of [
        ['1', 100],
        ['2', 500],
        ['3', 100],
      ] as const) {
        await pep.publish(juliet, tune, pepItemOf(id, bytes), many, limits)
      }
      expect(await ids(pep, { bytes: 300 })).toEqual(['3'])
    })

    check('the newest item is read however long it is', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2'])
      expect(await ids(pep, { bytes: 1 })).toEqual(['2'])
    })

    check('the oldest items go when there are more than max_items', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3'], nodeConfig({ maxItems: 2 }))
      expect(await ids(pep)).toEqual(['3', '2'])
    })

    check('max_items is never more than the limit', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3', '4', '5'])
      expect(await ids(pep)).toEqual(['5', '4', '3', '2'])
      await pep.configure(juliet, tune, nodeConfig({ maxItems: 100 }), limits)
      await publishAll(pep, ['6', '7'])
      expect(await ids(pep)).toEqual(['7', '6', '5', '4'])
    })

    check('a lowered max_items drops the oldest', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3'])
      await pep.configure(juliet, tune, nodeConfig({ maxItems: 2 }), limits)
      expect(await ids(pep)).toEqual(['3', '2'])
    })

    check('a node that does not persist items keeps none, and leaves those that are there', async (storage) => {
      const { pep } = storage.stores
      await publishAll(pep, ['1'])
      await pep.configure(juliet, tune, nodeConfig({ persistItems: false }), limits)
      expect(await pep.publish(juliet, tune, pepItem('2'), undefined, limits)).toBe('published')
      expect(await ids(pep)).toEqual(['1'])
      expect(await pep.publish(juliet, 'b', pepItem('1'), nodeConfig({ persistItems: false }), limits)).toBe(
        'published',
      )
      expect(await pep.items(juliet, 'b', {})).toEqual({ items: [], total: 0 })
      expect(await pep.config(juliet, 'b')).toStrictEqual(nodeConfig({ persistItems: false }))
    })

    check('retracting takes one item', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2'])
      expect(await pep.retract(juliet, tune, '1')).toBe(true)
      expect(await pep.retract(juliet, tune, '1')).toBe(false)
      expect(await pep.retract(juliet, 'other', '2')).toBe(false)
      expect(await ids(pep)).toEqual(['2'])
    })

    check('purging takes the items and leaves the node', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2'])
      expect(await pep.purge(juliet, tune)).toBe(true)
      expect(await pep.purge(juliet, tune)).toBe(true)
      expect(await pep.purge(juliet, 'other')).toBe(false)
      expect(await ids(pep)).toEqual([])
      expect(await pep.config(juliet, tune)).toStrictEqual(many)
    })

    check('deleting takes the node and its items', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2'])
      expect(await pep.delete(juliet, tune)).toBe(true)
      expect(await pep.delete(juliet, tune)).toBe(false)
      expect(await pep.config(juliet, tune)).toBeUndefined()
      await pep.create(juliet, tune, many, limits)
      expect(await ids(pep)).toEqual([])
    })

    check('configuring a node that is not there says so', async ({ stores: { pep } }) => {
      expect(await pep.configure(juliet, tune, many, limits)).toBe(false)
      expect(await pep.config(juliet, tune)).toBeUndefined()
    })

    check('nodes of two accounts do not mix', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1'])
      await pep.publish(romeo, tune, pepItem('2'), many, limits)
      await pep.purge(romeo, tune)
      await pep.delete(romeo, tune)
      expect(await ids(pep)).toEqual(['1'])
    })

    check('nothing is written for an account that is not there', async ({ stores: { pep } }) => {
      expect(await pep.create(nobody, tune, many, limits)).toBe('full')
      expect(await pep.publish(nobody, tune, pepItem('1'), many, limits)).toBe('full')
      expect(await pep.nodes(nobody)).toEqual([])
    })
  })
}
