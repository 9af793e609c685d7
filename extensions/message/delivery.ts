// One message that must not get lost, on its way to an account: handed to the sessions that take it, and kept if none of them
// answers for it. A live message touches no disk, unless somebody is owed a push for it. A room's message is its room's to keep.

import { randomUUID } from 'node:crypto'
import { errorOf } from '../../server/answer.js'
import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { Context, DeliveryRule } from '../../server/extension.js'
import { type Message, reviveStanza, writeStanza } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { asStanzaError } from '../../server/stanza-fault.js'
import type { NewDebt } from '../../storage/messages.js'
import type { Delivered } from './hooks.js'
import { orLogged } from './or-logged.js'
import { stamped } from './stanza-id.js'
import { unlessWanted } from './unless-wanted.js'

export class Delivery {
  readonly #account: string
  readonly #id: string
  readonly #at: number
  readonly #context: Context
  /** It waits for a reader where there is none. A room's does not (RFC 6121 §8.5.2.2.1): it can only make a push. */
  readonly #mayWait: boolean
  /** What waits for an answer waits as text: thousands do, and their indexes would be most of the memory in use. */
  #message: Message | string
  /** Who was handed it and has not gone without an answer. */
  #handed: readonly string[] = noStrings
  #debts: readonly NewDebt[] = noDebts
  #open = 0
  #isAnswered = false

  constructor(message: Message, account: string, context: Context) {
    this.#account = account
    this.#id = randomUUID()
    this.#at = context.clock.now()
    this.#context = context
    this.#mayWait = message.type !== 'groupchat'
    this.#message = this.#mayWait ? stamped(message, account, this.#id) : message
  }

  /** @throws StanzaError when nobody takes it and nobody keeps it */
  start(): Awaitable<void> {
    const done = this.#inMailbox(() => {
      const { message } = this.#letter
      const resource = message.to?.resource
      if (resource === undefined) return this.#toAccount()
      return this.#hand({ kind: 'resource', resource }, () => this.#toAccount())
    })
    return andThen(done, () => this.#rest())
  }

  get #letter(): Delivered {
    const message = typeof this.#message === 'string' ? revived(this.#message) : this.#message
    return { account: this.#account, id: this.#id, at: this.#at, message }
  }

  #rest(): void {
    if (typeof this.#message !== 'string') this.#message = writeStanza(this.#message)
  }

  /** RFC 6121 §8.5.2.1.1: to every session that takes messages; also what was for a resource that is gone (§8.5.3.2.1). */
  #toAccount(): Awaitable<void> {
    if (!this.#mayWait) return andThen(this.#keepPushes(), () => this.#unlessOwed())
    return this.#hand({ kind: 'non-negative' }, () => this.#keep(true))
  }

  #unlessOwed(): Awaitable<void> {
    if (this.#debts.length > 0) return undefined
    const { account, message } = this.#letter
    return unlessWanted(message, account, this.#context)
  }

  #hand(rule: DeliveryRule, otherwise: () => Awaitable<void>): Awaitable<void> {
    const { account, message } = this.#letter
    const taken = this.#context.deliver(account, message, rule, (resource, answered) => this.#told(resource, answered))
    return andThen(taken, (resources) => (resources.length === 0 ? otherwise() : this.#taken(resources)))
  }

  #taken(resources: readonly string[]): Awaitable<void> {
    this.#handed = this.#handed.length === 0 ? resources : [...this.#handed, ...resources]
    this.#open += resources.length
    const { account, message } = this.#letter
    const told = this.#context.hooks.notify('message:delivered', { account, message, resources })
    // A session that is still being handed what waited finds it there.
    return andThen(told, () =>
      this.#mayWait && this.#context.isCatchingUp(account) ? this.#keep(true) : this.#keepPushes(),
    )
  }

  /** Somebody has the message, or its room keeps it: without its pushes it is no failure that its sender should hear of. */
  #keepPushes(): Awaitable<void> {
    const fault = 'the pushes for a message could not be kept'
    return orLogged(() => this.#keep(false), fault, { account: this.#account }, this.#context.log)
  }

  /** Whoever went without an answer does not have it. If nobody does, it goes its way once more. */
  #told(resource: string, answered: boolean): void {
    this.#open -= 1
    if (answered) {
      this.#isAnswered = true
      return
    }
    this.#handed = this.#handed.filter((other) => other !== resource)
    // A room hears from the account's presence who has gone: an error that late would be about whoever has come since.
    const isLost = this.#open === 0 && !this.#isAnswered && this.#mayWait
    this.#context.later(() => this.#again(isLost))
  }

  async #again(isLost: boolean): Promise<void> {
    try {
      await this.#inMailbox(() => (isLost ? this.#toAccount() : this.#keep(false)))
    } catch (reason) {
      // If others have it, only a push is lost, and the log says why.
      if (!isLost) throw reason
      const { message } = this.#letter
      await this.#context.route(errorOf(message, asStanzaError(reason, message, this.#context.log)))
    }
  }

  /**
   * Keeps what waits for a reader, or what somebody is owed a push for, together with the pushes. Who is owed one may have to be
   * looked up: messages are decided on, and given to the store, in the order in which they came; the disk is waited for together.
   */
  #keep(waiting: boolean): Awaitable<void> {
    let written: Awaitable<void>
    const decided = this.#context.inOrder(this.#account, () =>
      andThen(this.#owed(), (owed) => {
        written = waiting || owed.length > 0 ? this.#write(waiting, owed) : undefined
      }),
    )
    return andThen(decided, () => written)
  }

  #owed(): Awaitable<readonly NewDebt[]> {
    // Spelled out: copying by `...` costs more here than all the rest.
    const { account, id, at, message } = this.#letter
    const subject = { account, id, at, message, handed: this.#handed, before: this.#debts }
    return this.#context.hooks.fold('message:debts', noDebts, subject)
  }

  async #write(waiting: boolean, debts: readonly NewDebt[]): Promise<void> {
    const { hooks } = this.#context
    this.#debts = [...this.#debts, ...debts]
    const kept = await hooks.claim('message:keep', { ...this.#letter, waiting, debts })
    if (!waiting || this.#handed.length > 0) return
    if (!kept) throw new StanzaError('service-unavailable')
    await hooks.notify('message:missed', { ...this.#letter, debts: this.#debts })
  }

  #inMailbox(work: () => Awaitable<void>): Awaitable<void> {
    return this.#context.inMailbox(this.#account, 'shared', work)
  }
}

const noStrings: readonly string[] = []
const noDebts: readonly NewDebt[] = []

function revived(xml: string): Message {
  const stanza = reviveStanza(xml)
  if (stanza.kind !== 'message') throw new Error('a message was written as something else')
  return stanza
}
