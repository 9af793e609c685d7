// The exchanges that are going on, one a stream, and what is answered (RFC 6120 §6.4).

import type { Awaitable } from '../../server/awaitable.js'
import type { OpeningStream } from '../../server/extension.js'
import type { Hooks } from '../../server/hooks.js'
import type { Log } from '../../server/log.js'
import { StreamError } from '../../server/stream-error.js'
import { attr, el, type Element, text } from '../../server/xml.js'
import { readData } from './data.js'
import type { Delays } from './delays.js'
import type { Directory } from './directory.js'
import { failureElement, NS, SaslFailure } from './failure.js'
import type {} from './hooks.js'
import { begin, type Reader, type Step } from './mechanisms.js'
import { Pauses } from './pauses.js'
import { Turnstile } from './turnstile.js'

const MAX_FAILURES = 5
const PASSWORDS_AT_ONCE = 2

interface Exchange {
  /** What takes the client's next message; undefined when none is expected. */
  next: Reader | undefined
  failures: number
}

type Take = (exchange: Exchange) => Awaitable<Step>

export interface LoginsParts {
  readonly directory: Directory
  readonly delays: Delays
  readonly hooks: Pick<Hooks, 'notify'>
  readonly log: Log
}

export class Logins {
  readonly #parts: LoginsParts
  readonly #pauses = new Pauses()
  readonly #turnstile = new Turnstile(PASSWORDS_AT_ONCE)
  readonly #exchanges = new WeakMap<OpeningStream, Exchange>()

  constructor(parts: LoginsParts) {
    this.#parts = parts
  }

  stop(): void {
    this.#pauses.stop()
  }

  /** @throws StreamError `policy-violation` at the last failure that a stream may have */
  auth(stream: OpeningStream, auth: Element): Promise<void> {
    return this.#step(stream, (exchange) => {
      if (exchange.next !== undefined) throw new SaslFailure('malformed-request')
      const { directory } = this.#parts
      const parts = { domain: stream.domain, directory, turnstile: this.#turnstile }
      const read = begin(attr(auth, 'mechanism'), stream.secure, parts)
      const initial = text(auth)
      return initial === '' ? { kind: 'challenge', data: '', next: read } : read(readData(initial))
    })
  }

  /** @throws StreamError as auth() */
  response(stream: OpeningStream, response: Element): Promise<void> {
    return this.#step(stream, (exchange) => {
      if (exchange.next === undefined) throw new SaslFailure('malformed-request')
      return exchange.next(readData(text(response)))
    })
  }

  /** @throws StreamError as auth() */
  abort(stream: OpeningStream): Promise<void> {
    return this.#step(stream, () => {
      throw new SaslFailure('aborted')
    })
  }

  async #step(stream: OpeningStream, take: Take): Promise<void> {
    const exchange = this.#exchangeOf(stream)
    const step = await this.#taken(stream, exchange, take)
    exchange.next = step instanceof SaslFailure || step.kind === 'proved' ? undefined : step.next
    if (step instanceof SaslFailure) return this.#refuse(stream, exchange, step)
    if (step.kind === 'proved') return this.#accept(stream, step)
    stream.send(el('challenge', { xmlns: NS }, encoded(step.data)))
  }

  async #taken(stream: OpeningStream, exchange: Exchange, take: Take): Promise<Step | SaslFailure> {
    try {
      return await take(exchange)
    } catch (reason) {
      if (reason instanceof SaslFailure) return reason
      this.#parts.log.error('a login could not be checked', { address: stream.address }, reason)
      return new SaslFailure('temporary-auth-failure')
    }
  }

  /**
   * The account is read again after the stream counts as its own: so whoever removes it or changes its password, and then
   * ends what is logged in, either finds this stream or has written before it looks.
   */
  async #accept(stream: OpeningStream, { account, credentials, data }: Step & { kind: 'proved' }): Promise<void> {
    stream.authenticated(account)
    const isCurrent = await this.#parts.directory.isCurrent(account, credentials)
    if (!isCurrent) throw new StreamError('not-authorized')
    stream.send(el('success', { xmlns: NS }, encoded(data)))
  }

  async #refuse(stream: OpeningStream, exchange: Exchange, { condition, account }: SaslFailure): Promise<void> {
    exchange.failures += 1
    if (condition === 'not-authorized') await this.#holdUp(stream, account)
    stream.send(failureElement(condition))
    if (exchange.failures >= MAX_FAILURES) throw new StreamError('policy-violation', 'too many failed logins')
  }

  async #holdUp({ address }: OpeningStream, account: string | undefined): Promise<void> {
    const { log, delays, hooks } = this.#parts
    log.info('a login failed', { address, account })
    await hooks.notify('login:failed', { address })
    await this.#pauses.wait(delays.failed(address, account ?? ''))
  }

  #exchangeOf(stream: OpeningStream): Exchange {
    const exchange = this.#exchanges.get(stream) ?? { next: undefined, failures: 0 }
    this.#exchanges.set(stream, exchange)
    return exchange
  }
}

function encoded(data: string): string {
  return Buffer.from(data).toString('base64')
}
