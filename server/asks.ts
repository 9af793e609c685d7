// What the server itself asked and has no answer to yet. An answer counts only if it comes from whom was asked.

import { randomUUID } from 'node:crypto'
import type { Answer } from './extension.js'
import { type Jid, parseJid } from './jid.js'
import { Content, type Iq } from './stanza.js'
import { readError } from './stanza-error.js'
import type { Element } from './xml.js'

const defaultTimeoutMs = 30_000

interface Open {
  readonly from: Jid
  readonly to: Jid
  readonly settle: (answer: Answer) => void
}

export class Asks {
  readonly #open = new Map<string, Open>()
  readonly #domain: string
  readonly #route: (iq: Iq) => void

  /**
   * @param domain in whose name is asked where no other is named
   * @param route sends the question on its way; what fails there comes back as an answer
   */
  constructor(domain: string, route: (iq: Iq) => void) {
    this.#domain = domain
    this.#route = route
  }

  ask(
    to: Jid,
    type: 'get' | 'set',
    payload: Element,
    options: { readonly id?: string; readonly timeoutMs?: number; readonly from?: string } = {},
  ): Promise<Answer> {
    const id = options.id ?? randomUUID()
    const from = parseJid(options.from ?? this.#domain)
    const answer = this.#answerTo(id, from, to, options.timeoutMs ?? defaultTimeoutMs)
    this.#route({ kind: 'iq', type, from, to, id, lang: undefined, content: Content.of(payload) })
    return answer
  }

  /** By itself, so that nothing that waits holds what was asked: thousands of questions may be open. */
  #answerTo(id: string, from: Jid, to: Jid, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ kind: 'timeout' }), timeoutMs)
      timer.unref()
      const settle = (answer: Answer): void => {
        clearTimeout(timer)
        this.#open.delete(id)
        resolve(answer)
      }
      this.#open.set(id, { from, to, settle })
    })
  }

  /** An iq result or error to the server. One that nobody asked for, or from somebody else, is ignored. */
  answered(iq: Iq): void {
    const open = this.#open.get(iq.id)
    if (open === undefined || !open.to.equals(iq.from) || iq.to?.equals(open.from) !== true) return
    if (iq.type === 'result') open.settle({ kind: 'result', payload: iq.content.elements()[0] })
    else open.settle({ kind: 'error', error: readError(iq.content.find('error', 'jabber:client')) })
  }

  /** Nobody will answer any more. */
  close(): void {
    for (const { settle } of this.#open.values()) settle({ kind: 'timeout' })
  }
}
