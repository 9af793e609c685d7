// What personal eventing tells others (types only). Told before the publisher gets its result, in the order in which it happened
// to the account.

declare module '../../server/hooks.js' {
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
