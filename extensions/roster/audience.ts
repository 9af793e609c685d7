// Sessions that are told of something that concerns their account, and how.

import { randomUUID } from 'node:crypto'
import type { Context } from '../../server/extension.js'
import { type Jid, parseJid } from '../../server/jid.js'
import { Content, type Presence } from '../../server/stanza.js'
import type { Element } from '../../server/xml.js'

type Sending = Pick<Context, 'deliver'>

export class Audience {
  readonly #accounts = new Map<string, Map<string, Jid>>()

  add(session: Jid): void {
    const sessions = this.#accounts.get(session.bare) ?? new Map<string, Jid>()
    sessions.set(session.full, session)
    this.#accounts.set(session.bare, sessions)
  }

  remove(session: Jid): void {
    const sessions = this.#accounts.get(session.bare)
    sessions?.delete(session.full)
    if (sessions?.size === 0) this.#accounts.delete(session.bare)
  }

  clear(): void {
    this.#accounts.clear()
  }

  has(account: string): boolean {
    return this.#accounts.has(account)
  }

  /** Tells each of them of one item, in an iq of its own (RFC 6121 §2.1.6). */
  async push(account: string, query: Element, context: Sending): Promise<void> {
    const from = parseJid(account)
    const content = Content.of(query)
    const head = { kind: 'iq', type: 'set', from, lang: undefined, content } as const
    for (const to of this.#of(account)) {
      await context.deliver(account, { ...head, to, id: randomUUID() }, resourceOf(to))
    }
  }

  /** Hands all of them the same presence. */
  async tell(account: string, presence: Presence, context: Sending): Promise<void> {
    const resources = this.#of(account).flatMap(({ resource }) => resource ?? [])
    await context.deliver(account, presence, { kind: 'resources', resources })
  }

  #of(account: string): readonly Jid[] {
    return [...(this.#accounts.get(account)?.values() ?? [])]
  }
}

function resourceOf({ resource = '' }: Jid): { readonly kind: 'resource'; readonly resource: string } {
  return { kind: 'resource', resource }
}
