// The tables of RFC 6121 appendix A, written out.

import type { SubscriptionState, SubscriptionType } from '../../extensions/roster/subscription-states.js'

const none = { to: false, from: false, pendingOut: false, pendingIn: false, approved: false }

export const states = {
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

export type StateName = keyof typeof states
/** Whether the stanza passes, and the state after it; `reply` where the server answers by itself. */
export type Row = readonly [existing: StateName, passes: 'MUST' | 'MUST NOT' | 'reply', next: StateName]

export type Tables = Readonly<Record<SubscriptionType, readonly Row[]>>

/** What the account says to its contact. */
export const A2: Tables = {
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

/** What the contact says to the account. */
export const A3: Tables = {
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
