// The hooks on the way of a message to an account. Types only.

import type { Debt, NewDebt } from '../../storage/messages.js'
import type { Message, Presence } from '../../server/stanza.js'

/** A message that is worth keeping, on its way to an account. */
export interface Delivered {
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
    /**
     * Who keeps it, together with the pushes that are owed for it, and says so by `debts:kept`? Nobody: the sender gets
     * `service-unavailable`.
     * Not `waiting`: its readers have it, it is kept for the pushes alone.
     */
    'message:keep': Delivered & { readonly waiting: boolean; readonly debts: readonly NewDebt[] }
    /**
     * A room's message that nobody took, and for which nobody is owed a push: does somebody want the next one? Then the room
     * is told nothing, or it would believe that its occupant is gone. Nobody: it gets `service-unavailable`.
     */
    'message:wanted': { readonly account: string; readonly message: Message }
  }

  interface Folds {
    /** Who is owed a push for it. */
    'message:debts': {
      readonly value: readonly NewDebt[]
      readonly subject: Delivered & {
        /** The sessions that were handed it and have not gone without an answer. */
        readonly handed: readonly string[]
        /** What was owed for it before: nobody is told twice. */
        readonly before: readonly NewDebt[]
      }
    }
  }

  interface Notices {
    /** Nobody was handed it: it waits for a reader. `debts` are all that are owed for it. */
    'message:missed': Delivered & { readonly debts: readonly NewDebt[] }
    'message:stored': { readonly account: string; readonly id: string }
    /** Pushes are owed for the stanza, and on disk. */
    'debts:kept': {
      readonly account: string
      readonly stanza: Message | Presence
      readonly debts: readonly Debt[]
    }
    /** A session has answered for everything that waited for the account. */
    'messages:collected': {
      readonly account: string
      readonly resource: string
      readonly userAgent: string | undefined
      /** The last push that was owed when it looked: what is owed since then, is. */
      readonly upTo: number
    }
  }
}
