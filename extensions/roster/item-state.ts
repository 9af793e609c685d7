// A roster item as a subscription state, and back (RFC 6121 §A.1): a request that waits is part of the item.

import type { RosterItem, Subscription } from '../../storage/roster.js'
import type { SubscriptionState } from './subscription-states.js'

/** A contact of whom nothing is known. */
export function emptyItem(contact: string): RosterItem {
  return {
    contact,
    name: undefined,
    groups: [],
    subscription: 'none',
    ask: false,
    listed: false,
    request: undefined,
    approved: false,
  }
}

export function stateOf(item: RosterItem): SubscriptionState {
  return {
    to: item.subscription === 'to' || item.subscription === 'both',
    from: item.subscription === 'from' || item.subscription === 'both',
    pendingOut: item.ask,
    pendingIn: item.request !== undefined,
    approved: item.approved,
  }
}

/**
 * The item in another state. Whoever has a subscription, waits for one, or will be granted one, is in the roster from then on
 * (RFC 6121 §3.1.2, §3.1.5, §3.4.2).
 * @param request the stanza that asked, where the state is one of waiting for the account's answer
 */
export function withState(item: RosterItem, state: SubscriptionState, request: string | undefined): RosterItem {
  const subscription = subscriptionOf(state)
  return {
    ...item,
    subscription,
    ask: state.pendingOut,
    listed: item.listed || subscription !== 'none' || state.pendingOut || state.approved,
    approved: state.approved,
    request: state.pendingIn ? (item.request ?? request) : undefined,
  }
}

/** Nothing is left of it that anybody would want to keep. */
export function isNothing(item: RosterItem): boolean {
  return !item.listed && item.request === undefined
}

/** Clients see a difference between the two: a push is due (RFC 6121 §2.1.6). A request that waits is not part of the roster. */
export function differsInRoster(before: RosterItem, after: RosterItem): boolean {
  return (
    before.listed !== after.listed ||
    before.subscription !== after.subscription ||
    before.ask !== after.ask ||
    before.approved !== after.approved
  )
}

function subscriptionOf({ to, from }: SubscriptionState): Subscription {
  if (to) return from ? 'both' : 'to'
  return from ? 'from' : 'none'
}
