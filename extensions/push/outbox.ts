// The durable queue: lets go what is owed, service by service. Nothing is owed in memory alone: after a crash the same debts are
// read again, and go out under the same item ids.

import type { Config } from '../../server/config.js'
import type { Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import type { Notices } from '../../server/hooks.js'
import type {} from '../message/hooks.js'
import type { Metric } from '../metrics/hooks.js'
import { BurstLimit } from './burst.js'
import { Busy } from './busy.js'
import { Expiry } from './expiry.js'
import { Outlet, type OutletParts } from './outlet.js'
import { type Fresh, Sender, type SenderKnown } from './sender.js'

type PushContext = Context<'push' | 'messages'>

export type OutboxOptions = Pick<Config['push'], 'plain' | 'burst' | 'perSecond'>

/** Before so many services are known, none is forgotten. */
const leastOutlets = 64

/** After a fault of ours everything is looked through again. */
const faultPauseMs = 10_000

export class Outbox {
  readonly #context: PushContext
  readonly #sender: Sender
  readonly #parts: OutletParts
  readonly #outlets = new Map<string, Outlet>()
  readonly #expiry: Expiry
  readonly #fresh: Fresh[] = []
  #again: NodeJS.Timeout | undefined
  #forgetAt = leastOutlets
  #over = false

  constructor(context: PushContext, { plain, burst, perSecond }: OutboxOptions, known: SenderKnown) {
    this.#context = context
    this.#sender = new Sender(context, plain, known)
    this.#parts = {
      context,
      sender: this.#sender,
      burst: new BurstLimit(burst, perSecond),
      busy: new Busy((work) => context.later(work)),
    }
    this.#expiry = new Expiry(context, (key) => this.#outlets.get(key.service)?.isSending(key) === true)
  }

  /** What was owed before the server started. */
  start(): void {
    this.#wake(() => true)
    this.#expiry.look()
  }

  /** Something new is owed. It goes out when the turn is over: whoever waits to hear that it is kept comes first. */
  kept({ stanza, debts }: Notices['debts:kept']): void {
    if (this.#over || debts.length === 0) return
    if (this.#fresh.length === 0) {
      this.#parts.busy.begins()
      setImmediate(() => this.#letGo())
    }
    for (const debt of debts) this.#fresh.push({ debt, stanza })
  }

  /** A component is there, and gets what waits for it. */
  connected(domain: string): void {
    for (const outlet of this.#outlets.values()) if (outlet.domain === domain) outlet.returned()
    this.#wake((service) => parseJid(service).domain === domain)
  }

  /** It answers nothing any more of what it was asked. */
  disconnected(domain: string): void {
    this.#sender.lost(domain)
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#again)
    this.#expiry.stop()
    for (const outlet of this.#outlets.values()) outlet.stop()
  }

  /** How it fares now, by no service's name: those may be many, and strangers choose them. */
  metrics(): readonly Metric[] {
    const stats = [...this.#outlets.values()].map((outlet) => outlet.stats)
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    return [
      gauge('open', 'Pushes that wait for the answer of their service.', sum(stats.map(({ open }) => open))),
      gauge(
        'queued',
        'Pushes that are due and read, and wait for their turn.',
        sum(stats.map(({ waiting }) => waiting)),
      ),
      gauge('services', 'Push services of which something is remembered.', stats.length),
      gauge(
        'services_resting',
        'Push services that are left alone for a while, after faults of their own.',
        stats.filter(({ isResting }) => isResting).length,
      ),
    ]
  }

  #letGo(): void {
    const all = this.#fresh.splice(0)
    if (!this.#over)
      for (const fresh of all) {
        this.#expiry.expects(fresh.debt.expires)
        this.#outletTo(fresh.debt.service).kept(fresh)
      }
    this.#parts.busy.ends()
  }

  #wake(which: (service: string) => boolean): void {
    if (this.#over) return
    this.#context.later(async () => {
      try {
        for (const service of await this.#context.stores.messages.services())
          if (which(service)) this.#outletTo(service).wake()
      } catch (reason) {
        this.#context.log.error('what is owed could not be read: tried again soon', {}, reason)
        clearTimeout(this.#again)
        this.#again = setTimeout(() => this.#wake(() => true), faultPauseMs)
        this.#again.unref()
      }
    })
  }

  /** Strangers choose what a service is called. Only when there are twice as many as were left the last time. */
  #forgetIdle(): void {
    for (const [service, outlet] of this.#outlets) if (outlet.isIdle) this.#outlets.delete(service)
    this.#forgetAt = Math.max(leastOutlets, 2 * this.#outlets.size)
  }

  #outletTo(service: string): Outlet {
    const known = this.#outlets.get(service)
    if (known !== undefined) return known
    if (this.#outlets.size >= this.#forgetAt) this.#forgetIdle()
    const outlet = new Outlet(service, this.#parts)
    this.#outlets.set(service, outlet)
    if (this.#over) outlet.stop()
    return outlet
  }
}

function gauge(name: string, help: string, value: number): Metric {
  return { name: `sealpost_push_${name}`, kind: 'gauge', help, samples: [{ value }] }
}
