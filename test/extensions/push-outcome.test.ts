// Contract §4.4: what a service's answer means.

import { expect, test } from 'vitest'
import { backoff, isDoubtful, outcomeOf } from '../../extensions/push/outcome.js'
import type { StanzaErrorCondition } from '../../server/stanza-error.js'

const kindOf = (condition: StanzaErrorCondition, type: string | undefined): string =>
  outcomeOf({ kind: 'error', error: { condition, type } }).kind

test.each([
  ...(['item-not-found', 'gone', 'not-authorized', 'forbidden', 'not-allowed'] as const).map(
    (condition) => [condition, 'cancel', 'refused'] as const,
  ),
  ...(
    [
      'service-unavailable',
      'remote-server-not-found',
      'remote-server-timeout',
      'resource-constraint',
      'internal-server-error',
      'recipient-unavailable',
    ] as const
  ).map((condition) => [condition, 'cancel', 'later'] as const),
  ...(
    [
      'feature-not-implemented',
      'bad-request',
      'not-acceptable',
      'conflict',
      'undefined-condition',
      'policy-violation',
    ] as const
  ).map((condition) => [condition, 'modify', 'doubtful'] as const),
  ['item-not-found', 'wait', 'later'],
  ['bad-request', 'wait', 'later'],
  ['gone', undefined, 'refused'],
] as const)('%s of type %s: %s', (condition, type, kind) => {
  expect(kindOf(condition, type)).toBe(kind)
  expect(isDoubtful(condition)).toBe(kindOf(condition, 'cancel') === 'doubtful')
})

test('what was said to pass is no doubt afterwards, whatever its condition', () => {
  const { word } = outcomeOf({ kind: 'error', error: { condition: 'policy-violation', type: 'wait' } })
  expect(word).toBe('policy-violation (wait)')
  expect(isDoubtful(word)).toBe(false)
})

test('a result is done, and silence can pass', () => {
  expect(outcomeOf({ kind: 'result', payload: undefined }).kind).toBe('published')
  expect(outcomeOf({ kind: 'timeout' }).kind).toBe('later')
  expect([isDoubtful('result'), isDoubtful('no answer'), isDoubtful(undefined)]).toEqual([false, false, false])
})

test('each wait is about twice the one before, with jitter, up to an hour', () => {
  const waits = Array.from({ length: 20 }, (_, attempts) => backoff(attempts, () => 1))
  expect(waits.slice(0, 4)).toEqual([2000, 4000, 8000, 16000])
  expect(Math.max(...waits)).toBe(3_600_000)
  expect(backoff(0, () => 0)).toBe(1000)
  expect(backoff(1000, () => 1)).toBe(3_600_000)
})
