// One message and one registration, and what has become of it so far.

import type { Decision, Kind, PushOutcome } from '../push/hooks.js'
import type { Registration } from '../../storage/push.js'
import type { TraceEntry } from './hooks.js'

export type Name = Pick<Registration, 'account' | 'service' | 'node'>

/** A reason is a sentence; whoever gives a longer one has mistaken it for something else. */
const longestWhy = 300

/** Changed in place: it is told of at every push. */
export class Entry {
  /** Tells the message and the registration, see keyOf(). */
  readonly key: string
  /** Of those that wait on one line only the newest is sent. Undefined for what waits on none, or on one that is not known. */
  readonly line: string | undefined
  readonly #name: Name
  readonly #at: number
  readonly #kind: Kind | undefined
  #decision: TraceEntry['decision'] = 'waiting'
  #why = 'not sent yet'
  #attempts: number | undefined
  #next: number | undefined
  /** When its service answered, and after how long: put into words only for who asks. */
  #answer: { readonly at: number; readonly afterMs: number } | undefined

  /** @param decision undefined for what is known only by what became of it */
  constructor(key: string, name: Name, at: number, decision: Decision | undefined) {
    this.key = key
    this.line = decision?.push === true ? lineOf(name, decision.topic) : undefined
    this.#name = name
    this.#at = at
    this.#kind = decision?.kind
    if (decision?.push === true) this.#attempts = 0
    if (decision?.push === false) this.#becomes('not pushed', decision.why)
  }

  /** Nobody was told so far, and nobody is to be. */
  get isNotPushed(): boolean {
    return this.#decision === 'not pushed'
  }

  isFor({ service, node }: Name): boolean {
    return this.#name.service === service && this.#name.node === node
  }

  /** A newer one took its place, if it still waited. */
  giveWay(): void {
    if (this.#decision === 'waiting') this.#becomes('merged', 'a newer one took its place')
  }

  /** It need not be told any more, if it still waited. */
  drop(why: string): void {
    if (this.#decision === 'waiting') this.#becomes('dropped', why)
  }

  /** What is told of the push itself is so, whatever was inferred before; but one that gave way to a newer one waits no more. */
  take(outcome: PushOutcome, at: number): void {
    switch (outcome.kind) {
      case 'pushed':
        this.#attempts = this.#attempts === undefined ? undefined : this.#attempts + 1
        this.#answer = { at, afterMs: outcome.answeredInMs }
        return this.#becomes('pushed', '')
      case 'waiting':
        return this.#waits(outcome)
      case 'failed':
      case 'dropped':
        return this.#becomes(outcome.kind, outcome.why)
    }
  }

  tell(): TraceEntry {
    const { account, service, node } = this.#name
    return {
      account,
      service,
      node: node === '' ? undefined : node,
      at: this.#at,
      kind: this.#kind,
      decision: this.#decision,
      why: this.#answer === undefined ? this.#why : sentence(this.#answer),
      attempts: this.#attempts,
      next: this.#next,
    }
  }

  #waits({ why, attempts, next }: Extract<PushOutcome, { readonly kind: 'waiting' }>): void {
    if (this.#decision === 'merged') return
    // A single word is the condition of an error.
    this.#becomes('waiting', /^[a-z-]+$/.test(why) ? `service answered ${why}` : why)
    this.#attempts = attempts
    this.#next = next
  }

  #becomes(decision: TraceEntry['decision'], why: string): void {
    this.#decision = decision
    this.#why = why.length > longestWhy ? `${why.slice(0, longestWhy)}…` : why
    this.#next = undefined
  }
}

/** Neither a stanza-id nor a JID has a line break in it. */
export function keyOf(id: string, { account, service, node }: Name): string {
  return `${account}\n${id}\n${service}\n${node}`
}

function lineOf({ service, node }: Name, topic: string): string {
  return `${service}\n${topic}\n${node}`
}

/** The time is UTC. */
function sentence({ at, afterMs }: { readonly at: number; readonly afterMs: number }): string {
  const sent = new Date(at - afterMs).toISOString().slice(11, 19)
  return `sent ${sent}, answered in ${Math.round(afterMs)} ms`
}
