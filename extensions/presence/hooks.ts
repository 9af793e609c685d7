// What the presence extension tells others (RFC 6121 §4). Types only.

import type { Jid } from '../../server/jid.js'
import type { Presence } from '../../server/stanza.js'

declare module '../../server/hooks.js' {
  interface Notices {
    /** A session has broadcast that it is available; everybody who may know has been told. */
    'presence:available': {
      readonly jid: Jid
      readonly presence: Presence
      /** The session was not available before. */
      readonly initial: boolean
    }
    /** A session that was available is not any more: it said so, or it is gone. */
    'presence:unavailable': { readonly jid: Jid }
    /** `prober` believes that it may see the presence of `account`, and may not (RFC 6121 §4.3.2). */
    'probe:refused': { readonly account: string; readonly prober: Jid }
  }
}
