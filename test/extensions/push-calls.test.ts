// Which calls nobody can have heard: told of once, however session, pushes and time come one after the other.

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Calls } from '../../extensions/push/calls.js'
import type { PushOutcome, UnreachedCall } from '../../extensions/push/hooks.js'
import { Recent } from '../../extensions/push/recent.js'

const account = 'juliet@localhost'
const topic = 'call romeo@localhost s1'
const call: UnreachedCall = {
  account,
  caller: 'romeo@localhost/orchard',
  called: account,
  sid: 's1',
  id: 'm1',
}
const owed = (node: string) => ({ account, service: 'push.example', node })

const outcomes: Readonly<Record<string, PushOutcome>> = {
  pushed: { kind: 'pushed', answeredInMs: 1 },
  waiting: { kind: 'waiting', why: 'service-unavailable', attempts: 1, next: 0 },
  failed: { kind: 'failed', why: 'item-not-found' },
  dropped: { kind: 'dropped', why: 'too old' },
}

const seconds = (count: number): void => void vi.advanceTimersByTime(count * 1000)

/** One step of a call's life, by name: `owes n1`, `failed n1`, `missed`, `ended`, `collected`, `32 s`. */
function step(calls: Calls, what: string): void {
  const [verb = '', node = ''] = what.split(' ')
  const outcome = outcomes[verb]
  if (outcome !== undefined) calls.outcome({ ...owed(node), topic }, outcome)
  else if (verb === 'owes') calls.owes(owed(node), topic)
  else if (verb === 'missed') calls.missed(topic, call, Date)
  else if (verb === 'ended') calls.ended(account, topic, Date)
  else if (verb === 'collected') calls.collected(account)
  else seconds(Number(verb))
}

function told(...steps: readonly string[]): readonly UnreachedCall[] {
  const heard: UnreachedCall[] = []
  const calls = new Calls((unreached) => heard.push(unreached))
  for (const what of steps) step(calls, what)
  calls.stop()
  return heard
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a call that', () => {
  test.each([
    ['nobody takes and nobody is owed', ['missed']],
    ['nobody takes, and whose pushes fail', ['owes n1', 'owes n2', 'missed', 'failed n1', 'dropped n2']],
    ['has failed when it is found that nobody takes it', ['owes n1', 'failed n1', 'missed']],
    ['is tried in vain until it is over', ['owes n1', 'missed', 'waiting n1', '32 s']],
  ])('%s is told of', (_, steps) => {
    expect(told(...steps)).toEqual([call])
  })

  test.each([
    ['a session has', ['owes n1', 'failed n1', '32 s']],
    ['is still tried', ['owes n1', 'missed', 'waiting n1', '31 s']],
    ['one push came through for', ['owes n1', 'owes n2', 'missed', 'pushed n1', 'failed n2', '32 s']],
    ['a push came through for before nobody took it', ['owes n1', 'pushed n1', 'missed', '31 s']],
    ['is over', ['owes n1', 'missed', 'ended', 'failed n1', '32 s']],
    ['was over before nobody took it', ['ended', 'missed']],
    ['was collected', ['owes n1', 'missed', 'collected', 'dropped n1', '32 s']],
  ])('%s is not', (_, steps) => {
    expect(told(...steps)).toEqual([])
  })

  test('is another one, or somebody else’s, does not matter', () => {
    const heard: UnreachedCall[] = []
    const calls = new Calls((unreached) => heard.push(unreached))
    calls.ended(account, 'call romeo@localhost s2', Date)
    calls.ended('nurse@localhost', topic, Date)
    calls.collected('juliet@local')
    calls.missed(topic, call, Date)
    expect(heard).toEqual([call])
    calls.stop()
  })

  test('was over more than a minute ago was another one', () => {
    expect(told('ended', '60 s', 'missed')).toEqual([])
    expect(told('ended', '61 s', 'missed')).toEqual([call])
  })
})

test('a call that nobody takes once is told of at most once', () => {
  const steps = [
    'owes n1',
    'owes n2',
    'pushed n1',
    'failed n1',
    'dropped n2',
    'waiting n2',
    'ended',
    'collected',
    '20 s',
  ]
  const some = fc.array(fc.constantFrom(...steps), { maxLength: 12 })
  fc.assert(fc.property(some, some, (before, after) => told(...before, 'missed', ...after, '40 s').length <= 1))
})

test('no timer is left when the server stops', () => {
  told('owes n1', 'missed')
  expect(vi.getTimerCount()).toBe(0)
})

test('what comes after the stop arms none, and nobody is told of it', () => {
  const heard: UnreachedCall[] = []
  const calls = new Calls((unreached) => heard.push(unreached))
  calls.stop()
  for (const what of ['owes n1', 'missed']) step(calls, what)
  expect(vi.getTimerCount()).toBe(0)
  expect(heard).toEqual([])
})

describe('what happened a moment ago', () => {
  test('is known for its time, and again from when it happened again', () => {
    const recent = new Recent(10, 1000)
    recent.add('a', Date)
    vi.advanceTimersByTime(1000)
    expect(recent.has('a', Date)).toBe(true)
    recent.add('a', Date)
    vi.advanceTimersByTime(1000)
    expect(recent.has('a', Date)).toBe(true)
    vi.advanceTimersByTime(1)
    expect(recent.has('a', Date)).toBe(false)
  })

  test('is known of so many, the latest', () => {
    const recent = new Recent(2, 1000)
    for (const name of ['a', 'b', 'a', 'c']) recent.add(name, Date)
    expect(['a', 'b', 'c'].filter((name) => recent.has(name, Date))).toEqual(['a', 'c'])
  })

  test('a name that is longer than any is not remembered', () => {
    const recent = new Recent(2, 1000)
    recent.add('n'.repeat(4097), Date)
    expect(recent.has('n'.repeat(4097), Date)).toBe(false)
  })
})
