// When an account was last available, and what it said when it went (XEP-0012 §4).

export interface LastActivity {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly status: string | undefined
}

export interface LastActivityStore {
  /** The account is not available any more. What was kept before is replaced. */
  left(account: string, last: LastActivity): Promise<void>
  /** Undefined for one that has never left. */
  of(account: string): Promise<LastActivity | undefined>
}
