// The contract of PepStore.

import { describe, expect } from 'vitest'
import type { PepStore } from '../../../storage/pep.js'
import { awkward, juliet, nobody, nodeConfig, type Open, pepItem, romeo, storageTest } from './samples.js'

const limits = { nodes: 3, items: 4 }
const many = nodeConfig({ maxItems: 'max' })
const tune = 'urn:example:tune'

const ids = async (pep: PepStore, wanted: Parameters<PepStore['items']>[2] = {}) =>
  (await pep.items(juliet, tune, wanted)).map(({ id }) => id)

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
      expect(await pep.items(juliet, tune, {})).toStrictEqual([item])
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

    check('a node that is there is not made again', async ({ stores: { pep } }) => {
      await pep.create(juliet, tune, many, limits)
      expect(await pep.create(juliet, tune, nodeConfig(), limits)).toBe('conflict')
      expect(await pep.nodes(juliet)).toStrictEqual([{ node: tune, config: many }])
    })

    check('items come newest first, and one that is published again is the newest', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3'])
      await pep.publish(juliet, tune, pepItem('1', { xml: '<new/>' }), many, limits)
      expect(await ids(pep)).toEqual(['1', '3', '2'])
      expect((await pep.items(juliet, tune, { max: 1 }))[0]?.xml).toBe('<new/>')
    })

    check('items are picked by id and by number', async ({ stores: { pep } }) => {
      await publishAll(pep, ['1', '2', '3'])
      expect(await ids(pep, { ids: ['1', '3', '9'] })).toEqual(['3', '1'])
      expect(await ids(pep, { ids: ['1', '3'], max: 1 })).toEqual(['3'])
      expect(await ids(pep, { ids: [] })).toEqual([])
      expect(await ids(pep, { max: 2 })).toEqual(['3', '2'])
      expect(await ids(pep, { max: 0 })).toEqual([])
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
      expect(await pep.items(juliet, 'b', {})).toEqual([])
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
