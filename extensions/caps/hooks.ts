// What the caps extension tells others (XEP-0115). Types only.

import type { Jid } from '../../server/jid.js'

declare module '../../server/hooks.js' {
  interface Notices {
    /** What an available session can do, by its own disco features: once they are known, and again when they change. */
    'caps:known': { readonly jid: Jid; readonly features: ReadonlySet<string> }
  }
}
