// What a service's answer means for the registration (docs/extensions/push.md). Pure.

import type { Answer } from '../../server/extension.js'

export type Outcome =
  | { readonly kind: 'published'; readonly word: string }
  /** The node is over. */
  | { readonly kind: 'refused'; readonly word: string }
  /** It may be a passing confusion: asked once more. */
  | { readonly kind: 'doubtful'; readonly word: string }
  /** It will pass. */
  | { readonly kind: 'later'; readonly word: string }

const over = new Set(['item-not-found', 'gone', 'not-authorized', 'forbidden', 'not-allowed'])

const passing = new Set([
  'service-unavailable',
  'remote-server-not-found',
  'remote-server-timeout',
  'resource-constraint',
  'internal-server-error',
  'recipient-unavailable',
])

/** What says something about the service itself, whichever registration was asked about. */
const faults = new Set([
  'no answer',
  'service-unavailable',
  'remote-server-not-found',
  'remote-server-timeout',
  'internal-server-error',
])

export function isFaultOfService(word: string): boolean {
  return faults.has(word)
}

/** What tells a condition that was said to pass from the same one in earnest. */
const waited = ' (wait)'

/** An error of type `wait` can pass, whatever its condition. */
export function outcomeOf(answer: Answer): Outcome {
  if (answer.kind === 'result') return { kind: 'published', word: 'result' }
  if (answer.kind === 'timeout') return { kind: 'later', word: 'no answer' }
  const { condition: word, type } = answer.error
  if (passing.has(word)) return { kind: 'later', word }
  if (type === 'wait') return { kind: 'later', word: word + waited }
  return { kind: over.has(word) ? 'refused' : 'doubtful', word }
}

/** Whether this word was a doubtful outcome: a second one in a row ends the registration. */
export function isDoubtful(word: string | undefined): boolean {
  if (word === undefined || word === 'result' || word === 'no answer' || word.endsWith(waited)) return false
  return !passing.has(word) && !over.has(word)
}

const firstDelayMs = 2000
const longestDelayMs = 60 * 60 * 1000

/** Exponential, with jitter, so that those who failed together do not come back together. Milliseconds. */
export function backoff(attempts: number, random: () => number = Math.random): number {
  const whole = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempts, 20))
  return Math.round(whole * (0.5 + random() / 2))
}

/** When a doubtful answer is asked about again. */
export const doubtfulDelayMs = 60_000
