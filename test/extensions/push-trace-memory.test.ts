// What the trace remembers, and what it infers: without a server, told by the notices that it hears.

import { expect, test } from 'vitest'
import type { Decision, PushOutcome } from '../../extensions/push/hooks.js'
import type { TraceEntry } from '../../extensions/push-trace/hooks.js'
import { reconcile } from '../../extensions/push-trace/reconcile.js'
import { Trace } from '../../extensions/push-trace/trace.js'
import type { Registration } from '../../storage/push.js'

const juliet = 'juliet@localhost'

const registration = (more: Partial<Registration> = {}): Registration => ({
  account: juliet,
  service: 'push.localhost',
  node: 'phone',
  sealing: undefined,
  omemoDevice: undefined,
  publishOptions: undefined,
  rules: { away: false, muted: [], ignoreUnknown: false, rooms: undefined, priority: false, jingle: false },
  client: { resource: 'balcony', chosen: true, userAgent: undefined },
  created: 0,
  state: 'active',
  reason: undefined,
  disabledAt: undefined,
  told: false,
  sealedCount: 0,
  usedAt: 0,
  lastResult: undefined,
  ...more,
})

const push = (topic = 'message', kind: 'message' | 'call' = 'message'): Decision => ({
  push: true,
  kind,
  topic,
  lifetimeMs: 1000,
})

const noPush = (why: string): Decision => ({ push: false, kind: 'message', why })

class Story {
  readonly trace: Trace

  constructor(limits = { anAccount: 100, altogether: 10_000 }) {
    this.trace = new Trace(limits)
  }

  decides(id: string, decision: Decision, of: Partial<Registration> = {}, at = 1000): void {
    this.trace.decided({ registration: registration(of), id, at, decision })
  }

  becomes(message: string, outcome: PushOutcome, at = 2000, account = juliet): void {
    const debt = { id: 1, account, service: 'push.localhost', node: 'phone', topic: undefined, message }
    this.trace.outcome({ debt, at, outcome })
  }

  entries(): readonly TraceEntry[] {
    return this.trace.of(juliet).map((entry) => entry.tell())
  }

  /** Which message, and what is told of it. */
  told(account = juliet): readonly string[] {
    return this.trace
      .of(account === 'everybody' ? undefined : account)
      .map((entry) => `${entry.key.split('\n')[1] ?? ''} ${entry.tell().decision}: ${entry.tell().why}`)
  }
}

const pushed: PushOutcome = { kind: 'pushed', answeredInMs: 41 }
const waiting: PushOutcome = { kind: 'waiting', why: 'gone', attempts: 1, next: 5000 }

test('a push that came through says when it was sent, and how soon it was answered', () => {
  const story = new Story()
  story.decides('m1', push())
  expect(story.told()).toEqual(['m1 waiting: not sent yet'])
  story.becomes('m1', pushed, Date.UTC(2026, 0, 2, 12, 3, 5, 20))
  expect(story.told()).toEqual(['m1 pushed: sent 12:03:04, answered in 41 ms'])
  expect(story.entries()).toMatchObject([
    {
      at: 1000,
      account: juliet,
      service: 'push.localhost',
      node: 'phone',
      kind: 'message',
      attempts: 1,
      next: undefined,
    },
  ])
})

test('an attempt in vain says when the next one is', () => {
  const story = new Story()
  story.decides('m1', push())
  story.becomes('m1', waiting)
  expect(story.told()).toEqual(['m1 waiting: service answered gone'])
  expect(story.entries()).toMatchObject([{ attempts: 1, next: 5000 }])
  story.becomes('m1', { ...waiting, why: 'no answer' })
  expect(story.told()).toEqual(['m1 waiting: no answer'])
  story.becomes('m1', pushed)
  expect(story.entries()).toMatchObject([{ decision: 'pushed', attempts: 2, next: undefined }])
})

test('what is not pushed says why, and is pushed later if its reader has gone without an answer', () => {
  const story = new Story()
  story.decides('m1', noPush('its own client has it'))
  expect(story.told()).toEqual(['m1 not pushed: its own client has it'])
  story.decides('m1', push())
  expect(story.told()).toEqual(['m1 waiting: not sent yet'])
  story.decides('m1', noPush('told already'))
  expect(story.told()).toEqual(['m1 waiting: not sent yet'])
})

test('a newer push takes the place of one that waits for the same registration, and of no other', () => {
  const story = new Story()
  story.decides('m1', push())
  story.decides('c1', push('call 1', 'call'))
  story.decides('m1', push(), { node: 'tablet' })
  story.decides('m2', push())
  expect(story.told()).toEqual([
    'm1 merged: a newer one took its place',
    'c1 waiting: not sent yet',
    'm1 waiting: not sent yet',
    'm2 waiting: not sent yet',
  ])
})

test('a push that had been published already when a newer one came was not merged', () => {
  const story = new Story()
  story.decides('m1', push())
  story.becomes('m1', pushed)
  story.decides('m2', push())
  expect(story.entries()).toMatchObject([{ decision: 'pushed' }, { decision: 'waiting' }])
})

test('of one that was on its way when a newer one came, the answer counts, but it does not wait again', () => {
  const story = new Story()
  story.decides('m1', push())
  story.decides('m2', push())
  story.becomes('m1', waiting)
  expect(story.entries()).toMatchObject([{ decision: 'merged' }, { decision: 'waiting' }])
  story.becomes('m1', pushed)
  expect(story.entries()).toMatchObject([{ decision: 'pushed' }, { decision: 'waiting' }])
})

test('what waits for a registration that has ended is dropped, but what its service refused has failed', () => {
  const story = new Story()
  story.decides('m1', push())
  story.decides('c1', push('call 1', 'call'))
  story.decides('m1', push(), { node: 'tablet' })
  story.trace.ended(registration(), 'the registration is disabled: gone')
  story.becomes('m1', { kind: 'failed', why: 'refused: gone' })
  expect(story.told()).toEqual([
    'm1 failed: refused: gone',
    'c1 dropped: the registration is disabled: gone',
    'm1 waiting: not sent yet',
  ])
})

test('what was pushed stays so when its registration ends', () => {
  const story = new Story()
  story.decides('m1', push())
  story.becomes('m1', pushed)
  story.trace.ended(registration(), 'the registration is removed')
  expect(story.entries()).toMatchObject([{ decision: 'pushed' }])
})

test('what becomes of a push from before the start is told, as far as it is known', () => {
  const story = new Story()
  story.becomes('m1', pushed, 2041)
  expect(story.entries()).toMatchObject([
    { at: 2041, kind: undefined, decision: 'pushed', attempts: undefined, why: 'sent 00:00:02, answered in 41 ms' },
  ])
})

test('a removed account leaves nothing, whatever is still told of it', () => {
  const story = new Story()
  story.decides('m1', push())
  story.decides('m1', push(), { account: 'romeo@localhost' })
  story.trace.forget(juliet)
  story.becomes('m1', pushed)
  expect(story.told('everybody')).toEqual(['m1 waiting: not sent yet'])
})

test('whoever takes the name of a removed account is told of their own', () => {
  const story = new Story()
  story.trace.forget(juliet)
  story.decides('m2', push())
  story.becomes('m2', pushed)
  expect(story.entries()).toMatchObject([{ decision: 'pushed' }])
})

test('a removed account makes room for others', () => {
  const story = new Story({ anAccount: 5, altogether: 5 })
  for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) story.decides(id, push(id))
  story.trace.forget(juliet)
  for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) story.decides(id, push(id), { account: 'romeo@localhost' })
  expect(story.told('everybody')).toHaveLength(5)
})

test('an account has so many entries, and the oldest make room', () => {
  const story = new Story({ anAccount: 3, altogether: 100 })
  for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) story.decides(id, push(id))
  expect(story.told().map((line) => line.slice(0, 2))).toEqual(['m3', 'm4', 'm5'])
})

test('what waits gives way to a newer one, however many before it were forgotten', () => {
  const story = new Story({ anAccount: 2, altogether: 100 })
  for (const id of ['m1', 'm2', 'm3', 'm4']) story.decides(id, push())
  expect(story.told()).toEqual(['m3 merged: a newer one took its place', 'm4 waiting: not sent yet'])
})

test('all accounts have so many entries, and those that were heard of longest ago make room', () => {
  const story = new Story({ anAccount: 3, altogether: 5 })
  const accounts = ['a', 'b', 'c'].map((name) => `${name}@localhost`)
  for (const id of ['m1', 'm2']) for (const account of accounts) story.decides(id, push(id), { account })
  expect(accounts.map((account) => story.told(account).length)).toEqual([1, 2, 2])
  for (let more = 3; more < 50; more += 1) story.decides(`m${more}`, push(), { account: `x${more}@localhost` })
  expect(story.told('everybody')).toHaveLength(5)
})

test('a reason is never longer than a line', () => {
  const story = new Story()
  story.decides('m1', noPush('x'.repeat(5000)))
  expect(story.told()[0]?.length).toBeLessThan(350)
})

const entry = (more: Partial<TraceEntry>): TraceEntry => ({
  account: juliet,
  service: 'push.localhost',
  node: 'phone',
  at: 1000,
  kind: 'message',
  decision: 'waiting',
  why: 'not sent yet',
  attempts: 0,
  next: undefined,
  ...more,
})

const owed = (key: string, more: { readonly at?: number; readonly attempts?: number } = {}) => ({
  key,
  push: {
    id: 1,
    account: juliet,
    service: 'push.localhost',
    node: '',
    topic: 'message',
    at: 500,
    message: key,
    attempts: 0,
    due: 7000,
    ...more,
  },
})

test('what waits but is owed no more is dropped, unless it came just now', () => {
  const remembered = [
    { key: 'old', entry: entry({}) },
    { key: 'owed', entry: entry({}) },
    { key: 'new', entry: entry({ at: 15_000 }) },
    { key: 'done', entry: entry({ decision: 'pushed', why: 'sent' }) },
  ]
  const decisions = (isAll: boolean) =>
    reconcile(remembered, [owed('owed')], isAll, 20_000).map(({ decision }) => decision)
  expect(decisions(true)).toEqual(['dropped', 'waiting', 'pushed', 'waiting'])
  expect(decisions(false)).toEqual(['waiting', 'waiting', 'pushed', 'waiting'])
})

test('what is owed and not remembered is told of, in its place', () => {
  const entries = reconcile(
    [{ key: 'm2', entry: entry({}) }],
    [owed('m1'), owed('m3', { at: 2000, attempts: 2 })],
    true,
    3000,
  )
  expect(entries).toMatchObject([
    { at: 500, node: undefined, kind: undefined, decision: 'waiting', why: 'still owed', attempts: 0, next: undefined },
    { at: 1000 },
    { at: 2000, attempts: 2, next: 7000 },
  ])
})
