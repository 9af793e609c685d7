// What the roster extension tells others (RFC 6121 §2 and §3). Types only.

import type { Presence } from '../../server/stanza.js'
import type { RosterItem } from '../../storage/roster.js'

declare module '../../server/hooks.js' {
  interface Notices {
    /** An item was written or, where `item` is undefined, removed. */
    'roster:changed': { readonly account: string; readonly contact: string; readonly item: RosterItem | undefined }
    /** Somebody asked to see the account's presence. Told when the request is kept, before any session of the account has it. */
    'subscription:requested': { readonly account: string; readonly request: Presence }
    /** From now on the contact may see the account's presence; it has been told so. */
    'subscription:granted': { readonly account: string; readonly contact: string }
    /** The contact may not see the account's presence any more; it is told so after this. */
    'subscription:ended': { readonly account: string; readonly contact: string }
  }
}
