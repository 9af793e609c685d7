// The durable queue: reads what is owed, publishes it, and settles it by the service's answer. Nothing is owed in memory
// alone: after a crash the same debts are read again, and go out under the same item ids.

import { setTimeout } from 'node:timers/promises'
import type { Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import { reviveStanza } from '../../server/stanza.js'
import type { Debt } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import type {} from './hooks.js'
import { describe, plainNotification, publishElement, type Plain } from './notification.js'
import { backoff, doubtfulDelayMs, isDoubtful, type Outcome, outcomeOf } from './outcome.js'

type PushContext = Context<'push' | 'messages'>

/** So many publishes may wait for one service's answer: a slow one holds up nobody else. */
const openPerService = 32
const pageSize = 200
const answerTimeoutMs = 30_000
const faultPauseMs = 10_000
/** Timers are bound to 2³¹ ms; nothing is ever due so late. */
const longestSleepMs = 60 * 60 * 1000

export class Outbox {
  readonly #context: PushContext
  readonly #plain: Plain
  /** What has a publish under way: one at a time for each registration and topic, so that the newest is what is sent last. */
  readonly #busy = new Set<string>()
  readonly #openOf = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #reading = false
  #again = false
  readonly #over = new AbortController()

  constructor(context: PushContext, plain: Plain) {
    this.#context = context
    this.#plain = plain
  }

  /** Something may be due: looks, as soon as nobody else does. */
  wake(): void {
    this.#again = true
    if (this.#reading || this.#over.signal.aborted) return
    this.#reading = true
    this.#context.later(async () => {
      try {
        while (this.#again) await this.#read()
      } finally {
        this.#reading = false
      }
    })
  }

  stop(): void {
    this.#over.abort()
    clearTimeout(this.#timer)
  }

  async #read(): Promise<void> {
    this.#again = false
    const { messages } = this.#context.stores
    const now = this.#context.clock.now()
    for (let after = 0; !this.#over.signal.aborted;) {
      const debts = await messages.owed(after, now, pageSize)
      for (const debt of debts) this.#consider(debt)
      const last = debts.at(-1)
      if (last === undefined || debts.length < pageSize) break
      after = last.id
    }
    this.#sleepUntil(await messages.nextDue(now))
  }

  #sleepUntil(due: number | undefined): void {
    clearTimeout(this.#timer)
    if (due === undefined || this.#over.signal.aborted) return
    const wait = Math.min(longestSleepMs, Math.max(0, due - this.#context.clock.now()))
    this.#timer = globalThis.setTimeout(() => this.wake(), wait)
    this.#timer.unref()
  }

  /** Leaves what cannot go now where it is: it is read again when the service comes, or somebody's turn ends. */
  #consider(debt: Debt): void {
    const open = this.#openOf.get(debt.service) ?? 0
    const registration = keyOf(debt)
    if (this.#busy.has(registration) || open >= openPerService || this.#isAway(debt.service)) return
    this.#busy.add(registration)
    this.#openOf.set(debt.service, open + 1)
    this.#context.later(async () => {
      await this.#send(debt).catch((reason: unknown) => this.#faulty(reason))
      this.#sent(debt, registration)
    })
  }

  /** Nobody's answer, but a fault of ours: what is tried again at once fails again at once. */
  async #faulty(reason: unknown): Promise<void> {
    this.#context.log.error('a push could not be sent: tried again soon', {}, reason)
    await setTimeout(faultPauseMs, undefined, { signal: this.#over.signal, ref: false }).catch(() => undefined)
  }

  #sent({ service }: Debt, registration: string): void {
    this.#busy.delete(registration)
    const open = (this.#openOf.get(service) ?? 1) - 1
    if (open === 0) this.#openOf.delete(service)
    else this.#openOf.set(service, open)
    this.wake()
  }

  /** A component of ours that is not connected says so when it comes. */
  #isAway(service: string): boolean {
    const { domain } = parseJid(service)
    return this.#context.isComponent(domain) && !this.#context.components().includes(domain)
  }

  async #send(debt: Debt): Promise<void> {
    const { stores, clock } = this.#context
    const registration = await stores.push.find(debt.account, debt.service, debt.node)
    const isOwed =
      registration?.state === 'active' && debt.expires > clock.now() && (await stores.messages.isOwed(debt.id))
    if (!isOwed) return stores.messages.settle(debt.id)
    const outcome = await this.#publish(debt, registration)
    if (outcome === undefined) return stores.messages.settle(debt.id)
    await this.#conclude(debt, registration, outcome)
  }

  /** Undefined when it cannot be told within the registration's limits. */
  async #publish(debt: Debt, registration: Registration): Promise<Outcome | undefined> {
    const { hooks, log } = this.#context
    const stanza = reviveStanza(debt.xml)
    if (stanza.kind === 'iq') return undefined
    const summary = await hooks.fold('push:describe', describe({ stanza, debt, registration }), {
      stanza,
      debt,
      registration,
    })
    const notification = await hooks.fold('push:wrap', plainNotification(summary, this.#plain), {
      summary,
      registration,
    })
    if (notification === undefined) {
      log.info('a push does not fit its max-size: not sent', { account: debt.account, service: debt.service })
      return undefined
    }
    const payload = publishElement(notification, debt.item, registration)
    return outcomeOf(await this.#context.ask(parseJid(debt.service), 'set', payload, { timeoutMs: answerTimeoutMs }))
  }

  async #conclude(debt: Debt, registration: Registration, outcome: Outcome): Promise<void> {
    const { stores, clock, hooks, log } = this.#context
    const { account, service, node } = debt
    if (outcome.kind === 'refused' || (outcome.kind === 'doubtful' && isDoubtful(registration.lastResult?.outcome))) {
      await stores.push.disable(account, service, node, outcome.word, clock.now())
      log.info('a push registration was refused by its service: disabled', { account, service, reason: outcome.word })
      await hooks.notify('push:refused', { registration, reason: outcome.word })
      return
    }
    await stores.push.answered(account, service, node, outcome.word, clock.now())
    if (outcome.kind !== 'published') return this.#postpone(debt, outcome)
    await stores.messages.settle(debt.id)
    await hooks.notify('push:published', { registration, debt })
  }

  async #postpone(debt: Debt, outcome: Outcome): Promise<void> {
    const wait = outcome.kind === 'doubtful' ? doubtfulDelayMs : backoff(debt.attempts)
    this.#context.log.debug('a push waits', {
      service: debt.service,
      answer: outcome.word,
      seconds: Math.round(wait / 1000),
    })
    await this.#context.stores.messages.postpone(debt.id, this.#context.clock.now() + wait)
  }
}

/** Messages of one registration go one after the other; a call waits for none of them. */
function keyOf({ account, service, node, topic }: Debt): string {
  return JSON.stringify([account, service, node, topic])
}
