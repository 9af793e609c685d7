// MessageStore as plainly as it can be said, and a play of random calls in which the store has to agree with it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Debt, NewDebt, NewMessage } from '../../../storage/messages.js'
import type { Storage } from '../../../storage/storage.js'
import { credentials, debt, juliet, message, type Open, owedBy, registration, service } from './samples.js'

type ModelDebt = NewDebt & Pick<Debt, 'message' | 'xml' | 'unread' | 'attempts' | 'due'>

class Model {
  messages: NewMessage[] = []
  debts: ModelDebt[] = []
  unread = new Map<string, number>()
  active = new Set<string>()

  keep(kept: NewMessage, debts: readonly NewDebt[], limit: number): boolean {
    const known = this.messages.find(({ id }) => id === kept.id)
    const joins = kept.waiting && known?.waiting !== true
    if (joins && this.messages.filter(({ waiting }) => waiting).length >= limit) return false
    if (known === undefined) this.messages.push(kept)
    // What begins to wait only now comes after what waits already.
    else if (joins) this.messages = [...this.messages.filter((one) => one !== known), { ...known, waiting: true }]
    for (const one of debts) this.owe(kept.id, known?.xml ?? kept.xml, one)
    this.sweep()
    return true
  }

  owe(id: string, xml: string, owed: NewDebt): void {
    const own = (one: ModelDebt) => one.node === owed.node
    if (!this.active.has(owed.node) || this.debts.some((one) => own(one) && one.message === id)) return
    const replaced = (one: ModelDebt) => own(one) && one.topic !== undefined && one.topic === owed.topic
    this.debts = this.debts.filter((one) => !replaced(one))
    const unread = (this.unread.get(owed.node) ?? 0) + 1
    this.unread.set(owed.node, unread)
    this.debts.push({ ...owed, message: id, xml, unread, attempts: 0, due: owed.at })
  }

  remove(ids: readonly string[]): void {
    this.messages = this.messages.map((one) => (ids.includes(one.id) ? { ...one, waiting: false } : one))
    this.sweep()
  }

  drop(gone: (debt: ModelDebt, index: number) => boolean): void {
    this.debts = this.debts.filter((one, index) => !gone(one, index))
    this.sweep()
  }

  sweep(): void {
    this.messages = this.messages.filter((one) => one.waiting || this.debts.some((owed) => owed.message === one.id))
  }
}

interface Play {
  readonly model: Model
  readonly storage: Storage
}

type Move = (play: Play) => Promise<void>

const LIMIT = 4
const NOW = 2
const NODES = ['phone', 'tablet'] as const
const node = fc.constantFrom(...NODES)
const id = fc.integer({ min: 0, max: 7 }).map((number) => `m${number}`)
// One id is one message, with one time.
const timeOf = (name: string): number => 100 - Number(name.slice(1))
const at = fc.integer({ min: 1, max: 5 })
const topic = fc.option(fc.constantFrom('t', 'u'), { nil: undefined })
const owedTo = fc.record({ node, topic, at })

// Several at a time, so that they meet in one transaction.
const keeps = fc
  .array(fc.record({ id, waiting: fc.boolean(), debts: fc.array(owedTo, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list): Move => async ({ model, storage }) => {
    const calls = list.map((one) => ({
      kept: message(one.id, { at: timeOf(one.id), waiting: one.waiting }),
      debts: one.debts.map((owed) => debt(owed)),
    }))
    const answers = Promise.all(
      calls.map(({ kept, debts }) => storage.stores.messages.keep(juliet, kept, debts, LIMIT)),
    )
    const kept = calls.map((call) => model.keep(call.kept, call.debts, LIMIT))
    const owed = await answers
    expect(owed.map((debts) => debts !== undefined)).toEqual(kept)
    for (const given of owed.flatMap((debts) => debts ?? [])) {
      const stored = await storage.stores.messages.debt(given.id)
      // One of the calls may have replaced what another owed.
      if (stored !== undefined) expect(given).toStrictEqual(stored)
    }
  })

const removes = fc.array(id, { maxLength: 5 }).map((ids): Move => async ({ model, storage }) => {
  await storage.stores.messages.remove(juliet, ids)
  model.remove(ids)
})

const idAt = async ({ storage }: Play, index: number): Promise<number> =>
  (await owedBy(storage.stores.messages))[index]?.id ?? 0

const index = fc.integer({ min: 0, max: 5 })

const settles = index.map((nth): Move => async (play) => {
  await play.storage.stores.messages.settle(await idAt(play, nth))
  play.model.drop((_, position) => position === nth)
})

const postpones = fc.tuple(index, at).map(([nth, due]): Move => async (play) => {
  await play.storage.stores.messages.postpone(await idAt(play, nth), due)
  play.model.debts = play.model.debts.map((one, position) =>
    position === nth ? { ...one, due, attempts: one.attempts + 1 } : one,
  )
})

const collects = fc.subarray([...NODES]).map((names): Move => async ({ model, storage }) => {
  const own = names.map((name) => ({ service, node: name }))
  await storage.stores.messages.collected(juliet, own, Infinity)
  model.unread.clear()
  model.drop((one) => names.some((name) => name === one.node))
})

const enables = node.map((name): Move => async ({ model, storage }) => {
  await storage.stores.push.put(registration({ node: name }), 10)
  model.active.add(name)
})

const disables = node.map((name): Move => async ({ model, storage }) => {
  await storage.stores.push.disable(juliet, service, name, registration().created, 'gone', 1)
  model.active.delete(name)
  model.drop((one) => one.node === name)
})

const unregisters = node.map((name): Move => async ({ model, storage }) => {
  await storage.stores.push.remove(juliet, service, name)
  model.active.delete(name)
  model.unread.delete(name)
  model.drop((one) => one.node === name)
})

const moves = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: keeps },
    { weight: 2, arbitrary: enables },
    ...[removes, settles, postpones, collects, disables, unregisters].map((arbitrary) => ({ weight: 1, arbitrary })),
  ),
  { maxLength: 25 },
)

/** Gives how many messages the storage holds, waiting or not. */
export type CountMessages = (storage: Storage) => Promise<number>

const agree = async ({ model, storage }: Play, count: CountMessages): Promise<void> => {
  const { messages } = storage.stores
  const waiting = model.messages.filter((one) => one.waiting)
  const order: unknown = expect.any(Number)
  expect(await messages.waiting(juliet, 0, 100)).toEqual(waiting.map(({ id, xml, at }) => ({ id, order, xml, at })))
  const owed = await owedBy(messages, Infinity)
  expect(owed).toStrictEqual(model.debts.map((one, nth) => ({ ...one, id: owed[nth]?.id, item: owed[nth]?.item })))
  const inTurn = [...owed].sort((a, b) => a.due - b.due || a.id - b.id)
  const after = inTurn[1]
  const next = await messages.due(service, { after, now: NOW, count: 2, except: [] })
  const behind = inTurn.slice(after === undefined ? 0 : 2).filter(({ due }) => due <= NOW)
  expect(next.map(({ id }) => id)).toEqual(behind.slice(0, 2).map(({ id }) => id))
  const dues = model.debts.map(({ due }) => due).filter((due) => due > NOW)
  expect(await messages.nextDue(service, NOW)).toBe(dues.length === 0 ? undefined : Math.min(...dues))
  expect(await count(storage)).toBe(model.messages.length)
}

const play = async (open: Open, list: readonly Move[], count: CountMessages): Promise<void> => {
  const storage = await open()
  try {
    await storage.stores.accounts.create(juliet, credentials(1))
    const model = new Model()
    for (const move of list) {
      await move({ model, storage })
      await agree({ model, storage }, count)
    }
  } finally {
    await storage.close()
  }
}

export const describeMessageModel = (open: Open, count: CountMessages, runs: number): void => {
  describe('messages, played at random', () => {
    test('the store holds what a plain list would hold', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(moves, (list) => play(open, list, count)),
        { numRuns: runs },
      )
    })
  })
}
