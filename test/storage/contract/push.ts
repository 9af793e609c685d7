// The contract of PushStore.

import { describe, expect } from 'vitest'
import { type NewRegistration, type Registration, sizeOfRules } from '../../../storage/push.js'
import type { Storage } from '../../../storage/storage.js'
import {
  awkward,
  debt,
  juliet,
  message,
  nobody,
  type Open,
  owedBy,
  registration,
  romeo,
  service,
  storageTest,
} from './samples.js'

const full = registration({
  node: awkward,
  sealing: { key: Uint8Array.from({ length: 16 }, (_, index) => index * 17), maxSize: 16384 },
  omemoDevice: 4294967295,
  publishOptions: `<x xmlns='jabber:x:data'>${awkward}</x>`,
  client: { resource: awkward, chosen: true, userAgent: 'd4565fa7-4d72-4749-b3d3-740edbf87770' },
  created: 1234567890123,
})

/** The registration as it is given back when nothing has become of it yet. */
const fresh = (given: NewRegistration): Registration => ({
  ...given,
  state: 'active',
  reason: undefined,
  disabledAt: undefined,
  told: false,
  sealedCount: 0,
  usedAt: given.created,
  lastResult: undefined,
})
const nodes = (list: readonly Registration[]) => list.map(({ node }) => node)
const owed = async ({ stores }: Storage) => (await owedBy(stores.messages)).map((one) => one.message)

export const describePushStore = (open: Open): void => {
  const check = storageTest(open)

  describe('push', () => {
    check('a registration comes back as it was given', async ({ stores: { push } }) => {
      expect(await push.put(full, 1)).toBe(true)
      expect(await push.find(juliet, service, awkward)).toStrictEqual(fresh(full))
    })

    check('a registration without a node is its own', async ({ stores: { push } }) => {
      await push.put(registration({ node: '' }), 10)
      await push.put(registration({ node: 'phone' }), 10)
      expect((await push.find(juliet, service, ''))?.node).toBe('')
      expect(await push.find(juliet, service, 'tablet')).toBeUndefined()
    })

    check('the same service and node replaces the registration whole', async ({ stores: { push } }) => {
      await push.put(full, 1)
      await push.answered(juliet, service, awkward, 'result', 5)
      const plain = registration({ node: awkward })
      expect(await push.put(plain, 1)).toBe(true)
      expect(await push.of(juliet)).toStrictEqual([fresh(plain)])
    })

    check('a new one beyond the limit is refused, disabled ones counted', async ({ stores: { push } }) => {
      await push.put(registration({ node: 'a' }), 2)
      await push.put(registration({ node: 'b' }), 2)
      await push.disable(juliet, service, 'b', 500, 'gone', 7)
      expect(await push.put(registration({ node: 'c' }), 2)).toBe(false)
      expect(nodes(await push.of(juliet))).toEqual(['a', 'b'])
      expect(await push.put(registration({ account: romeo, node: 'c' }), 2)).toBe(true)
    })

    check('nothing is written for an account that is not there', async ({ stores: { push } }) => {
      expect(await push.put(registration({ account: nobody }), 10)).toBe(false)
      expect(await push.all()).toEqual([])
    })

    check('they are listed by account, the oldest first', async ({ stores: { push } }) => {
      await push.put(registration({ account: romeo, node: 'z' }), 10)
      for (const node of ['b', 'a']) await push.put(registration({ node }), 10)
      expect(nodes(await push.of(juliet))).toEqual(['b', 'a'])
      expect(nodes(await push.all())).toEqual(['b', 'a', 'z'])
    })

    check('one node is removed, or all of that service', async ({ stores: { push } }) => {
      for (const node of ['', 'a', 'b']) await push.put(registration({ node }), 10)
      await push.put(registration({ service: 'other.localhost', node: 'a' }), 10)
      await push.put(registration({ account: romeo, node: 'a' }), 10)
      await push.remove(juliet, service, '')
      expect(nodes(await push.of(juliet))).toEqual(['a', 'b', 'a'])
      await push.remove(juliet, service, undefined)
      expect((await push.of(juliet)).map((one) => one.service)).toEqual(['other.localhost'])
      expect(nodes(await push.of(romeo))).toEqual(['a'])
    })

    check('of one that was created then, only that is removed', async ({ stores: { push } }) => {
      await push.put(registration({ created: 501 }), 10)
      expect(await push.remove(juliet, service, 'phone', 500)).toBe(false)
      expect(nodes(await push.of(juliet))).toEqual(['phone'])
      expect(await push.remove(juliet, service, 'phone', 501)).toBe(true)
      expect(await push.remove(juliet, service, 'phone', 501)).toBe(false)
      expect(await push.of(juliet)).toEqual([])
    })

    check('the rules of an account have room for so many bytes, and who has no lists always has', async (storage) => {
      const { push } = storage.stores
      const { rules } = registration()
      // Bytes, not characters.
      const listed = { ...rules, muted: ['é'.repeat(500)] }
      const bytes = sizeOfRules(listed)
      const puts = (node: string, limit: number, more: Partial<NewRegistration> = { rules: listed }) =>
        push.put(registration({ node, ...more }), 9, limit)
      expect(bytes).toBeGreaterThan(1000)
      expect(await puts('a', bytes - 1)).toBe(false)
      expect(await puts('a', bytes)).toBe(true)
      expect(await puts('b', 2 * bytes - 1)).toBe(false)
      expect(await puts('b', 0, {})).toBe(true)
      expect(await puts('a', bytes)).toBe(true)
      expect(await puts('b', bytes, { account: romeo, rules: listed })).toBe(true)
      expect(await puts('b', 2 * bytes)).toBe(true)
      expect(nodes(await push.of(juliet))).toEqual(['a', 'b'])
    })

    check('removing one takes along what is owed to it, and messages that nobody waits for', async (storage) => {
      const { push, messages } = storage.stores
      for (const node of ['phone', 'tablet']) await push.put(registration({ node }), 10)
      const both = [debt(), debt({ node: 'tablet' })]
      await messages.keep(juliet, message('m1', { waiting: false }), both, 10)
      await messages.keep(juliet, message('m2'), [debt()], 10)
      await push.remove(juliet, service, 'phone')
      expect(await owed(storage)).toEqual(['m1'])
      await push.remove(juliet, service, 'tablet')
      expect(await owed(storage)).toEqual([])
      expect((await messages.waiting(juliet, 0, 1000)).map(({ id }) => id)).toEqual(['m2'])
    })

    check('an answer is noted, and the last one counts', async ({ stores: { push } }) => {
      for (const node of ['a', 'b']) await push.put(registration({ node }), 10)
      await Promise.all([
        push.answered(juliet, service, 'a', 'remote-server-timeout', 6),
        push.answered(juliet, service, 'b', 'result', 7),
        push.answered(juliet, service, 'a', 'result', 5),
        push.answered(juliet, service, 'gone', 'result', 8),
      ])
      expect((await push.of(juliet)).map((one) => one.lastResult)).toEqual([
        { at: 5, outcome: 'result' },
        { at: 7, outcome: 'result' },
      ])
    })

    check('a disabled one keeps its reason and is owed nothing more', async (storage) => {
      const { push, messages } = storage.stores
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [debt()], 10)
      expect(await push.disable(juliet, service, 'phone', 500, 'item-not-found', 77)).toBe(true)
      await messages.keep(juliet, message('m2'), [debt()], 10)
      const disabled = { ...fresh(registration()), state: 'disabled', reason: 'item-not-found', disabledAt: 77 }
      expect(await push.find(juliet, service, 'phone')).toStrictEqual(disabled)
      expect(await owed(storage)).toEqual([])
      expect(await messages.waiting(juliet, 0, 1000)).toHaveLength(2)
    })

    check('a new registration revives a disabled one', async (storage) => {
      const { push, messages } = storage.stores
      await push.put(registration(), 10)
      await push.disable(juliet, service, 'phone', 500, 'gone', 77)
      await push.put(registration(), 10)
      expect(await push.of(juliet)).toStrictEqual([fresh(registration())])
      await messages.keep(juliet, message('m1'), [debt()], 10)
      expect(await owed(storage)).toEqual(['m1'])
    })

    check('who enables again is still owed what was owed, and its unread goes on', async (storage) => {
      const { push, messages } = storage.stores
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [debt()], 10)
      await push.put(registration({ omemoDevice: 5 }), 10)
      await messages.keep(juliet, message('m2'), [debt()], 10)
      expect((await owedBy(messages)).map((one) => [one.message, one.unread])).toEqual([
        ['m1', 1],
        ['m2', 2],
      ])
    })

    check('one that was enabled anew meanwhile is not the one that is disabled', async (storage) => {
      const { push, messages } = storage.stores
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [debt()], 10)
      await push.put(registration({ created: 501 }), 10)
      expect(await push.disable(juliet, service, 'phone', 500, 'gone', 77)).toBe(false)
      expect(await push.of(juliet)).toStrictEqual([fresh(registration({ created: 501 }))])
      expect(await owed(storage)).toEqual(['m1'])
    })

    const day = 24 * 60 * 60 * 1000
    const rules = {
      ...{ away: true, muted: [romeo, awkward], ignoreUnknown: true, priority: true, jingle: true },
      rooms: [
        { room: 'coven@chat.shakespeare.lit', nick: undefined },
        { room: 'forres@chat.shakespeare.lit', nick: awkward },
      ],
    }

    check('its rules come back as they were given', async ({ stores: { push } }) => {
      await push.put(registration({ rules }), 1)
      expect((await push.of(juliet))[0]?.rules).toStrictEqual(rules)
      await push.put(registration({ rules: { ...rules, rooms: [] } }), 1)
      expect((await push.of(juliet))[0]?.rules.rooms).toEqual([])
    })

    check('what was sealed is counted under one key', async ({ stores: { push } }) => {
      const sealedWith = (first: number) =>
        registration({ sealing: { key: Uint8Array.from({ length: 16 }, () => first), maxSize: 3000 } })
      const answer = () => push.answered(juliet, service, 'phone', 'result', 5)
      const count = async () => (await push.of(juliet))[0]?.sealedCount
      await push.put(sealedWith(1), 1)
      await Promise.all([answer(), answer(), answer()])
      expect(await count()).toBe(3)
      await push.put(sealedWith(1), 1)
      expect(await count()).toBe(3)
      await push.put(sealedWith(2), 1)
      expect(await count()).toBe(0)
      await push.put(registration(), 1)
      await answer()
      expect(await count()).toBe(0)
    })

    check('whose client has heard that it is disabled, until it is enabled again', async ({ stores: { push } }) => {
      const told = async () => (await push.of(juliet))[0]?.told
      await push.put(registration(), 1)
      await push.disable(juliet, service, 'phone', 500, 'gone', 77)
      await push.told(juliet, service, 'phone', 499)
      expect(await told()).toBe(false)
      await push.told(juliet, service, 'phone', 500)
      expect(await told()).toBe(true)
      await push.put(registration(), 1)
      expect(await told()).toBe(false)
    })

    check('a registration is in use when its client is, to the day', async ({ stores: { push } }) => {
      const used = async () => (await push.of(juliet)).map(({ usedAt }) => usedAt)
      const userAgent = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
      await push.put(registration({ node: 'a', client: { resource: 'phone', chosen: true, userAgent: undefined } }), 9)
      await push.put(registration({ node: 'b', client: { resource: 'x1', chosen: false, userAgent } }), 9)
      await push.used(juliet, { resource: 'phone', userAgent: undefined }, 500 + day - 1)
      expect(await used()).toEqual([500, 500])
      await push.used(juliet, { resource: 'phone', userAgent: undefined }, 500 + day)
      expect(await used()).toEqual([500 + day, 500])
      await push.used(juliet, { resource: 'x2', userAgent }, 500 + 2 * day)
      expect(await used()).toEqual([500 + day, 500 + 2 * day])
    })

    check('those whose client was not seen for long, the longest unseen first', async ({ stores: { push } }) => {
      for (const [node, created] of [
        ['a', 30],
        ['b', 10],
        ['c', 20],
        ['d', 5],
        ['e', 40],
      ] as const)
        await push.put(registration({ node, created }), 9)
      await push.disable(juliet, service, 'd', 5, 'gone', 77)
      expect(nodes(await push.unused(40, 9))).toEqual(['b', 'c', 'a'])
      expect(nodes(await push.unused(40, 2))).toEqual(['b', 'c'])
    })

    check('what a client has not been told of: its own, disabled ones', async ({ stores: { push } }) => {
      const userAgent = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
      const phone = { resource: 'phone', chosen: true, userAgent: undefined }
      await push.put(registration({ node: 'a', client: { ...phone, resource: 'x1', userAgent } }), 9)
      for (const node of ['b', 'c', 'd']) await push.put(registration({ node, client: phone }), 9)
      for (const node of ['a', 'b', 'c']) await push.disable(juliet, service, node, 500, 'gone', 77)
      await push.told(juliet, service, 'c', 500)
      const untold = async (client: { readonly resource: string; readonly userAgent: string | undefined }) =>
        nodes(await push.untold(juliet, client))
      expect(await untold({ resource: 'phone', userAgent: undefined })).toEqual(['b'])
      expect(await untold({ resource: 'phone', userAgent })).toEqual(['a', 'b'])
      expect(await untold({ resource: 'x2', userAgent: undefined })).toEqual([])
      expect(await push.untold(romeo, { resource: 'phone', userAgent })).toEqual([])
    })

    check('those disabled for long whose client did not come since', async ({ stores: { push } }) => {
      const client = (resource: string) => ({ resource, chosen: true, userAgent: undefined })
      for (const node of ['a', 'b', 'c', 'd']) await push.put(registration({ node, client: client(node) }), 9)
      await push.disable(juliet, service, 'a', 500, 'gone', 2000)
      await push.disable(juliet, service, 'b', 500, 'unused', 1000)
      await push.disable(juliet, service, 'c', 500, 'unused', 1000)
      await push.used(juliet, client('c'), 500 + day)
      expect(nodes(await push.forgotten(1000, 9))).toEqual([])
      expect(nodes(await push.forgotten(2001, 9))).toEqual(['b', 'a'])
      expect(nodes(await push.forgotten(2001, 1))).toEqual(['b'])
      expect(nodes(await push.forgotten(500 + day + 1, 9))).toEqual(['b', 'c', 'a'])
    })

    check('they are counted by their state', async ({ stores: { push } }) => {
      expect(await push.count()).toStrictEqual({ active: 0, disabled: 0 })
      for (const node of ['phone', 'tablet', 'watch']) await push.put(registration({ node }), 10)
      await push.disable(juliet, service, 'tablet', 500, 'gone', 5000)
      expect(await push.count()).toStrictEqual({ active: 2, disabled: 1 })
    })

    check('disabling what is not there is no fault', async ({ stores: { push } }) => {
      expect(await push.disable(juliet, service, 'phone', 500, 'gone', 77)).toBe(false)
      await push.remove(juliet, service, undefined)
      expect(await push.of(juliet)).toEqual([])
    })
  })
}
