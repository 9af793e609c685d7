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

/** Which debt it is, and of which message. */
export type DebtOfMessage = DebtKey & Pick<Debt, 'message'>

/** A debt, and its place among what is due to its service. */
export type DueDebt = DebtKey & Pick<Debt, 'due'>

export interface DueQuestion {
  /** Undefined: from the one that has been due longest. */
  readonly after: Pick<DueDebt, 'due' | 'id'> | undefined
  readonly now: number
  readonly count: number
  /** Accounts that are left out. */
  readonly except: readonly string[]
}

/** What is owed to whom, and how it fares, without what it is owed for. */
export type OwedPush = Omit<Debt, 'xml' | 'item' | 'expires' | 'unread'>

export interface MessageStore {
  /**
   * Keeps the message and what is owed for it in one transaction, and counts `unread` up on each of the registrations.
   * Gives what is owed for it now; undefined when the account has `limit` waiting messages already (one that does not wait is
   * not limited), or is not there: then nothing is written. Left out are a debt whose registration is gone or disabled, one that
   * is owed for this very message already, and a message that nobody waits for and no push is owed for.
   * One id is one message: where it is there already it stays as it is, but becomes a waiting one if `waiting` says so now,
   * and then comes after what waits already.
   */
  keep(
    account: string,
    message: NewMessage,
    debts: readonly NewDebt[],
    limit: number,
  ): Promise<readonly Debt[] | undefined>
  /** What waits for the account, in the order in which it was kept: the first `count` after the given order (0: from the oldest). */
  waiting(account: string, after: number, count: number): Promise<readonly KeptMessage[]>
  /** Its reader has these. The rows go as soon as no push is owed for them. */
  remove(account: string, ids: readonly string[]): Promise<void>
  /** The services to which something is owed. */
  services(): Promise<readonly string[]>
  /** What is owed to the service and due at `now`: the first `count` after a place, what has been due longest first. */
  due(service: string, asked: DueQuestion): Promise<readonly DueDebt[]>
  /** What is owed to the account's registrations, or to everybody's: the newest `count`, the oldest of them first. */
  owedTo(account: string | undefined, count: number): Promise<readonly OwedPush[]>
  /** How many messages wait for their readers, and how many pushes are owed. */
  count(): Promise<{ readonly waiting: number; readonly owed: number }>
  /** The whole debt, with what it is owed for; undefined once it was settled or replaced. */
  debt(id: number): Promise<Debt | undefined>
  /** When the next debt to the service falls due after `now`, or undefined when none will. */
  nextDue(service: string, now: number): Promise<number | undefined>
  /** What is worth nothing any more at `now`: the first `count`, what expired first. Whether its service can be asked or not. */
  expired(now: number, count: number): Promise<readonly DebtOfMessage[]>
  /** When the next debt expires, whether it has already or not; undefined when nothing is owed. */
  nextExpiry(): Promise<number | undefined>
  /** Done, or worth no more: the debt goes, and its message with it if nobody waits for that. No fault if it is gone already. */
  settle(debt: number): Promise<void>
  /** Whatever is owed for this topic to the account's registrations goes. Gives what went. */
  withdraw(account: string, topic: string): Promise<readonly DebtOfMessage[]>
  /** To be tried again at `due`, with its attempts counted up. No fault if it is gone. */
  postpone(debt: number, due: number): Promise<void>
  /**
   * Somebody has collected what waited for the account: every registration's `unread` is 0 again. What is still owed to the
   * registrations of the client that did goes, but for debts above `upTo`: those came after it had looked. Gives what went.
   */
  collected(
    account: string,
    own: readonly { readonly service: string; readonly node: string }[],
    upTo: number,
  ): Promise<readonly DebtOfMessage[]>
  /** The highest number of a debt so far. */
  lastDebt(): Promise<number>
}
