// Contract §4.4: at most a burst at once, then so many a second, for each registration by itself.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BurstLimit } from '../../extensions/push/burst.js'

const start = 1_700_000_000_000

test('a burst goes at once, then one for each token that comes back', () => {
  const limit = new BurstLimit(3, 2)
  expect([1, 2, 3].map(() => limit.take('a', start))).toEqual([0, 0, 0])
  expect(limit.take('a', start)).toBe(500)
  expect(limit.take('a', start + 200)).toBe(300)
  expect(limit.take('a', start + 500)).toBe(0)
  expect(limit.take('a', start + 500)).toBe(500)
})

test('each registration has its own', () => {
  const limit = new BurstLimit(1, 1)
  expect([limit.take('a', start), limit.take('b', start), limit.take('a', start)]).toEqual([0, 0, 1000])
})

test('a clock that is set back makes nobody wait for it', () => {
  const limit = new BurstLimit(2, 1)
  limit.take('a', start)
  expect(limit.take('a', start - 3_600_000)).toBeLessThanOrEqual(1000)
})

test('who waits as long as he was told gets a token, and in no time are there more than the limit says', () => {
  const steps = fc.array(fc.oneof(fc.constant('wait' as const), fc.integer({ min: 0, max: 3000 })), { maxLength: 60 })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0.001, max: 1000, noNaN: true }),
      steps,
      (...given) => {
        const [burst, perSecond, moves] = given
        const limit = new BurstLimit(burst, perSecond)
        const taken: number[] = []
        let now = start
        for (const move of moves) {
          const wait = limit.take('a', now)
          if (wait === 0) taken.push(now)
          else if (move === 'wait') {
            now += wait
            expect(limit.take('a', now)).toBe(0)
            taken.push(now)
          }
          if (move !== 'wait') now += move
        }
        for (const [index, from] of taken.entries())
          for (const [more, to] of taken.slice(index).entries())
            expect(more + 1).toBeLessThanOrEqual(burst + ((to - from) / 1000) * perSecond + 0.1)
      },
    ),
  )
})

test('those that are full again are forgotten', () => {
  const limit = new BurstLimit(10, 1)
  for (let index = 0; index < 100_000; index += 1) limit.take(`r${index}`, start + index)
  expect(limit.size).toBeLessThanOrEqual(2048)
  expect(limit.take('r99999', start + 99_999)).toBe(0)
})
