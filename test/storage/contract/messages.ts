// The contract of MessageStore.

import { describe, expect } from 'vitest'
import type { DebtOfMessage, DueDebt, MessageStore } from '../../../storage/messages.js'
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

const waiting = async (messages: MessageStore, account = juliet) =>
  (await messages.waiting(account, 0, 1000)).map(({ id }) => id)
const owed = (messages: MessageStore) => owedBy(messages)
const everything = { after: undefined, now: 1e15, count: 1000, except: [] }
const owedFor = async (messages: MessageStore) => (await owed(messages)).map((one) => one.message)

export const describeMessageStore = (open: Open): void => {
  const check = storageTest(open)

  describe('messages', () => {
    check('a message comes back as it was given', async ({ stores: { messages } }) => {
      const xml = `<message><body>${awkward}</body></message>`
      expect(await messages.keep(juliet, message(awkward, { xml, at: 1234567890123 }), [], 1)).toBeDefined()
      expect(await messages.waiting(juliet, 0, 10)).toMatchObject([{ id: awkward, xml, at: 1234567890123 }])
      expect(await messages.waiting(romeo, 0, 10)).toEqual([])
    })

    check(
      'messages wait in the order in which they were kept, whatever the clock did, and are read on after any of them',
      async (storage) => {
        const { messages } = storage.stores
        await Promise.all(['m1', 'm2', 'm3'].map((id) => messages.keep(juliet, message(id), [], 10)))
        await messages.keep(juliet, message('m4'), [], 10)
        await messages.keep(juliet, message('m0', { at: 999 }), [], 10)
        expect(await waiting(messages)).toEqual(['m1', 'm2', 'm3', 'm4', 'm0'])
        const [, second] = await messages.waiting(juliet, 0, 2)
        const rest = await messages.waiting(juliet, second?.order ?? 0, 2)
        expect(rest.map(({ id }) => id)).toEqual(['m3', 'm4'])
      },
    )

    check('who reads on misses nothing that came meanwhile, even when all before it is gone', async (storage) => {
      const { messages, push } = storage.stores
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m0', { waiting: false }), [debt()], 10)
      await messages.keep(juliet, message('m1'), [], 10)
      const last = (await messages.waiting(juliet, 0, 10))[0]?.order ?? 0
      await messages.remove(juliet, ['m1'])
      await messages.keep(juliet, message('m2'), [], 10)
      await Promise.all(['m0', 'm3'].map((id) => messages.keep(juliet, message(id), [], 10)))
      expect((await messages.waiting(juliet, last, 10)).map(({ id }) => id)).toEqual(['m2', 'm0', 'm3'])
      expect(await owedFor(messages)).toEqual(['m0'])
    })

    check('the number of a message that is gone does not come again', async ({ stores: { messages } }) => {
      await messages.keep(juliet, message('m1'), [], 10)
      const last = (await messages.waiting(juliet, 0, 10))[0]?.order ?? 0
      await messages.remove(juliet, ['m1'])
      await messages.keep(juliet, message('m2'), [], 10)
      expect((await messages.waiting(juliet, last, 10)).map(({ id }) => id)).toEqual(['m2'])
    })

    check('a full box takes no more, also of messages that come at the same time', async ({ stores: { messages } }) => {
      await messages.keep(juliet, message('m1'), [], 3)
      const ids = ['m2', 'm3', 'm4', 'm5']
      expect(await Promise.all(ids.map((id) => messages.keep(juliet, message(id), [], 3)))).toEqual([
        [],
        [],
        undefined,
        undefined,
      ])
      expect(await messages.keep(juliet, message('m6'), [], 3)).toBeUndefined()
      expect(await messages.keep(romeo, message('m7'), [], 3)).toBeDefined()
      expect(await waiting(messages)).toEqual(['m1', 'm2', 'm3'])
    })

    check('what is refused is owed to nobody and counted for nobody', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [], 1)
      expect(await messages.keep(juliet, message('m2'), [debt()], 1)).toBeUndefined()
      expect(await owed(messages)).toEqual([])
      await messages.keep(juliet, message('m3', { waiting: false }), [debt()], 1)
      expect((await owed(messages)).map((one) => one.unread)).toEqual([1])
    })

    check(
      'a message that nobody waits for is not limited and not handed over',
      async ({ stores: { messages, push } }) => {
        await push.put(registration(), 10)
        expect(await messages.keep(juliet, message('m1', { waiting: false }), [debt()], 0)).toBeDefined()
        expect(await waiting(messages)).toEqual([])
        expect(await owedFor(messages)).toEqual(['m1'])
        expect(await messages.keep(juliet, message('m2'), [], 1)).toBeDefined()
      },
    )

    check('nothing is kept for an account that is not there', async ({ stores: { messages } }) => {
      expect(await messages.keep(nobody, message('m1'), [], 10)).toBeUndefined()
      expect(await waiting(messages, nobody)).toEqual([])
    })

    check('the same id for two accounts is two messages', async ({ stores: { messages } }) => {
      await messages.keep(juliet, message('m1'), [], 10)
      await messages.keep(romeo, message('m1'), [], 10)
      await messages.remove(juliet, ['m1'])
      expect(await waiting(messages)).toEqual([])
      expect(await waiting(messages, romeo)).toEqual(['m1'])
    })

    check('a message kept for a push alone can be made to wait', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1', { waiting: false }), [debt()], 1)
      expect(await messages.keep(juliet, message('m1', { xml: '<other/>' }), [debt()], 1)).toBeDefined()
      expect(await messages.waiting(juliet, 0, 10)).toMatchObject([{ id: 'm1', xml: message('m1').xml, at: 1000 }])
      expect((await owed(messages)).map((one) => [one.message, one.unread])).toEqual([['m1', 1]])
      expect(await messages.keep(juliet, message('m2'), [], 1)).toBeUndefined()
      expect(await messages.keep(juliet, message('m1'), [], 1)).toBeDefined()
    })

    check('a debt says all that a push needs', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      const wanted = debt({ topic: 'messages', at: 1001, expires: 8888 })
      const kept = await messages.keep(juliet, message('m1'), [wanted], 10)
      const [one] = await owed(messages)
      const rest = { message: 'm1', xml: message('m1').xml, unread: 1, attempts: 0, due: 1001 }
      expect(one).toStrictEqual({ ...wanted, ...rest, id: one?.id, item: one?.item })
      expect(kept).toStrictEqual([one])
      expect(one?.id).toBeGreaterThan(0)
      expect(one?.item).toMatch(/^[-0-9a-f]{36}$/)
    })

    check(
      'a debt whose registration is not there is left out, the others stand',
      async ({ stores: { messages, push } }) => {
        await push.put(registration(), 10)
        const debts = [debt({ node: 'gone' }), debt(), debt({ service: 'gone.localhost' })]
        expect(await messages.keep(juliet, message('m1'), debts, 10)).toBeDefined()
        expect((await owed(messages)).map(({ node }) => node)).toEqual(['phone'])
      },
    )

    check('a newer debt with the same topic replaces the older one of that registration', async (storage) => {
      const { messages, push } = storage.stores
      for (const node of ['phone', 'tablet']) await push.put(registration({ node }), 10)
      await messages.keep(juliet, message('m1'), [debt({ topic: 't' }), debt({ topic: 't', node: 'tablet' })], 10)
      const [old] = await owed(messages)
      await messages.keep(juliet, message('m2'), [debt({ topic: 't' })], 10)
      await messages.keep(juliet, message('m3'), [debt({ topic: 'other' })], 10)
      const list = await owed(messages)
      expect(list.map((one) => [one.node, one.message, one.unread])).toEqual([
        ['tablet', 'm1', 1],
        ['phone', 'm2', 2],
        ['phone', 'm3', 3],
      ])
      await messages.settle(old?.id ?? 0)
      expect(await owed(messages)).toEqual(list)
    })

    check(
      'the newest replaces the others also when they come at the same time',
      async ({ stores: { messages, push } }) => {
        await push.put(registration(), 10)
        const ids = ['m1', 'm2', 'm3']
        const keep = (id: string) => messages.keep(juliet, message(id, { waiting: false }), [debt({ topic: 't' })], 10)
        const kept = await Promise.all(ids.map(keep))
        const left = await owed(messages)
        expect(left.map((one) => [one.message, one.unread])).toEqual([['m3', 3]])
        expect(kept).toStrictEqual([[], [], left])
      },
    )

    check('debts without a topic stand alone', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      for (const id of ['m1', 'm2']) await messages.keep(juliet, message(id), [debt()], 10)
      await messages.keep(juliet, message('m3'), [debt({ topic: 't' })], 10)
      expect(await owedFor(messages)).toEqual(['m1', 'm2', 'm3'])
    })

    check('owed debts come in pages, and only those that are due', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      for (const [id, at] of [
        ['m1', 10],
        ['m2', 30],
        ['m3', 20],
        ['m4', 10],
      ] as const)
        await messages.keep(juliet, message(id), [debt({ at })], 10)
      const [m1, m2, m3, m4] = (await owed(messages)).map(({ id }) => id)
      const page = async (now: number, after?: DueDebt) => messages.due(service, { after, now, count: 2, except: [] })
      const first = await page(20)
      expect(first.map(({ id, due }) => [id, due])).toEqual([
        [m1, 10],
        [m4, 10],
      ])
      expect((await page(20, first[1])).map(({ id }) => id)).toEqual([m3])
      expect((await page(30, first[1])).map(({ id }) => id)).toEqual([m3, m2])
      expect(await page(9)).toEqual([])
    })

    check(
      'what is listed as owed is told apart from the rest, and not more',
      async ({ stores: { messages, push } }) => {
        await push.put(registration({ node: awkward }), 10)
        await messages.keep(juliet, message('m1'), [debt({ node: awkward, topic: 't' })], 10)
        await messages.keep(juliet, message('m2'), [debt({ node: awkward })], 10)
        const id: unknown = expect.any(Number)
        expect(await messages.due(service, everything)).toStrictEqual([
          { id, account: juliet, service, node: awkward, topic: 't', due: 1000 },
          { id, account: juliet, service, node: awkward, topic: undefined, due: 1000 },
        ])
      },
    )

    check('each service is read for itself, and accounts can be left out', async ({ stores: { messages, push } }) => {
      const services = ['a.localhost', awkward, 'z.localhost']
      for (const account of [juliet, romeo])
        for (const one of services) {
          await push.put(registration({ account, service: one }), 10)
          await messages.keep(account, message(one), [debt({ account, service: one })], 10)
        }
      expect(await messages.services()).toEqual([...services].sort())
      const accounts = async (one: string, ...except: readonly string[]) =>
        (await messages.due(one, { ...everything, except })).map(({ account }) => account)
      expect(await accounts(awkward)).toEqual([juliet, romeo])
      expect(await accounts(awkward, juliet, nobody)).toEqual([romeo])
      expect(await accounts('z.localhost', juliet, romeo)).toEqual([])
      expect(await accounts('nobody.localhost')).toEqual([])
      await push.remove(juliet, awkward, undefined)
      await push.remove(romeo, awkward, undefined)
      expect(await messages.services()).toEqual(['a.localhost', 'z.localhost'])
    })

    check(
      'the next due time is that of the earliest debt that is not due yet',
      async ({ stores: { messages, push } }) => {
        expect(await messages.nextDue(service, 0)).toBeUndefined()
        await push.put(registration(), 10)
        for (const at of [30, 20]) await messages.keep(juliet, message(`m${at}`), [debt({ at })], 10)
        expect(await messages.nextDue(service, 0)).toBe(20)
        expect(await messages.nextDue(service, 20)).toBe(30)
      },
    )

    check('a removed message stays as long as a push is owed for it', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [debt()], 1)
      await messages.remove(juliet, ['m1', 'unknown'])
      expect(await waiting(messages)).toEqual([])
      const [one] = await owed(messages)
      expect(one?.xml).toBe(message('m1').xml)
      expect(await messages.keep(juliet, message('m2'), [], 1)).toBeDefined()
    })

    check('removing takes only the messages that are named', async ({ stores: { messages } }) => {
      for (const id of ['m1', 'm2', 'm3']) await messages.keep(juliet, message(id), [], 10)
      await messages.remove(juliet, [])
      await messages.remove(romeo, ['m2'])
      await messages.remove(juliet, ['m1', 'm3'])
      expect(await waiting(messages)).toEqual(['m2'])
    })

    check('a settled debt goes, and leaves a message that waits', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      for (const id of ['m1', 'm2']) await messages.keep(juliet, message(id), [debt()], 10)
      const [first] = await owed(messages)
      expect(await messages.debt(first?.id ?? 0)).toStrictEqual(first)
      await Promise.all([messages.settle(first?.id ?? 0), messages.settle(first?.id ?? 0), messages.settle(999)])
      expect(await messages.debt(first?.id ?? 0)).toBeUndefined()
      expect(await owedFor(messages)).toEqual(['m2'])
      expect(await waiting(messages)).toEqual(['m1', 'm2'])
    })

    check('what is withdrawn is owed to nobody of the account, and nothing else is', async (storage) => {
      const { messages, push } = storage.stores
      for (const account of [juliet, romeo]) await push.put(registration({ account }), 10)
      for (const [account, id, topic] of [
        [juliet, 'm1', 'call 1'],
        [juliet, 'm2', 'call 2'],
        [romeo, 'm3', 'call 1'],
      ] as const)
        await messages.keep(account, message(id), [debt({ account, topic })], 10)
      await messages.withdraw(juliet, 'call 1')
      await messages.withdraw(juliet, 'call 3')
      expect(await owedFor(messages)).toEqual(['m2', 'm3'])
      expect(await waiting(messages)).toEqual(['m1', 'm2'])
    })

    check('the number of a settled debt does not come again', async ({ stores: { messages, push } }) => {
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [debt()], 10)
      const [first] = await owed(messages)
      await messages.settle(first?.id ?? 0)
      await messages.keep(juliet, message('m2'), [debt()], 10)
      const [second] = await owed(messages)
      expect(second?.id).toBeGreaterThan(first?.id ?? Infinity)
    })

    check(
      'a postponed debt keeps its number and item, and counts its attempts',
      async ({ stores: { messages, push } }) => {
        await push.put(registration(), 10)
        await messages.keep(juliet, message('m1'), [debt()], 10)
        const [before] = await owed(messages)
        const id = before?.id ?? 0
        await Promise.all([messages.postpone(id, 6000), messages.postpone(id, 5000), messages.postpone(999, 1)])
        expect(await owedBy(messages, 4999)).toEqual([])
        expect(await owedBy(messages, 5000)).toStrictEqual([{ ...before, attempts: 2, due: 5000 }])
        expect(await messages.nextDue(service, 0)).toBe(5000)
      },
    )

    check(
      'who has collected is owed nothing, and everybody counts from the start again',
      async ({ stores: { messages, push } }) => {
        for (const node of ['phone', 'tablet']) await push.put(registration({ node }), 10)
        const both = [debt(), debt({ node: 'tablet' })]
        for (const id of ['m1', 'm2']) await messages.keep(juliet, message(id), both, 10)
        const seen = await messages.lastDebt()
        await messages.keep(juliet, message('late'), [debt({ topic: 'call' })], 10)
        await messages.collected(juliet, [{ service, node: 'phone' }], seen)
        await messages.keep(juliet, message('m3'), both, 10)
        expect((await owed(messages)).map((one) => [one.node, one.message, one.unread])).toEqual([
          ['tablet', 'm1', 1],
          ['tablet', 'm2', 2],
          ['phone', 'late', 3],
          ['phone', 'm3', 1],
          ['tablet', 'm3', 1],
        ])
        expect(await waiting(messages)).toEqual(['m1', 'm2', 'late', 'm3'])
      },
    )

    check('what has expired is listed, whichever service it is owed to, what expired first first', async (storage) => {
      const { messages, push } = storage.stores
      expect(await messages.nextExpiry()).toBeUndefined()
      for (const one of ['a.localhost', 'b.localhost']) await push.put(registration({ service: one }), 10)
      const owe = (id: string, expires: number, to: string) =>
        messages.keep(juliet, message(id), [debt({ expires, service: to, topic: id })], 10)
      await owe('m1', 3000, 'a.localhost')
      await owe('m2', 2000, 'b.localhost')
      await owe('m3', 4000, 'a.localhost')
      expect(await messages.nextExpiry()).toBe(2000)
      expect(await messages.expired(1999, 10)).toEqual([])
      const names = { account: juliet, node: 'phone' }
      const [m2, m1, ...more] = await messages.expired(3000, 10)
      expect(more).toEqual([])
      expect(m2).toStrictEqual({ ...names, id: m2?.id, service: 'b.localhost', topic: 'm2', message: 'm2' })
      expect(m1).toStrictEqual({ ...names, id: m1?.id, service: 'a.localhost', topic: 'm1', message: 'm1' })
      expect(await messages.expired(9000, 1)).toEqual([m2])
      await messages.settle(m2?.id ?? 0)
      expect(await messages.nextExpiry()).toBe(3000)
    })

    check('who takes back what is owed hears what that was', async ({ stores: { messages, push } }) => {
      for (const node of ['phone', 'tablet']) await push.put(registration({ node }), 10)
      await push.put(registration({ account: romeo }), 10)
      const both = (topic: string) => ['phone', 'tablet'].map((node) => debt({ node, topic }))
      await messages.keep(juliet, message('m1'), both('call'), 10)
      await messages.keep(juliet, message('m2'), both('other'), 10)
      await messages.keep(romeo, message('m3'), [debt({ account: romeo, topic: 'call' })], 10)
      const named = (gone: readonly DebtOfMessage[]) =>
        gone.map((one) => [one.account, one.node, one.topic, one.message])
      expect(named(await messages.withdraw(juliet, 'call'))).toEqual([
        [juliet, 'phone', 'call', 'm1'],
        [juliet, 'tablet', 'call', 'm1'],
      ])
      expect(await messages.withdraw(juliet, 'call')).toEqual([])
      expect(named(await messages.collected(juliet, [{ service, node: 'tablet' }], Infinity))).toEqual([
        [juliet, 'tablet', 'other', 'm2'],
      ])
      expect((await owed(messages)).map((one) => [one.account, one.node])).toEqual([
        [juliet, 'phone'],
        [romeo, 'phone'],
      ])
    })

    check('what is owed is listed for an account or for all, the newest of it', async ({ stores }) => {
      const { messages, push } = stores
      await push.put(registration(), 10)
      await push.put(registration({ account: romeo }), 10)
      await messages.keep(juliet, message('m1'), [debt({ topic: 'a' })], 10)
      await messages.keep(romeo, message('m2'), [debt({ account: romeo, at: 2000 })], 10)
      await messages.keep(juliet, message('m3'), [debt()], 10)
      const [first] = await messages.owedTo(juliet, 10)
      await messages.postpone(first?.id ?? 0, 6000)
      const { id } = first ?? {}
      expect(await messages.owedTo(juliet, 1)).toMatchObject([{ message: 'm3', topic: undefined, attempts: 0 }])
      expect(await messages.owedTo(romeo, 10)).toMatchObject([{ account: romeo, message: 'm2', at: 2000 }])
      expect((await messages.owedTo(undefined, 2)).map((one) => one.message)).toEqual(['m2', 'm3'])
      expect((await messages.owedTo(undefined, 10))[0]).toStrictEqual({
        id,
        account: juliet,
        service,
        node: 'phone',
        topic: 'a',
        at: 1000,
        message: 'm1',
        attempts: 1,
        due: 6000,
      })
      expect(await messages.owedTo(nobody, 10)).toEqual([])
    })

    check('what waits and what is owed is counted', async ({ stores: { messages, push } }) => {
      expect(await messages.count()).toStrictEqual({ waiting: 0, owed: 0 })
      await push.put(registration(), 10)
      await messages.keep(juliet, message('m1'), [debt()], 10)
      await messages.keep(juliet, message('m2', { waiting: false }), [debt()], 10)
      await messages.keep(romeo, message('m3'), [], 10)
      expect(await messages.count()).toStrictEqual({ waiting: 2, owed: 2 })
    })

    check('writes that are not waited for take effect in the order they were asked for', async ({ stores }) => {
      const { messages, push } = stores
      await Promise.all([
        push.put(registration(), 10),
        messages.keep(juliet, message('m1'), [debt()], 10),
        messages.collected(juliet, [{ service, node: 'phone' }], Infinity),
        messages.keep(juliet, message('m2'), [debt()], 10),
        messages.remove(juliet, ['m1', 'm2']),
        messages.keep(juliet, message('m3'), [], 10),
      ])
      expect(await owedFor(messages)).toEqual(['m2'])
      expect(await waiting(messages)).toEqual(['m3'])
    })

    check('more messages than go into one statement are all kept, in order', async ({ stores: { messages } }) => {
      const ids = Array.from({ length: 600 }, (_, index) => `m${index}`)
      await Promise.all(ids.map((id) => messages.keep(juliet, message(id), [], 1000)))
      expect(await waiting(messages)).toEqual(ids)
    })
  })
}
