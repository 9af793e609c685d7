// What waits for an account, and the pushes owed for it. A kept message is one row with one id, its stanza-id, to which
// offline delivery and owed pushes both refer: nothing is written twice.

export interface NewMessage {
  /** The stanza-id (XEP-0359) under which the account gets it. */
  readonly id: string
  /** The stanza as it will be handed over. */
  readonly xml: string
  /** When it came, in milliseconds since 1970. */
  readonly at: number
  /** False for a message that every reader has, kept only because a push is owed for it. */
  readonly waiting: boolean
}

export interface KeptMessage {
  readonly id: string
  /** Grows with time: where to read on after this one. */
  readonly order: number
  readonly xml: string
  readonly at: number
}

/** A push owed to one registration. `node` is '' for a registration without a node. */
export interface NewDebt {
  readonly account: string
  readonly service: string
  readonly node: string
  /** Replaces what is still owed to the registration for the same topic; a debt without a topic stands alone (a call). */
  readonly topic: string | undefined
  readonly at: number
  /** After this the push is worth nothing any more. Milliseconds since 1970. */
  readonly expires: number
}

export interface Debt extends NewDebt {
  /** Grows with time; a debt that replaced another has a new one. */
  readonly id: number
  /** The id of the pubsub item: the same at every attempt, so a service that sees it twice can tell. */
  readonly item: string
  /** The stanza that owes it. */
  readonly xml: string
  /** The stanza-id of the kept message. */
  readonly message: string
  /** What was owed to the registration since its client last collected, this one included (contract: `unread`). */
  readonly unread: number
  readonly attempts: number
  /** Not to be tried before. Milliseconds since 1970. */
  readonly due: number
}

/** What tells whose turn it is, without the stanza. */
export type DebtKey = Pick<Debt, 'id' | 'account' | 'service' | 'node' | 'topic'>

export interface MessageStore {
  /**
   * Keeps the message and what is owed for it in one transaction, and counts `unread` up on each of the registrations.
   * False when the account has `limit` waiting messages already (one that does not wait is not limited), or is not there:
   * then nothing is written. Left out are a debt whose registration is gone or disabled, one that is owed for this very
   * message already, and a message that nobody waits for and no push is owed for.
   * One id is one message: where it is there already it stays as it is, but becomes a waiting one if `waiting` says so now,
   * and then comes after what waits already.
   */
  keep(account: string, message: NewMessage, debts: readonly NewDebt[], limit: number): Promise<boolean>
  /** What waits for the account, in the order in which it was kept: the first `count` after the given order (0: from the oldest). */
  waiting(account: string, after: number, count: number): Promise<readonly KeptMessage[]>
  /** Its reader has these. The rows go as soon as no push is owed for them. */
  remove(account: string, ids: readonly string[]): Promise<void>
  /**
   * Of the debts with an id above `after` that are due at `now` to services that are not in `except`, the first `count` in the
   * order of their ids. Read from 0, what is owed to those in `except` costs nothing, however much it is; read from further
   * on, what is above `after` is walked.
   */
  owed(after: number, now: number, count: number, except: readonly string[]): Promise<readonly DebtKey[]>
  /** The whole debt, with what it is owed for; undefined once it was settled or replaced. */
  debt(id: number): Promise<Debt | undefined>
  /** When the next debt falls due after `now`, or undefined when none will. */
  nextDue(now: number): Promise<number | undefined>
  /** Done, or worth no more: the debt goes, and its message with it if nobody waits for that. No fault if it is gone already. */
  settle(debt: number): Promise<void>
  /** Whatever is owed for this topic to the account's registrations goes. */
  withdraw(account: string, topic: string): Promise<void>
  /** To be tried again at `due`, with its attempts counted up. No fault if it is gone. */
  postpone(debt: number, due: number): Promise<void>
  /**
   * Somebody has collected what waited for the account: every registration's `unread` is 0 again. What is still owed to the
   * registrations of the client that did goes, but for debts above `upTo`: those came after it had looked.
   */
  collected(
    account: string,
    own: readonly { readonly service: string; readonly node: string }[],
    upTo: number,
  ): Promise<void>
  /** The highest number of a debt so far. */
  lastDebt(): Promise<number>
}
