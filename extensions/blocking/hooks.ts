// What the blocking extension tells others (XEP-0191). Types only.

import type { Jid } from '../../server/jid.js'
import type { Element } from '../../server/xml.js'

declare module '../../server/hooks.js' {
  interface Notices {
    /** The account has blocked somebody whom it had not blocked before. `item` is what its client said, with all that is in it. */
    'jid:blocked': { readonly account: string; readonly jid: Jid; readonly item: Element }
  }
}
