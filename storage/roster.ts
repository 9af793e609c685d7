// Rosters (RFC 6121 §2): who an account knows, and the state of each subscription.

export type Subscription = 'none' | 'to' | 'from' | 'both'

export interface RosterItem {
  /** A prepared bare JID. */
  readonly contact: string
  readonly name: string | undefined
  readonly groups: readonly string[]
  readonly subscription: Subscription
  /** The account asked to subscribe and has no answer yet (`ask='subscribe'`, RFC 6121 §2.1.2.2). */
  readonly ask: boolean
  /** False for a contact that only asked to subscribe to the account: kept, but not part of the roster (RFC 6121 §3.1.3). */
  readonly listed: boolean
  /** The contact's own subscription request that the account has not answered: the whole stanza, handed over at every login. */
  readonly request: string | undefined
  /** The account grants the contact's request before it comes (`approved='true'`, RFC 6121 §3.4). */
  readonly approved: boolean
}

export interface RosterStore {
  /** In the order of the contacts' addresses. */
  items(account: string): Promise<readonly RosterItem[]>
  item(account: string, contact: string): Promise<RosterItem | undefined>
  /**
   * Writes the item whole. False, and nothing written, when it is new and the account has `limit` items already (those that
   * are not listed count, too), or when there is no such account.
   */
  put(account: string, item: RosterItem, limit: number): Promise<boolean>
  /** False when it was not there. */
  remove(account: string, contact: string): Promise<boolean>
  /** A word for the listed items as they are: another one, never used before, after each change to them (RFC 6121 §2.6). */
  version(account: string): Promise<string>
}
