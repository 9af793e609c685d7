// Handing over what waits (RFC 6121 §8.5.2.2.1, XEP-0160 §2): in order, to one reader at a time, and gone only at its answer.

import type { Awaitable } from '../../server/awaitable.js'
import type { Context } from '../../server/extension.js'
import type { Jid } from '../../server/jid.js'
import { reviveStanza, type Stanza } from '../../server/stanza.js'
import { el, type Element } from '../../server/xml.js'
import type { KeptMessage } from '../../storage/messages.js'
import type {} from '../message/hooks.js'

type OfflineContext = Context<'messages'>

/** So much is handed over before its reader is asked: less than what a slow reader may leave unread. */
const portionCharacters = 2 * 1024 * 1024
/** So many rows are read at once: the largest messages are 256 KiB each. */
const pageSize = 32

/** What was handed over and not answered for yet. */
interface Portion {
  readonly ids: readonly string[]
  /** Where the next portion begins, or undefined when nothing is left. */
  readonly next: number | undefined
  readonly answered: Promise<boolean>
  /** The last push that was owed when its reader looked. */
  readonly debts: number
}

export class Readers {
  /** Accounts that are being handed what waits, with the sessions that came meanwhile. */
  readonly #busy = new Map<string, Jid[]>()

  /**
   * Takes the account's mailbox at once: what comes from now on goes after what waits.
   * While one session is being handed what waits, another gets nothing of it, unless the first goes before it has answered.
   */
  handOver(to: Jid, context: OfflineContext): void {
    const busy = this.#busy.get(to.bare)
    if (busy !== undefined) {
      busy.push(to)
      return
    }
    const others: Jid[] = []
    this.#busy.set(to.bare, others)
    const last = handAllBut(to, context)
    context.later(async () => {
      let done = false
      try {
        done = await this.#finish(to, await last, context)
      } finally {
        this.#busy.delete(to.bare)
        context.catchUp(to, false)
      }
      if (!done || others.length > 0) await this.#handToNext(to, others, context)
    })
  }

  async #finish(to: Jid, last: Portion | undefined, context: OfflineContext): Promise<boolean> {
    if (last === undefined || !(await last.answered)) return false
    await context.stores.messages.remove(to.bare, last.ids)
    const { resource = '' } = to
    const userAgent = context.clientOf(to)?.userAgent
    await context.hooks.notify('messages:collected', { account: to.bare, resource, userAgent, upTo: last.debts })
    return true
  }

  /** Not to the same again, unless it came back as a new session: one that keeps silent would get everything for ever. */
  async #handToNext(gone: Jid, came: readonly Jid[], context: OfflineContext): Promise<void> {
    const reachable = (await context.presenceOf(gone.bare)).filter(({ priority }) => priority >= 0)
    const next =
      reachable.find(({ jid }) => came.some((other) => other.equals(jid))) ??
      reachable.find(({ jid }) => !jid.equals(gone))
    if (next !== undefined) this.handOver(next.jid, context)
  }
}

/**
 * Hands over everything, and gives the last portion, which alone has not been answered for; undefined when the reader went.
 * The mailbox is held for one portion at a time, so that nobody waits for a reader's answer: until the last portion, what comes
 * meanwhile is kept behind the others.
 */
async function handAllBut(to: Jid, context: OfflineContext): Promise<Portion | undefined> {
  for (let after = 0; ;) {
    const from = after
    const portion = await context.inMailbox(to.bare, 'exclusive', () => handPortion(to, from, context))
    if (portion.next === undefined) return portion
    if (!(await portion.answered)) return undefined
    await context.stores.messages.remove(to.bare, portion.ids)
    after = portion.next
  }
}

async function handPortion(to: Jid, from: number, context: OfflineContext): Promise<Portion> {
  const { messages } = context.stores
  const debts = await messages.lastDebt()
  const ids: string[] = []
  let characters = 0
  let next: number | undefined = from
  while (next !== undefined && characters < portionCharacters) {
    const page: readonly KeptMessage[] = await messages.waiting(to.bare, next, pageSize)
    for (const kept of page) await hand(to, kept, context)
    ids.push(...page.map(({ id }) => id))
    characters += page.reduce((sum, { xml }) => sum + xml.length, 0)
    next = page.length < pageSize ? undefined : page.at(-1)?.order
  }
  context.catchUp(to, next !== undefined)
  return { ids, next, debts, answered: context.answered(to) }
}

function hand(to: Jid, kept: KeptMessage, context: OfflineContext): Awaitable<unknown> {
  return context.deliver(to.bare, delayed(kept, to.domain), { kind: 'resource', resource: to.resource ?? '' })
}

/** XEP-0203 §4: the server says since when the message has been waiting. */
function delayed({ xml, at }: KeptMessage, domain: string): Stanza {
  const stanza = reviveStanza(xml)
  return { ...stanza, content: stanza.content.with(delay(at, domain)) }
}

function delay(at: number, domain: string): Element {
  return el('delay', { xmlns: 'urn:xmpp:delay', from: domain, stamp: new Date(at).toISOString() })
}
