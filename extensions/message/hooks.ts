// The hooks on the way of a message to an account. Types only.

import type { NewDebt } from '../../storage/messages.js'
import type { Message } from '../../server/stanza.js'

/** A message that nobody took, on its way to be kept. */
export interface Undelivered {
  readonly account: string
  /** Stamped with the stanza-id under which the account will get it. */
  readonly message: Message
  /** That stanza-id. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
}

declare module '../../server/hooks.js' {
  interface Claims {
    /** Who keeps it, together with the pushes that are owed for it? Nobody: the sender gets `service-unavailable`. */
    'message:keep': Undelivered & { readonly debts: readonly NewDebt[] }
  }

  interface Folds {
    /** Who is owed a push for it. */
    'message:debts': { readonly value: readonly NewDebt[]; readonly subject: Undelivered }
  }

  interface Notices {
    'message:stored': { readonly account: string; readonly id: string }
    /** Pushes are owed and on disk. */
    'debts:kept': { readonly account: string }
    /** A session has answered for everything that waited for the account. */
    'messages:collected': {
      readonly account: string
      readonly resource: string
      readonly userAgent: string | undefined
    }
  }
}
