// One push on its way: what is owed becomes a publish, and the service's answer says what becomes of the debt.

import type { Answer, Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import { type Message, type Presence, reviveStanza } from '../../server/stanza.js'
import { el, type Element } from '../../server/xml.js'
import type { Debt, DebtKey, DebtOfMessage } from '../../storage/messages.js'
import type { Registration } from '../../storage/push.js'
import { StorageError } from '../../storage/storage.js'
import type { Outgoing, PushOutcome } from './hooks.js'
import { isCallTopic } from './call.js'
import type { Calls } from './calls.js'
import { describe, NS, plainNotification, publishElement, type Plain } from './notification.js'
import { said } from './trigger.js'
import { backoff, doubtfulDelayMs, isDoubtful, type Outcome, outcomeOf } from './outcome.js'
import type { ActiveRegistrations } from './registrations.js'

type PushContext = Context<'push' | 'messages'>

const answerTimeoutMs = 30_000
/** So many answers are remembered that the storage could not take. */
const mostAnswers = 1000

/** A debt as it was kept a moment ago: nothing of it need be read. */
export interface Fresh {
  readonly debt: Debt
  readonly stanza: Message | Presence
}

/** What the service said, and of which registration. */
interface Answered {
  readonly kind: 'answered'
  readonly debt: Debt
  readonly registration: Registration
  readonly outcome: Outcome
  /** By the clock. Milliseconds since 1970. */
  readonly askedAt: number
  readonly answeredInMs: number
}

/** What one attempt has come to; nothing of it is written down yet. */
export type Attempt =
  | Answered
  /** Settled or replaced meanwhile. */
  | { readonly kind: 'gone' }
  /** It ends without having been sent. */
  | { readonly kind: 'ended'; readonly debt: DebtOfMessage; readonly outcome: PushOutcome }

/** Ready to be sent. */
interface Publish {
  readonly kind: 'publish'
  readonly debt: Debt
  readonly registration: Registration
  readonly payload: Element
}

interface Open {
  readonly domain: string
  readonly lose: () => void
}

/** What is known without the disk. */
export interface SenderKnown {
  readonly registrations: ActiveRegistrations
  readonly calls: Pick<Calls, 'isOver'>
}

export class Sender {
  readonly #context: PushContext
  readonly #plain: Plain
  readonly #registrations: ActiveRegistrations
  readonly #calls: SenderKnown['calls']
  /** What was published but could not be noted: it is not published again for that. */
  readonly #answers = new Map<number, Answered>()
  /** What waits for an answer, by debt. */
  readonly #open = new Map<number, Open>()

  constructor(context: PushContext, plain: Plain, { registrations, calls }: SenderKnown) {
    this.#context = context
    this.#plain = plain
    this.#registrations = registrations
    this.#calls = calls
  }

  /**
   * Publishes, and resolves with the service's answer, or with why there is none.
   * @throws StorageError when nothing can be said of it: a fault of ours, and nobody's answer
   */
  attempt(key: DebtKey, fresh: Fresh | undefined): Promise<Attempt> {
    // Hundreds wait for answers at a time. Nothing that waits may hold the stanza, as an async function would hold all it has.
    return this.#prepared(key, fresh).then((publish) => (publish.kind === 'publish' ? this.#send(publish) : publish))
  }

  /** A component has gone: whoever waits for its answer waits in vain. */
  lost(domain: string): void {
    for (const open of [...this.#open.values()]) if (open.domain === domain) open.lose()
  }

  /** Writes down what became of it. Gives when it is to be tried again, or undefined when it is settled. Milliseconds since 1970. */
  async conclude(attempt: Attempt): Promise<number | undefined> {
    switch (attempt.kind) {
      case 'gone':
        return undefined
      case 'ended':
        return this.#end(attempt.debt, attempt.outcome)
      case 'answered':
        return this.#concludeAnswered(attempt)
    }
  }

  async #prepared(key: DebtKey, fresh: Fresh | undefined): Promise<Publish | Attempt> {
    try {
      const known = fresh && this.#registrations.known(key)
      if (fresh !== undefined && known !== undefined) return await this.#prepare({ ...fresh, registration: known })
      return await this.#read(key)
    } catch (reason) {
      if (reason instanceof StorageError) throw reason
      this.#context.log.error('a push can never be sent: dropped', faultOf(key, reason))
      const debt = { ...key, message: fresh?.debt.message ?? '' }
      return ended(debt, { kind: 'failed', why: 'a fault of the server: its log says more' })
    }
  }

  async #read(key: DebtKey): Promise<Publish | Attempt> {
    const { push, messages } = this.#context.stores
    const { account, service, node } = key
    const [registration, debt] = await Promise.all([push.find(account, service, node), messages.debt(key.id)])
    if (debt === undefined) return { kind: 'gone' }
    if (registration?.state !== 'active') return dropped(debt, 'the registration is gone')
    if (debt.expires <= this.#context.clock.now()) return dropped(debt, tooOld)
    const stanza = reviveStanza(debt.xml)
    if (stanza.kind === 'iq') return dropped(debt, 'nobody is told of an iq')
    return this.#answers.get(debt.id) ?? this.#prepare({ stanza, debt, registration })
  }

  async #prepare(outgoing: Outgoing): Promise<Publish | Attempt> {
    const { debt, registration } = outgoing
    // It may have been taken back while it was being kept.
    if (this.#isOver(debt)) return dropped(debt, 'the call is over')
    const payload = await this.#payload(outgoing)
    if (payload === undefined) return this.#unsent(debt, registration)
    if (registration.sealing !== undefined) this.#registrations.sealed(registration)
    return { kind: 'publish', debt: withoutStanza(debt), registration, payload }
  }

  #isOver({ account, topic }: DebtKey): boolean {
    return isCallTopic(topic) && this.#calls.isOver(account, topic, this.#context.clock)
  }

  #send({ debt, registration, payload }: Publish): Promise<Answered> {
    const askedAt = this.#context.clock.now()
    const begun = performance.now()
    return this.#ask(debt, payload).then((answer) => {
      const answeredInMs = Math.round(performance.now() - begun)
      return { kind: 'answered', debt, registration, outcome: outcomeOf(answer), askedAt, answeredInMs }
    })
  }

  /** Resolves with a timeout also when whoever was asked goes. */
  #ask({ id, account, service, expires }: Debt, payload: Element): Promise<Answer> {
    const to = parseJid(service)
    const timeoutMs = Math.max(1, Math.min(answerTimeoutMs, expires - this.#context.clock.now()))
    const answer = this.#context.ask(to, 'set', payload, { timeoutMs, from: domainOf(account) })
    return this.#orLost(id, to.domain, answer)
  }

  #orLost(id: number, domain: string, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve) => {
      const open: Open = { domain, lose: () => done({ kind: 'timeout' }) }
      const done = (given: Answer): void => {
        // It may have been asked again since.
        if (this.#open.get(id) === open) this.#open.delete(id)
        resolve(given)
      }
      this.#open.set(id, open)
      void answer.then(done)
    })
  }

  /** What is sealed has no form: it must not be there even for a moment. */
  async #payload(owed: Outgoing): Promise<Element | undefined> {
    const { hooks } = this.#context
    const { debt, registration } = owed
    const outgoing = { ...owed, stanza: said(owed.stanza, owed.debt.account) }
    const summary = await hooks.fold('push:describe', describe(outgoing), outgoing)
    const plain =
      registration.sealing === undefined ? plainNotification(summary, this.#plain) : el('notification', { xmlns: NS })
    const notification = await hooks.fold('push:wrap', plain, { summary, registration })
    return notification && publishElement(notification, debt.item, registration)
  }

  /** Nothing could be sealed: of this push, or under the registration's key for good. */
  async #unsent(debt: Debt, registration: Registration): Promise<Attempt> {
    const { hooks, log } = this.#context
    const { account, service } = registration
    const word = await hooks.fold('push:over', undefined, { registration })
    if (word !== undefined)
      return {
        kind: 'answered',
        debt,
        registration,
        outcome: { kind: 'refused', word },
        askedAt: this.#context.clock.now(),
        answeredInMs: 0,
      }
    log.info('a push does not fit its max-size: not sent', { account, service })
    return ended(debt, { kind: 'failed', why: 'it does not fit the max-size' })
  }

  async #concludeAnswered(answered: Answered): Promise<number | undefined> {
    const { id } = answered.debt
    this.#remember(answered)
    const again = await this.#note(answered)
    this.#answers.delete(id)
    return again
  }

  #remember(answered: Answered): void {
    this.#answers.set(answered.debt.id, answered)
    const [oldest] = this.#answers.keys()
    if (oldest !== undefined && this.#answers.size > mostAnswers) this.#answers.delete(oldest)
  }

  async #note(answered: Answered): Promise<number | undefined> {
    const { debt, registration, outcome } = answered
    switch (outcome.kind) {
      case 'published':
        return this.#published(answered)
      case 'refused':
        return this.#refused(debt, registration, outcome.word)
      case 'doubtful':
        return (await this.#wasDoubtful(registration, answered.askedAt))
          ? this.#refused(debt, registration, outcome.word)
          : this.#postpone(debt, outcome.word, doubtfulDelayMs)
      case 'later':
        return this.#postpone(debt, outcome.word, backoff(debt.attempts))
    }
  }

  /**
   * Whether the answer before this question was doubtful, too: one to a call that was asked about at the same time says nothing more.
   * Asked of the disk: what is remembered of a registration does not say how its last publish went.
   */
  async #wasDoubtful({ account, service, node }: Registration, askedAt: number): Promise<boolean> {
    const last = (await this.#context.stores.push.find(account, service, node))?.lastResult
    return last !== undefined && last.at <= askedAt && isDoubtful(last.outcome)
  }

  async #published({ debt, registration, answeredInMs }: Answered): Promise<undefined> {
    const { hooks } = this.#context
    // Asked for together, they go into one transaction.
    await Promise.all([this.#answered(debt, 'result'), this.#context.stores.messages.settle(debt.id)])
    await hooks.notify('push:published', { registration, debt })
    await this.#tell(debt, { kind: 'pushed', answeredInMs })
    return undefined
  }

  /** The answer is about the registration that was asked about: one that took its place meanwhile is still owed the push. */
  async #refused(debt: Debt, registration: Registration, reason: string): Promise<number | undefined> {
    const { stores, clock, hooks, log } = this.#context
    const { account, service, node, created } = registration
    const now = clock.now()
    await this.#answered(debt, reason)
    if (!(await stores.push.disable(account, service, node, created, reason, now))) return now
    log.info('a push registration is over: disabled', { account, service, reason })
    await hooks.notify('push:disabled', { registration, reason })
    await this.#tell(debt, { kind: 'failed', why: `refused: ${reason}` })
    return undefined
  }

  async #postpone(debt: Debt, why: string, wait: number): Promise<number | undefined> {
    const { log, clock, stores } = this.#context
    const next = clock.now() + wait
    if (next >= debt.expires) {
      await this.#answered(debt, why)
      return this.#end(debt, { kind: 'dropped', why: `${tooOld}; the last answer was ${why}` })
    }
    log.debug('a push waits', { service: debt.service, answer: why, seconds: Math.round(wait / 1000) })
    await Promise.all([this.#answered(debt, why), stores.messages.postpone(debt.id, next)])
    await this.#tell(debt, { kind: 'waiting', why, attempts: debt.attempts + 1, next })
    return next
  }

  async #end(debt: DebtOfMessage, outcome: PushOutcome): Promise<undefined> {
    await this.#context.stores.messages.settle(debt.id)
    await this.#tell(debt, outcome)
    return undefined
  }

  #answered({ account, service, node }: DebtKey, word: string): Promise<void> {
    return this.#context.stores.push.answered(account, service, node, word, this.#context.clock.now())
  }

  async #tell(debt: DebtOfMessage, outcome: PushOutcome): Promise<void> {
    const { hooks, clock } = this.#context
    await hooks.notify('push:outcome', { debt, at: clock.now(), outcome })
  }
}

/** Why it ends that nobody took in time. */
export const tooOld = 'it is too old to be told'

function ended(debt: DebtOfMessage, outcome: PushOutcome): Attempt {
  return { kind: 'ended', debt, outcome }
}

function dropped(debt: Debt, why: string): Attempt {
  return ended(debt, { kind: 'dropped', why })
}

/** Hundreds wait for answers at a time: what they are about need not wait with them. */
function withoutStanza(debt: Debt): Debt {
  return { ...debt, xml: '' }
}

function domainOf(account: string): string {
  return account.slice(account.indexOf('@') + 1)
}

/** Where it failed, but not what was said: an error's own words may quote the message. */
function faultOf({ account, service }: DebtKey, reason: unknown): Readonly<Record<string, string>> {
  if (!(reason instanceof Error)) return { account, service, error: typeof reason }
  const { name, message, stack = '' } = reason
  const at = stack.indexOf(message)
  const [frame = ''] = at === -1 ? [] : (/^ +at .*$/m.exec(stack.slice(at + message.length)) ?? [])
  return { account, service, error: name, at: frame.trim() }
}
