// What a subscription stanza does to a subscription: the tables of RFC 6121 appendix A, as the rules that they follow.

/** The four presence types that manage subscriptions (RFC 6121 §3). */
export const subscriptionTypes = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const

export type SubscriptionType = (typeof subscriptionTypes)[number]

/** One subscription as its account's server sees it (RFC 6121 §A.1). */
export interface SubscriptionState {
  /** The account sees the contact's presence. */
  readonly to: boolean
  /** The contact sees the account's presence. */
  readonly from: boolean
  /** The account asked for `to` and has no answer; never together with `to`. */
  readonly pendingOut: boolean
  /** The contact asked for `from` and has no answer; never together with `from`. */
  readonly pendingIn: boolean
  /** The account grants `from` before the contact asks for it (RFC 6121 §3.4). */
  readonly approved: boolean
}

export interface Step {
  readonly next: SubscriptionState
  /** Outbound: the stanza is sent on to the contact. Inbound: it is handed to the account's sessions. */
  readonly passes: boolean
  /** What the server answers by itself, since the account has agreed already (RFC 6121 §3.1.3). */
  readonly reply: 'subscribed' | undefined
}

/** What a stanza from the account to the contact does (RFC 6121 §A.2, §3.4.2 for what is granted before it was asked for). */
export function outboundStep(state: SubscriptionState, type: SubscriptionType): Step {
  switch (type) {
    case 'subscribe':
      // Sent on even where it is granted already: the contact's server may have lost it, and answers by itself.
      return step({ ...state, pendingOut: !state.to }, true)
    case 'unsubscribe':
      return step({ ...state, to: false, pendingOut: false }, true)
    case 'subscribed':
      if (state.pendingIn) return step({ ...state, from: true, pendingIn: false }, true)
      return step({ ...state, approved: state.approved || !state.from }, false)
    case 'unsubscribed':
      return step({ ...state, from: false, pendingIn: false, approved: false }, state.from || state.pendingIn)
  }
}

/** What a stanza from the contact to the account does (RFC 6121 §A.3). */
export function inboundStep(state: SubscriptionState, type: SubscriptionType): Step {
  switch (type) {
    case 'subscribe':
      if (state.from) return { next: state, passes: false, reply: 'subscribed' }
      if (state.approved)
        return { next: { ...state, from: true, pendingIn: false }, passes: false, reply: 'subscribed' }
      return step({ ...state, pendingIn: true }, !state.pendingIn)
    case 'unsubscribe':
      return step({ ...state, from: false, pendingIn: false }, state.from || state.pendingIn)
    case 'subscribed':
      return step(state.pendingOut ? { ...state, to: true, pendingOut: false } : state, state.pendingOut)
    case 'unsubscribed':
      return step({ ...state, to: false, pendingOut: false }, state.to || state.pendingOut)
  }
}

function step(next: SubscriptionState, passes: boolean): Step {
  return { next, passes, reply: undefined }
}
