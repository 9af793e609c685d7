// What others may add to the answers of service discovery. Types only.

import type { Jid } from '../../server/jid.js'
import type { Element } from '../../server/xml.js'

/** XEP-0030 §3.1. `category` and `type` are words of the registry. */
export interface DiscoIdentity {
  readonly category: string
  readonly type: string
  readonly name?: string
}

/** XEP-0030 §4.1. */
export interface DiscoItem {
  readonly jid: string
  readonly node?: string
  readonly name?: string
}

/** What a node is and can do (XEP-0030 §3.2). */
export interface DiscoNode {
  readonly identities: readonly DiscoIdentity[]
  readonly features: readonly string[]
}

/** A question about a node. */
export interface NodeQuestion {
  /** Whose node: an account's bare JID. Its presence the requester may see, but perhaps not everything else. */
  readonly at: Jid
  readonly node: string
  readonly requester: Jid
}

declare module '../../server/hooks.js' {
  interface Folds {
    /** The services beside the server: connected components to begin with. */
    'disco:items': { readonly value: readonly DiscoItem[]; readonly subject: { readonly requester: Jid } }
    /** Data forms of the server's disco#info (XEP-0128). */
    'disco:server-forms': { readonly value: readonly Element[]; readonly subject: { readonly requester: Jid } }
    /** What an account is; `account/registered` to begin with. The requester may know. */
    'disco:account-identities': {
      readonly value: readonly DiscoIdentity[]
      readonly subject: { readonly account: string; readonly requester: Jid }
    }
    /** What an account has: its available resources to begin with. The requester may see its presence, but not everything else. */
    'disco:account-items': {
      readonly value: readonly DiscoItem[]
      readonly subject: { readonly account: string; readonly requester: Jid }
    }
    /** What a node of an account is. Undefined: there is none of that name, for this requester. */
    'disco:node-info': { readonly value: DiscoNode | undefined; readonly subject: NodeQuestion }
    /** What a node of an account has. Undefined: there is none of that name, for this requester. */
    'disco:node-items': { readonly value: readonly DiscoItem[] | undefined; readonly subject: NodeQuestion }
  }
}
