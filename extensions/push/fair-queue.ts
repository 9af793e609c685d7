// Who waits for one service, by account: each account's in the order of their coming, the accounts in rotation, so that one which
// is owed much takes no turn of another.

/** What waits has a turn: of one turn only the newest is of interest. */
export interface Waiting {
  readonly account: string
  readonly turn: string
}

export class FairQueue<T extends Waiting> {
  /** The accounts in the order in which they have their next turn. */
  readonly #accounts = new Map<string, Map<string, T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many wait for the account. */
  countOf(account: string): number {
    return this.#accounts.get(account)?.size ?? 0
  }

  has({ account, turn }: Waiting): boolean {
    return this.#accounts.get(account)?.has(turn) === true
  }

  /** Takes the place of what waits for the same turn. */
  add(item: T): void {
    const own = this.#accounts.get(item.account) ?? new Map<string, T>()
    if (own.size === 0) this.#accounts.set(item.account, own)
    if (!own.has(item.turn)) this.#size += 1
    own.set(item.turn, item)
  }

  /** The next of the first account that may have one; then it is the turn of the others. */
  take(mayTake: (account: string) => boolean): T | undefined {
    for (const [account, own] of this.#accounts) {
      if (!mayTake(account)) continue
      const [first] = own.values()
      if (first === undefined) return undefined
      own.delete(first.turn)
      this.#size -= 1
      this.#accounts.delete(account)
      if (own.size > 0) this.#accounts.set(account, own)
      return first
    }
    return undefined
  }

  clear(): void {
    this.#accounts.clear()
    this.#size = 0
  }
}
