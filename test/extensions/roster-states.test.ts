// The tables of RFC 6121 appendix A against the rules.

import { describe, expect, test } from 'vitest'
import {
  inboundStep,
  outboundStep,
  type Step,
  type SubscriptionState,
  subscriptionTypes,
} from '../../extensions/roster/subscription-states.js'
import { A2, A3, type Row, type StateName, states } from '../helpers/subscription-tables.js'

function check(rows: readonly Row[], run: (state: SubscriptionState) => Step): void {
  expect(rows.map(([existing]) => existing)).toEqual(Object.keys(states))
  for (const [existing, passes, next] of rows) {
    const step = run(states[existing])
    const did = step.reply !== undefined ? 'reply' : step.passes ? 'MUST' : 'MUST NOT'
    expect([existing, did, { ...step.next, approved: false }]).toEqual([existing, passes, states[next]])
  }
}

describe('RFC 6121 appendix A', () => {
  test.each(subscriptionTypes)('every state takes an outbound %s as table A.2 says', (type) => {
    check(A2[type], (state) => outboundStep(state, type))
  })

  test.each(subscriptionTypes)('every state takes an inbound %s as table A.3 says', (type) => {
    check(A3[type], (state) => inboundStep(state, type))
  })

  test.each(Object.keys(states) as StateName[])(
    '%s is granted before it is asked for, or not, as §3.4.2 says',
    (name) => {
      const { next, passes } = outboundStep(states[name], 'subscribed')
      const isAhead = name === 'None' || name === 'None + Pending Out' || name === 'To'
      expect([next.approved, isAhead && passes]).toEqual([isAhead, false])
      const approved = { ...states[name], approved: true }
      expect(outboundStep(approved, 'unsubscribed').next.approved).toBe(false)
      for (const type of ['subscribe', 'unsubscribe'] as const) {
        expect([outboundStep(approved, type).next.approved, inboundStep(approved, type).next.approved]).toEqual([
          true,
          true,
        ])
      }
      expect(inboundStep(approved, 'subscribe')).toEqual({
        next: { ...approved, from: true, pendingIn: false },
        passes: false,
        reply: 'subscribed',
      })
    },
  )

  test('the server answers a request by itself with "subscribed" only, and only what is granted already', () => {
    for (const state of Object.values(states)) {
      expect(inboundStep(state, 'subscribe').reply).toBe(state.from ? 'subscribed' : undefined)
    }
  })
})
