// Changes of one account's nodes take turns, with the notifications that they cause: what a client hears last is what is kept.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` after all earlier work of the account, whether that succeeded or not. */
  take<T>(account: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(account) ?? Promise.resolve()).then(work)
    const done = result.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(account, done)
    void done.then(() => {
      if (this.#last.get(account) === done) this.#last.delete(account)
    })
    return result
  }
}
