// Whom an account has blocked (XEP-0191).

export interface Block {
  readonly account: string
  /** A prepared JID, of any form: somebody, one of their clients, a domain. */
  readonly jid: string
}

export interface BlockStore {
  /** The blocks of all accounts: whoever asks at each stanza holds them in memory. */
  all(): Promise<readonly Block[]>
  /**
   * Adds those that are not there yet. False, and nothing written, when the account would have more than `limit`, or when there
   * is no such account.
   */
  add(account: string, jids: readonly string[], limit: number): Promise<boolean>
  /** What is not there is left out. */
  remove(account: string, jids: readonly string[]): Promise<void>
}
