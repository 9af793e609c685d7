// Which picture each account has, as far as its sessions' presence says so: in memory while there are sessions.

import type { Awaitable } from '../../server/awaitable.js'
import type { Context } from '../../server/extension.js'

/** Undefined in it: the account has a vCard, and no picture. */
export interface Known {
  readonly hash: string | undefined
}

export class Hashes {
  readonly #known = new Map<string, Known | undefined>()

  /** Undefined: the account has no vCard. At once when it has been asked before. */
  of(account: string, context: Context<'vcards'>): Awaitable<Known | undefined> {
    if (this.#known.has(account)) return this.#known.get(account)
    return this.#read(account, context)
  }

  changed(account: string, hash: string | undefined, context: Context<'vcards'>): void {
    if (context.sessionsOf(account) > 0) this.#known.set(account, { hash })
  }

  /** A session of the account has ended. */
  left(account: string, context: Context<'vcards'>): void {
    if (context.sessionsOf(account) === 0) this.#known.delete(account)
  }

  clear(): void {
    this.#known.clear()
  }

  async #read(account: string, context: Context<'vcards'>): Promise<Known | undefined> {
    const read = await context.stores.vcards.hash(account)
    // What has changed while it was read is newer.
    if (this.#known.has(account)) return this.#known.get(account)
    if (context.sessionsOf(account) > 0) this.#known.set(account, read)
    return read
  }
}
