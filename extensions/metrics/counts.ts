// What has happened since the server was started: plain numbers, counted as the notices come.

import type { Notices } from '../../server/hooks.js'
import type { Stanza } from '../../server/stanza.js'
import type { Kind, PushOutcome } from '../push/hooks.js'
import type { Metric } from './hooks.js'

type Numbers<K extends string> = Record<K, number>

const noKinds = (): Numbers<Kind> => ({ message: 0, omemo: 0, groupchat: 0, call: 0, invitation: 0, request: 0 })

export class Counts {
  readonly #stanzas: Numbers<Stanza['kind']> = { message: 0, presence: 0, iq: 0 }
  readonly #pushed = noKinds()
  readonly #notPushed = { ...noKinds(), none: 0 }
  readonly #outcomes: Numbers<PushOutcome['kind']> = { pushed: 0, waiting: 0, failed: 0, dropped: 0 }
  /** A session that ends before anybody was told of it is not counted down. */
  readonly #sessions = new Set<string>()
  #answerMs = 0
  #streams = 0
  #failedLogins = 0
  #stored = 0

  routed({ stanza }: Notices['stanza:routed']): void {
    this.#stanzas[stanza.kind] += 1
  }

  streamOpened(): void {
    this.#streams += 1
  }

  bound({ jid }: Notices['session:bound']): void {
    this.#sessions.add(jid.full)
  }

  closed({ jid }: Notices['session:closed']): void {
    this.#sessions.delete(jid.full)
  }

  loginFailed(): void {
    this.#failedLogins += 1
  }

  stored(): void {
    this.#stored += 1
  }

  decided({ decision }: Notices['push:decided']): void {
    if (decision.push) this.#pushed[decision.kind] += 1
    else this.#notPushed[decision.kind ?? 'none'] += 1
  }

  outcome({ outcome }: Notices['push:outcome']): void {
    this.#outcomes[outcome.kind] += 1
    if (outcome.kind === 'pushed') this.#answerMs += outcome.answeredInMs
  }

  metrics(): readonly Metric[] {
    return [
      gauge('sealpost_sessions', 'Sessions that are bound.', this.#sessions.size),
      counter('sealpost_streams_opened_total', 'Streams that clients have opened.', this.#streams),
      counter('sealpost_logins_failed_total', 'Logins that were refused as not authorized.', this.#failedLogins),
      counter(
        'sealpost_stanzas_routed_total',
        'Stanzas that were not refused, by kind.',
        byLabel('kind', this.#stanzas),
      ),
      counter('sealpost_messages_stored_total', 'Messages that were kept for a reader to come.', this.#stored),
      counter('sealpost_push_decisions_total', 'Decisions, one a registration, by what the stanza was.', [
        ...byLabel('kind', this.#pushed, { decision: 'push' }),
        ...byLabel('kind', this.#notPushed, { decision: 'no push' }),
      ]),
      counter(
        'sealpost_push_outcomes_total',
        'What became of pushes: of each attempt, or at their end.',
        byLabel('outcome', this.#outcomes),
      ),
      counter(
        'sealpost_push_answer_seconds_total',
        'How long the services took to answer the pushes that came through, all together.',
        this.#answerMs / 1000,
      ),
    ]
  }
}

export function counter(name: string, help: string, value: number | Metric['samples']): Metric {
  return { name, kind: 'counter', help, samples: samplesOf(value) }
}

export function gauge(name: string, help: string, value: number | Metric['samples']): Metric {
  return { name, kind: 'gauge', help, samples: samplesOf(value) }
}

function samplesOf(value: number | Metric['samples']): Metric['samples'] {
  return typeof value === 'number' ? [{ value }] : value
}

export function byLabel(
  label: string,
  numbers: Readonly<Record<string, number>>,
  more: Readonly<Record<string, string>> = {},
): Metric['samples'] {
  return Object.entries(numbers).map(([name, value]) => ({ labels: { ...more, [label]: name }, value }))
}
