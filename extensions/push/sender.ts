// One push on its way: what is owed becomes a publish, and the service's answer says what becomes of the debt.

import type { Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import { reviveStanza } from '../../server/stanza.js'
import type { Element } from '../../server/xml.js'
import type { Debt, DebtKey } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import { StorageError } from '../../storage/storage.js'
import type {} from './hooks.js'
import { describe, plainNotification, publishElement, type Plain } from './notification.js'
import { backoff, doubtfulDelayMs, isDoubtful, type Outcome, outcomeOf } from './outcome.js'

type PushContext = Context<'push' | 'messages'>

const answerTimeoutMs = 30_000
/** So many answers are remembered that the storage could not take. */
const mostAnswers = 1000

/** What the service said, and of which registration. */
interface Answered {
  readonly registration: Registration
  readonly outcome: Outcome
}

export class Sender {
  readonly #context: PushContext
  readonly #plain: Plain
  /** What was published but could not be noted: it is not published again for that. */
  readonly #answers = new Map<number, Answered>()

  constructor(context: PushContext, plain: Plain) {
    this.#context = context
    this.#plain = plain
  }

  /**
   * Gives when it is to be tried again, or undefined when it is settled. Milliseconds since 1970.
   * @throws StorageError when nothing can be said of it: a fault of ours, and nobody's answer
   */
  async send(key: DebtKey): Promise<number | undefined> {
    try {
      return await this.#send(key)
    } catch (reason) {
      if (reason instanceof StorageError) throw reason
      this.#context.log.error('a push can never be sent: dropped', faultOf(key, reason))
      await this.#context.stores.messages.settle(key.id)
      return undefined
    }
  }

  async #send({ id, account, service, node }: DebtKey): Promise<number | undefined> {
    const { push, messages } = this.#context.stores
    const [registration, debt] = await Promise.all([push.find(account, service, node), messages.debt(id)])
    if (debt === undefined) return undefined
    const isOwed = registration?.state === 'active' && debt.expires > this.#context.clock.now()
    const answered = isOwed ? (this.#answers.get(id) ?? (await this.#publish(debt, registration))) : undefined
    if (answered === undefined) return this.#settle(id)
    this.#remember(id, answered)
    const again = await this.#conclude(debt, answered)
    this.#answers.delete(id)
    return again
  }

  async #settle(id: number): Promise<undefined> {
    await this.#context.stores.messages.settle(id)
    this.#answers.delete(id)
    return undefined
  }

  #remember(id: number, answered: Answered): void {
    this.#answers.set(id, answered)
    const [oldest] = this.#answers.keys()
    if (oldest !== undefined && this.#answers.size > mostAnswers) this.#answers.delete(oldest)
  }

  /** Undefined when it cannot be told within the registration's limits. */
  async #publish(debt: Debt, registration: Registration): Promise<Answered | undefined> {
    const payload = await this.#payload(debt, registration)
    if (payload === undefined) return undefined
    const answer = await this.#context.ask(parseJid(debt.service), 'set', payload, { timeoutMs: answerTimeoutMs })
    return { registration, outcome: outcomeOf(answer) }
  }

  async #payload(debt: Debt, registration: Registration): Promise<Element | undefined> {
    const { hooks, log } = this.#context
    const stanza = reviveStanza(debt.xml)
    if (stanza.kind === 'iq') return undefined
    const outgoing = { stanza, debt, registration }
    const summary = await hooks.fold('push:describe', describe(outgoing), outgoing)
    const plain = plainNotification(summary, this.#plain)
    const notification = await hooks.fold('push:wrap', plain, { summary, registration })
    if (notification !== undefined) return publishElement(notification, debt.item, registration)
    log.info('a push does not fit its max-size: not sent', { account: debt.account, service: debt.service })
    return undefined
  }

  async #conclude(debt: Debt, { registration, outcome }: Answered): Promise<number | undefined> {
    const { stores, clock, hooks } = this.#context
    const { account, service, node } = debt
    if (outcome.kind === 'refused' || (outcome.kind === 'doubtful' && isDoubtful(registration.lastResult?.outcome)))
      return this.#refused(registration, outcome.word)
    await stores.push.answered(account, service, node, outcome.word, clock.now())
    if (outcome.kind !== 'published') return this.#postpone(debt, outcome)
    await stores.messages.settle(debt.id)
    await hooks.notify('push:published', { registration, debt })
    return undefined
  }

  /** The answer is about the registration that was asked about: one that took its place meanwhile is still owed the push. */
  async #refused(registration: Registration, reason: string): Promise<number | undefined> {
    const { stores, clock, hooks, log } = this.#context
    const { account, service, node, created } = registration
    const now = clock.now()
    await stores.push.answered(account, service, node, reason, now)
    if (!(await stores.push.disable(account, service, node, created, reason, now))) return now
    log.info('a push registration was refused by its service: disabled', { account, service, reason })
    await hooks.notify('push:disabled', { registration, reason })
    return undefined
  }

  async #postpone({ id, service, attempts }: Debt, outcome: Outcome): Promise<number> {
    const { log, clock, stores } = this.#context
    const wait = outcome.kind === 'doubtful' ? doubtfulDelayMs : backoff(attempts)
    log.debug('a push waits', { service, answer: outcome.word, seconds: Math.round(wait / 1000) })
    const due = clock.now() + wait
    await stores.messages.postpone(id, due)
    return due
  }
}

/** Where it failed, but not what was said: an error's own words may quote the message. */
function faultOf({ account, service }: DebtKey, reason: unknown): Readonly<Record<string, string>> {
  if (!(reason instanceof Error)) return { account, service, error: typeof reason }
  const { name, message, stack = '' } = reason
  const at = stack.indexOf(message)
  const [frame = ''] = at === -1 ? [] : (/^ +at .*$/m.exec(stack.slice(at + message.length)) ?? [])
  return { account, service, error: name, at: frame.trim() }
}
