// The tables of RFC 6121 appendix A, written out, against the rules.

import { describe, expect, test } from 'vitest'
import {
  inboundStep,
  outboundStep,
  type Step,
  type SubscriptionState,
  type SubscriptionType,
  subscriptionTypes,
} from '../../extensions/roster/subscription-states.js'

const none = { to: false, from: false, pendingOut: false, pendingIn: false }

const states = {
  None: none,
  'None + Pending Out': { ...none, pendingOut: true },
  'None + Pending In': { ...none, pendingIn: true },
  'None + Pending Out+In': { ...none, pendingOut: true, pendingIn: true },
  To: { ...none, to: true },
  'To + Pending In': { ...none, to: true, pendingIn: true },
  From: { ...none, from: true },
  'From + Pending Out': { ...none, from: true, pendingOut: true },
  Both: { ...none, to: true, from: true },
} as const satisfies Record<string, SubscriptionState>

type StateName = keyof typeof states
/** Whether the stanza passes, and the state after it; `reply` where the server answers by itself. */
type Row = readonly [existing: StateName, passes: 'MUST' | 'MUST NOT' | 'reply', next: StateName]

const A2: Record<SubscriptionType, readonly Row[]> = {
  subscribe: [
    ['None', 'MUST', 'None + Pending Out'],
    ['None + Pending Out', 'MUST', 'None + Pending Out'],
    ['None + Pending In', 'MUST', 'None + Pending Out+In'],
    ['None + Pending Out+In', 'MUST', 'None + Pending Out+In'],
    ['To', 'MUST', 'To'],
    ['To + Pending In', 'MUST', 'To + Pending In'],
    ['From', 'MUST', 'From + Pending Out'],
    ['From + Pending Out', 'MUST', 'From + Pending Out'],
    ['Both', 'MUST', 'Both'],
  ],
  unsubscribe: [
    ['None', 'MUST', 'None'],
    ['None + Pending Out', 'MUST', 'None'],
    ['None + Pending In', 'MUST', 'None + Pending In'],
    ['None + Pending Out+In', 'MUST', 'None + Pending In'],
    ['To', 'MUST', 'None'],
    ['To + Pending In', 'MUST', 'None + Pending In'],
    ['From', 'MUST', 'From'],
    ['From + Pending Out', 'MUST', 'From'],
    ['Both', 'MUST', 'From'],
  ],
  subscribed: [
    ['None', 'MUST NOT', 'None'],
    ['None + Pending Out', 'MUST NOT', 'None + Pending Out'],
    ['None + Pending In', 'MUST', 'From'],
    ['None + Pending Out+In', 'MUST', 'From + Pending Out'],
    ['To', 'MUST NOT', 'To'],
    ['To + Pending In', 'MUST', 'Both'],
    ['From', 'MUST NOT', 'From'],
    ['From + Pending Out', 'MUST NOT', 'From + Pending Out'],
    ['Both', 'MUST NOT', 'Both'],
  ],
  unsubscribed: [
    ['None', 'MUST NOT', 'None'],
    ['None + Pending Out', 'MUST NOT', 'None + Pending Out'],
    ['None + Pending In', 'MUST', 'None'],
    ['None + Pending Out+In', 'MUST', 'None + Pending Out'],
    ['To', 'MUST NOT', 'To'],
    ['To + Pending In', 'MUST', 'To'],
    ['From', 'MUST', 'None'],
    ['From + Pending Out', 'MUST', 'None + Pending Out'],
    ['Both', 'MUST', 'To'],
  ],
}

const A3: Record<SubscriptionType, readonly Row[]> = {
  subscribe: [
    ['None', 'MUST', 'None + Pending In'],
    ['None + Pending Out', 'MUST', 'None + Pending Out+In'],
    ['None + Pending In', 'MUST NOT', 'None + Pending In'],
    ['None + Pending Out+In', 'MUST NOT', 'None + Pending Out+In'],
    ['To', 'MUST', 'To + Pending In'],
    ['To + Pending In', 'MUST NOT', 'To + Pending In'],
    ['From', 'reply', 'From'],
    ['From + Pending Out', 'reply', 'From + Pending Out'],
    ['Both', 'reply', 'Both'],
  ],
  unsubscribe: [
    ['None', 'MUST NOT', 'None'],
    ['None + Pending Out', 'MUST NOT', 'None + Pending Out'],
    ['None + Pending In', 'MUST', 'None'],
    ['None + Pending Out+In', 'MUST', 'None + Pending Out'],
    ['To', 'MUST NOT', 'To'],
    ['To + Pending In', 'MUST', 'To'],
    ['From', 'MUST', 'None'],
    ['From + Pending Out', 'MUST', 'None + Pending Out'],
    ['Both', 'MUST', 'To'],
  ],
  subscribed: [
    ['None', 'MUST NOT', 'None'],
    ['None + Pending Out', 'MUST', 'To'],
    ['None + Pending In', 'MUST NOT', 'None + Pending In'],
    ['None + Pending Out+In', 'MUST', 'To + Pending In'],
    ['To', 'MUST NOT', 'To'],
    ['To + Pending In', 'MUST NOT', 'To + Pending In'],
    ['From', 'MUST NOT', 'From'],
    ['From + Pending Out', 'MUST', 'Both'],
    ['Both', 'MUST NOT', 'Both'],
  ],
  unsubscribed: [
    ['None', 'MUST NOT', 'None'],
    ['None + Pending Out', 'MUST', 'None'],
    ['None + Pending In', 'MUST NOT', 'None + Pending In'],
    ['None + Pending Out+In', 'MUST', 'None + Pending In'],
    ['To', 'MUST', 'None'],
    ['To + Pending In', 'MUST', 'None + Pending In'],
    ['From', 'MUST NOT', 'From'],
    ['From + Pending Out', 'MUST', 'From'],
    ['Both', 'MUST', 'From'],
  ],
}

function check(rows: readonly Row[], run: (state: SubscriptionState) => Step): void {
  expect(rows.map(([existing]) => existing)).toEqual(Object.keys(states))
  for (const [existing, passes, next] of rows) {
    const step = run(states[existing])
    const did = step.reply !== undefined ? 'reply' : step.passes ? 'MUST' : 'MUST NOT'
    expect([existing, did, step.next]).toEqual([existing, passes, states[next]])
  }
}

describe('RFC 6121 appendix A', () => {
  test.each(subscriptionTypes)('every state takes an outbound %s as table A.2 says', (type) => {
    check(A2[type], (state) => outboundStep(state, type))
  })

  test.each(subscriptionTypes)('every state takes an inbound %s as table A.3 says', (type) => {
    check(A3[type], (state) => inboundStep(state, type))
  })

  test('the server answers a request by itself with "subscribed" only, and only what is granted already', () => {
    for (const state of Object.values(states)) {
      expect(inboundStep(state, 'subscribe').reply).toBe(state.from ? 'subscribed' : undefined)
    }
  })
})
