// What the presence extension tells others (RFC 6121 §4). Types only.

import type { Jid } from '../../server/jid.js'
import type { Presence } from '../../server/stanza.js'

/** Directed presence that has not been taken back. */
export interface Spoken {
  readonly from: Jid
  readonly to: Jid
}

declare module '../../server/hooks.js' {
  interface Folds {
    /** What a session says of itself, broadcast or directed, before anybody has it: what is to be added? */
    'presence:announce': { readonly value: Presence; readonly subject: { readonly account: string } }
    /** To whom the account's sessions have sent directed presence (RFC 6121 §4.6): presence adds what it remembers. */
    'presence:directed': { readonly value: readonly Spoken[]; readonly subject: { readonly account: string } }
  }
  interface Notices {
    /** A session has broadcast that it is available; everybody who may know has been told. */
    'presence:available': {
      readonly jid: Jid
      readonly presence: Presence
      /** The session was not available before. */
      readonly initial: boolean
    }
    /** A session that was available is not any more: it said so, or it is gone. */
    'presence:unavailable': { readonly jid: Jid; readonly said: Presence }
    /** What is added to the account's presence is another now: presence tells everybody who may know, and remembers it. */
    'presence:outdated': { readonly account: string }
    /** `prober` believes that it may see the presence of `account`, and may not (RFC 6121 §4.3.2). */
    'probe:refused': { readonly account: string; readonly prober: Jid }
  }
}
