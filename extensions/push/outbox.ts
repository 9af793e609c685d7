// The durable queue: reads what is owed, and lets each go when it can. Nothing is owed in memory alone: after a crash the same
// debts are read again, and go out under the same item ids.

import type { Config } from '../../server/config.js'
import type { Context } from '../../server/extension.js'
import type { DebtKey } from '../../storage/messages.js'
import { BurstLimit } from './burst.js'
import { isCallTopic } from './call.js'
import { Lines } from './lines.js'
import { Sender } from './sender.js'

type PushContext = Context<'push' | 'messages'>

export type OutboxOptions = Pick<Config['push'], 'plain' | 'burst' | 'perSecond'>

const pageSize = 200
/** What is tried again at once after a fault of ours fails again at once. */
const faultPauseMs = 10_000
/** What falls due within so short a time is read together. */
const leastSleepMs = 100
/** Timers are bound to 2³¹ ms; nothing is ever due so late. */
const longestSleepMs = 60 * 60 * 1000

export class Outbox {
  readonly #context: PushContext
  readonly #sender: Sender
  readonly #lines: Lines
  readonly #burst: BurstLimit
  /** What is asked of the next look: all that is due, or what was kept since the last one. */
  #wanted: 'all' | 'new' | undefined
  #reading = false
  /** No debt up to here was left unread, but for those of services that cannot be asked. */
  #seen = 0
  #alarm: { readonly due: number; readonly timer: NodeJS.Timeout } | undefined
  readonly #rests = new Set<NodeJS.Timeout>()
  #over = false

  constructor(context: PushContext, { plain, burst, perSecond }: OutboxOptions) {
    this.#context = context
    this.#sender = new Sender(context, plain)
    this.#burst = new BurstLimit(burst, perSecond)
    // A component of ours that is not connected says so when it comes.
    this.#lines = new Lines((domain) => context.isComponent(domain) && !context.components().includes(domain))
  }

  /** Anything may be due: looks, as soon as nobody else does. */
  wake(): void {
    this.#wanted = 'all'
    this.#look()
  }

  /** Something new is owed. What has waited before is not looked at again for that. */
  kept(): void {
    this.#wanted ??= 'new'
    this.#look()
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#alarm?.timer)
    for (const timer of this.#rests) clearTimeout(timer)
  }

  #look(): void {
    if (this.#reading || this.#over) return
    this.#reading = true
    this.#context.later(async () => {
      try {
        while (this.#wanted !== undefined && !this.#over) await this.#read()
      } catch (reason) {
        this.#context.log.error('what is owed could not be read: tried again soon', {}, reason)
        this.#wakeAt(this.#context.clock.now() + faultPauseMs)
      } finally {
        this.#reading = false
      }
    })
  }

  async #read(): Promise<void> {
    const { messages } = this.#context.stores
    const begin = this.#wanted === 'all' ? 0 : this.#seen
    this.#wanted = undefined
    const now = this.#context.clock.now()
    const [last, due] = await Promise.all([messages.lastDebt(), messages.nextDue(now)])
    this.#wakeAt(due)
    if (begin === 0) this.#lines.beginsAnew()
    for (let after: number | undefined = begin; after !== undefined && !this.#over;) {
      const page: readonly DebtKey[] = await messages.owed(after, now, pageSize, this.#lines.closed())
      this.#takeIn(page)
      const end = page.at(-1)?.id ?? last
      this.#seen = Math.max(this.#seen, last, end)
      after = page.length < pageSize ? undefined : end
    }
  }

  #takeIn(page: readonly DebtKey[]): void {
    for (const key of page) this.#lines.add(key)
    for (const service of new Set(page.map((key) => key.service))) this.#advance(service)
  }

  #wakeAt(due: number | undefined): void {
    if (due === undefined || this.#over || (this.#alarm !== undefined && this.#alarm.due <= due)) return
    clearTimeout(this.#alarm?.timer)
    const wait = Math.min(longestSleepMs, Math.max(leastSleepMs, due - this.#context.clock.now()))
    const timer = setTimeout(() => {
      this.#alarm = undefined
      this.wake()
    }, wait)
    timer.unref()
    this.#alarm = { due, timer }
  }

  /** Leaves what cannot go now where it is: its turn comes when a slot is free, or the service is there. */
  #advance(service: string): void {
    if (this.#over) return
    for (let key = this.#lines.next(service); key !== undefined; key = this.#lines.next(service)) {
      const wait = this.#tokenFor(key)
      if (wait > 0) this.#rest(key, wait)
      else this.#start(key)
    }
    if (this.#lines.isShort(service)) this.wake()
  }

  /** How long the limit holds it. A call is never held. Milliseconds. */
  #tokenFor({ account, service, node, topic }: DebtKey): number {
    if (isCallTopic(topic)) return 0
    return this.#burst.take(JSON.stringify([account, service, node]), this.#context.clock.now())
  }

  #start(key: DebtKey): void {
    this.#lines.begins(key)
    this.#context.later(() =>
      this.#sender.send(key).then(
        (again) => this.#sent(key, again),
        (reason: unknown) => this.#faulty(key, reason),
      ),
    )
  }

  #sent(key: DebtKey, again: number | undefined): void {
    this.#lines.ends(key)
    if (again !== undefined && again <= this.#context.clock.now()) this.#lines.hold(key)
    else this.#wakeAt(again)
    this.#lines.release(key)
    this.#advance(key.service)
  }

  #faulty(key: DebtKey, reason: unknown): void {
    this.#context.log.error('a push could not be sent: tried again soon', {}, reason)
    this.#lines.ends(key)
    this.#rest(key, faultPauseMs)
    this.#advance(key.service)
  }

  /** Takes no slot meanwhile. What comes for the same registration and topic takes its place. */
  #rest(key: DebtKey, wait: number): void {
    if (this.#over) return
    this.#lines.hold(key)
    const timer = setTimeout(() => {
      this.#rests.delete(timer)
      this.#lines.release(key)
      this.#advance(key.service)
    }, wait)
    timer.unref()
    this.#rests.add(timer)
  }
}
