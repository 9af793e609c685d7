// What is owed for too long ends, whether its service can be asked or not: a day for a message, half a minute for a call.

import type { Context } from '../../server/extension.js'
import type { DebtKey } from '../../storage/messages.js'
import type {} from './hooks.js'
import { tooOld } from './sender.js'

const pageSize = 200
/** What expires within so short a time ends together. */
const leastSleepMs = 1000
/** Timers are bound to 2³¹ ms. */
const longestSleepMs = 60 * 60 * 1000

export class Expiry {
  readonly #context: Context<'messages'>
  readonly #isSending: (key: DebtKey) => boolean
  #next = Infinity
  #timer: NodeJS.Timeout | undefined
  #looking = false
  #over = false

  /** @param isSending tells of a debt whether it is on its way now: what becomes of it is not ours to say */
  constructor(context: Context<'messages'>, isSending: (key: DebtKey) => boolean) {
    this.#context = context
    this.#isSending = isSending
  }

  /** Something is owed until then. */
  expects(expires: number): void {
    const now = this.#context.clock.now()
    if (now >= this.#next) this.look()
    if (expires < this.#next) this.#sleepUntil(expires, now)
  }

  /** Ends what has expired by now. */
  look(): void {
    if (this.#looking || this.#over) return
    this.#looking = true
    this.#next = Infinity
    this.#context.later(async () => {
      const { clock, log, stores } = this.#context
      try {
        while (!this.#over && (await this.#endSome(clock.now())));
        const next = await stores.messages.nextExpiry()
        if (next !== undefined && next < this.#next) this.#sleepUntil(next, clock.now())
      } catch (reason) {
        log.error('what has expired could not be read: tried again later', {}, reason)
        this.#sleepUntil(clock.now() + longestSleepMs, clock.now())
      } finally {
        this.#looking = false
      }
    })
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }

  /** In small steps; true when there may be more. */
  async #endSome(now: number): Promise<boolean> {
    const { stores, hooks } = this.#context
    const page = await stores.messages.expired(now, pageSize)
    const old = page.filter((debt) => !this.#isSending(debt))
    await Promise.all(old.map(({ id }) => stores.messages.settle(id)))
    for (const debt of old)
      await hooks.notify('push:outcome', { debt, at: now, outcome: { kind: 'dropped', why: tooOld } })
    return old.length > 0 && page.length === pageSize
  }

  #sleepUntil(next: number, now: number): void {
    if (this.#over) return
    this.#next = next
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.look(), Math.min(longestSleepMs, Math.max(leastSleepMs, next - now)))
    this.#timer.unref()
  }
}
