// What personal eventing tells others (types only). Told before the publisher gets its result, in the order in which it happened
// to the account.

import type { Jid } from '../../server/jid.js'
import type { Element } from '../../server/xml.js'
import type { AccessModel } from '../../storage/pep.js'

declare module '../../server/hooks.js' {
  interface Claims {
    /** An item is to be published for an account, as if it had done so itself. Pep does it, and refuses as it would refuse the account. */
    'pep:publish': {
      /** Full JID of the account's client. */
      readonly publisher: Jid
      readonly node: string
      /** Undefined: a random one. */
      readonly itemId: string | undefined
      readonly payload: Element
      /** Of a node that is not there yet. */
      readonly accessModel: AccessModel
    }
  }
  interface Notices {
    'pep:published': {
      readonly account: string
      readonly node: string
      readonly itemId: string
      /** The payload element. */
      readonly xml: string
      /** Full JID. */
      readonly publisher: string
    }
    /** Items of the node are gone: the named one, or all of them when `itemId` is undefined. */
    'pep:retracted': { readonly account: string; readonly node: string; readonly itemId: string | undefined }
    'pep:node-deleted': { readonly account: string; readonly node: string }
  }
}

export {}
