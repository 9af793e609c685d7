// Contract §4.4: how many publishes one service is given at a time, and how it rests after faults of its own.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pace } from '../../extensions/push/pace.js'

const start = 1_700_000_000_000
const second = 1000
const minute = 60 * second

/** With the whole of every wait: nothing is left to chance. */
const plainPace = (): Pace => new Pace(() => 1)

/** Begins as many as it may, and gives their eras. */
const fill = (pace: Pace, now = start): readonly number[] => {
  const eras: number[] = []
  while (pace.mayBegin(now)) eras.push(pace.begins(now))
  return eras
}

const end = (pace: Pace, count: number): void => {
  for (let ended = 0; ended < count; ended += 1) pace.ends()
}

/** Three registrations in a row for which the service fails: gives when its rest is over. */
const fail = (pace: Pace, now = start): number => {
  for (const registration of ['a', 'b', 'c']) {
    const era = pace.begins(now)
    pace.ends()
    pace.failed(registration, era, now)
  }
  return pace.restsUntil(now) ?? 0
}

test('a service that nothing is known of is given a few, and more with every answer, up to a bound', () => {
  const pace = plainPace()
  expect(fill(pace)).toHaveLength(16)
  pace.ends()
  pace.answered()
  expect(fill(pace)).toHaveLength(2)
  for (let answers = 0; answers < 1000; answers += 1) pace.answered()
  fill(pace)
  expect(pace.open).toBe(512)
})

test('an account has a quarter of the slots, and one at the least', () => {
  const pace = plainPace()
  expect(pace.share).toBe(4)
  fail(pace)
  expect(pace.share).toBe(1)
})

test('one registration that fails again and again says nothing of the service, nor do two', () => {
  const pace = plainPace()
  for (let count = 0; count < 20; count += 1) {
    const era = pace.begins(start)
    pace.ends()
    expect(pace.failed(count % 2 === 0 ? 'a' : 'b', era, start)).toBe(false)
  }
  expect(fill(pace)).toHaveLength(16)
})

test('an answer between the faults ends their row', () => {
  const pace = plainPace()
  const [era = -1] = fill(pace)
  expect([pace.failed('a', era, start), pace.failed('b', era, start)]).toEqual([false, false])
  pace.answered()
  expect([pace.failed('c', era, start), pace.failed('d', era, start)]).toEqual([false, false])
  expect(pace.failed('e', era, start)).toBe(true)
})

test('after faults for three registrations it rests, then one goes ahead, and each rest in vain doubles the next', () => {
  const pace = plainPace()
  let now = start
  let until = fail(pace)
  const rests: number[] = []
  for (let count = 0; count < 7; count += 1) {
    rests.push((until - now) / second)
    expect(pace.mayBegin(until - 1)).toBe(false)
    now = until
    const probes = fill(pace, now)
    expect(probes).toHaveLength(1)
    pace.ends()
    expect(pace.failed('any', probes[0] ?? -1, now)).toBe(true)
    until = pace.restsUntil(now) ?? 0
  }
  expect(rests).toEqual([15, 30, 60, 120, 240, 300, 300])
})

test('jitter takes up to half of a rest, so that services that failed together do not come back together', () => {
  const pace = new Pace(() => 0)
  expect(fail(pace) - start).toBe(7.5 * second)
})

test('after the probe was answered twice as many follow with each round of answers', () => {
  const pace = plainPace()
  const until = fail(pace)
  const rounds: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const { length } = fill(pace, until)
    rounds.push(length)
    end(pace, length)
    for (let answers = 0; answers < length; answers += 1) pace.answered()
  }
  expect(rounds).toEqual([1, 2, 4, 8, 16])
})

test('what was sent before a rest, or in it, does not make it longer', () => {
  const pace = plainPace()
  const stragglers = fill(pace)
  for (const [index, era] of stragglers.slice(0, 3).entries()) pace.failed(`r${index}`, era, start)
  const until = pace.restsUntil(start) ?? 0
  const call = pace.begins(start + 1)
  for (const era of [...stragglers, call]) expect(pace.failed('late', era, until + 1)).toBe(false)
  expect(pace.restsUntil(start)).toBe(until)
})

test('one that comes back is given a probe at once, and what it lost when it went is not held against it', () => {
  const pace = plainPace()
  const lost = fill(pace)
  pace.startsAnew()
  end(pace, lost.length)
  for (const [index, era] of lost.entries()) expect(pace.failed(`r${index}`, era, start)).toBe(false)
  expect(fill(pace)).toHaveLength(1)
})

test('a clock that is set back makes no rest longer than the longest', () => {
  const pace = plainPace()
  fail(pace)
  expect(pace.mayBegin(start - 60 * minute)).toBe(true)
})

test('whatever happens, slots are neither lost nor made, and a rest is over within five minutes', () => {
  const moves = fc.array(fc.tuple(fc.constantFrom('begin', 'answer', 'fail', 'return', 'wait'), fc.nat(400)), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(moves, (list) => {
      const pace = new Pace()
      const open: number[] = []
      let now = start
      for (const [move, amount] of list) {
        if (move === 'begin' && pace.mayBegin(now)) open.push(pace.begins(now))
        if (move === 'wait') now += amount * second
        if (move === 'return') pace.startsAnew()
        const era = move === 'answer' || move === 'fail' ? open.shift() : undefined
        if (era !== undefined) {
          pace.ends()
          if (move === 'answer') pace.answered()
          else pace.failed(`r${amount}`, era, now)
        }
        expect(pace.open).toBe(open.length)
        expect((pace.restsUntil(now) ?? now) - now).toBeLessThanOrEqual(5 * minute)
      }
      end(pace, open.length)
      expect(pace.mayBegin(now + 5 * minute)).toBe(true)
    }),
  )
})
