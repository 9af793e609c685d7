// What a stock xmpp.js client and a stock xmpp.js component have in common: an inbox, questions with their answers, an end.

import { randomUUID } from 'node:crypto'
import type { Entity } from '@xmpp/client'
import { readError, type StanzaErrorCondition } from '../../server/stanza-error.js'
import { attr, child, type Element, parse, serialize } from '../../server/xml.js'
import { Inbox } from './inbox.js'

/** An error answer to a question. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly condition: StanzaErrorCondition
  readonly type: string | undefined
  /** The whole answer. */
  readonly stanza: Element

  constructor(question: Element, answer: Element) {
    const { condition, type } = readError(child(answer, 'error'))
    super(`${condition} (${String(type)}): ${serialize(question)} → ${serialize(answer)}`)
    this.condition = condition
    this.type = type
    this.stanza = answer
  }
}

/** How long an answer may take before a test says that there was none. */
const PATIENCE_MS = 10_000

interface Question {
  readonly element: Element
  readonly resolve: (answer: Element) => void
  readonly reject: (reason: Error) => void
}

export class TestEntity {
  readonly inbox: Inbox
  readonly #entity: Entity
  readonly #name: () => string
  readonly #questions = new Map<string, Question>()
  readonly #streamErrors: Error[] = []
  readonly #ended: Promise<void>

  constructor(entity: Entity, name: () => string, namespace: string) {
    this.#entity = entity
    this.#name = name
    this.inbox = new Inbox(name, namespace)
    entity.reconnect.stop()
    entity.on('error', (reason: Error) => this.#streamErrors.push(reason))
    this.#ended = new Promise((resolve) => entity.once('disconnect', () => resolve()))
    entity.once('disconnect', () => [...this.#questions.keys()].forEach((id) => this.#nobodyAnswers(id)))
  }

  /** Sends the stanza as it is. */
  async sends(stanza: Element): Promise<void> {
    await this.#entity.send(parse(serialize(stanza)))
  }

  /** Sends the iq and gives the whole result. An id is made up when there is none. @throws Refusal for an error answer */
  async asks(question: Element): Promise<Element> {
    const element = parse(serialize(question))
    const id = attr(element, 'id') ?? randomUUID()
    element.attrs['id'] = id
    const answer = new Promise<Element>((resolve, reject) => this.#questions.set(id, { element, resolve, reject }))
    const timer = setTimeout(() => this.#nobodyAnswers(id), PATIENCE_MS)
    await this.#entity.send(element)
    return answer.finally(() => clearTimeout(timer))
  }

  /** The error with which the server ended the stream. Waits until the connection is closed. */
  async ended(): Promise<string> {
    await this.#ended
    const [error] = this.#streamErrors.splice(0)
    return error === undefined ? 'closed' : conditionOf(error)
  }

  /** What the stream complained of that no `ended()` asked for. */
  get complaints(): readonly string[] {
    return this.#streamErrors.map((reason) => `${this.#name()}: the stream failed: ${reason.message}`)
  }

  /** Sorts an arrived stanza: the answer to a question, or something for the inbox. */
  protected arrived(stanza: Element): void {
    const question = stanza.name === 'iq' ? this.#questions.get(attr(stanza, 'id') ?? '') : undefined
    const type = attr(stanza, 'type')
    if (question === undefined || (type !== 'result' && type !== 'error')) return this.inbox.arrived(stanza)
    this.#questions.delete(attr(stanza, 'id') ?? '')
    if (type === 'result') question.resolve(stanza)
    else question.reject(new Refusal(question.element, stanza))
  }

  #nobodyAnswers(id: string): void {
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    question?.reject(new Error(`${this.#name()} got no answer to ${serialize(question.element)}`))
  }
}

function conditionOf(reason: Error): string {
  return 'condition' in reason ? String(reason.condition) : reason.message
}
