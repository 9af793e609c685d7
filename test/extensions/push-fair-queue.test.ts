// Contract §4.4: who waits for one service, and that an account which is owed much takes no turn of another.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairQueue } from '../../extensions/push/fair-queue.js'

const anybody = (): boolean => true
const item = (account: string, turn: string, id = 0) => ({ account, turn, id })

const drained = (queue: FairQueue<ReturnType<typeof item>>): readonly string[] => {
  const names: string[] = []
  for (let next = queue.take(anybody); next !== undefined; next = queue.take(anybody))
    names.push(`${next.account}${next.turn}`)
  return names
}

test('accounts take turns, and each is served in the order of coming', () => {
  const queue = new FairQueue<ReturnType<typeof item>>()
  for (const turn of ['1', '2', '3']) queue.add(item('a', turn))
  queue.add(item('b', '1'))
  queue.add(item('c', '1'))
  queue.add(item('c', '2'))
  expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
})

test('of one turn the newest takes the place of the one that waited', () => {
  const queue = new FairQueue<ReturnType<typeof item>>()
  for (const turn of ['1', '2']) queue.add(item('a', turn))
  queue.add(item('a', '1', 7))
  expect([queue.size, queue.countOf('a'), queue.countOf('b')]).toEqual([2, 2, 0])
  expect(queue.take(anybody)).toEqual(item('a', '1', 7))
  expect(queue.has(item('a', '1'))).toBe(false)
  expect(queue.has(item('a', '2'))).toBe(true)
})

test('who may not is passed over and keeps its place', () => {
  const queue = new FairQueue<ReturnType<typeof item>>()
  for (const account of ['a', 'b']) for (const turn of ['1', '2']) queue.add(item(account, turn))
  const notA = (account: string): boolean => account !== 'a'
  expect([queue.take(notA)?.turn, queue.take(notA)?.turn, queue.take(notA)]).toEqual(['1', '2', undefined])
  expect(drained(queue)).toEqual(['a1', 'a2'])
})

test('whatever comes and goes, nothing is lost, and nobody has two turns while another waits for the first', () => {
  const account = fc.constantFrom('a', 'b', 'c')
  const moves = fc.array(fc.oneof(fc.record({ account, turn: fc.nat(5) }), fc.constant('take' as const)), {
    maxLength: 100,
  })
  fc.assert(
    fc.property(moves, (list) => {
      const queue = new FairQueue<ReturnType<typeof item>>()
      const waiting = new Set<string>()
      let passedOver = new Map<string, number>()
      for (const move of list) {
        if (move !== 'take') {
          queue.add(item(move.account, String(move.turn)))
          waiting.add(`${move.account}${move.turn}`)
        } else {
          const next = queue.take(anybody)
          if (next !== undefined) {
            expect(waiting.delete(`${next.account}${next.turn}`)).toBe(true)
            passedOver.delete(next.account)
            const others = new Set([...waiting].map((name) => name.charAt(0)))
            passedOver = new Map([...others].map((name) => [name, (passedOver.get(name) ?? -1) + 1]))
            for (const times of passedOver.values()) expect(times).toBeLessThan(3)
          }
        }
        expect(queue.size).toBe(waiting.size)
      }
      expect(new Set(drained(queue))).toEqual(waiting)
    }),
  )
})
