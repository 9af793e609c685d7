// The block lists of this server: one change to an account's list at a time, and its clients are told of it.

import { randomUUID } from 'node:crypto'
import { type Jid, parseJid } from '../../server/jid.js'
import { Mailboxes } from '../../server/mailboxes.js'
import { Content, type Presence, type Stanza } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { Element } from '../../server/xml.js'
import { authorise, mayBeHanded } from './gate.js'
import { Lists } from './lists.js'
import { type BlockingContext, farewells, probes } from './presences.js'
import { type Item, listElement } from './request.js'

/** How many blocks an account may have: all are in memory. */
export const mostBlocks = 1000

export class BlockLists {
  readonly #lists = new Lists()
  /** Sessions that have asked for the list, by account and full JID. */
  readonly #interested = new Map<string, Map<string, Jid>>()
  readonly #turns = new Mailboxes()
  /** The last that a blocked one hears. */
  readonly #farewells = new WeakSet<Stanza>()

  async load({ stores }: BlockingContext): Promise<void> {
    this.#lists.load(await stores.blocks.all())
  }

  /** @throws StanzaError, or Dropped */
  authorise(stanza: Stanza, context: BlockingContext): void {
    if (!this.#farewells.has(stanza)) authorise(stanza, this.#lists, context)
  }

  /** @throws Dropped */
  mayBeHanded(stanza: Stanza): void {
    if (!this.#farewells.has(stanza)) mayBeHanded(stanza, this.#lists)
  }

  /** XEP-0191 §3.2. The session is told of every change from now on. */
  read(session: Jid, context: BlockingContext): Element {
    if (context.clientOf(session) !== undefined) {
      const sessions = this.#interested.get(session.bare) ?? new Map<string, Jid>()
      this.#interested.set(session.bare, sessions.set(session.full, session))
    }
    return listElement('blocklist', [...this.#lists.of(session.bare)].sort())
  }

  /** XEP-0191 §3.3. @throws StanzaError `resource-constraint` */
  async block(account: string, items: readonly Item[], context: BlockingContext): Promise<void> {
    await this.#turns.run(account, 'exclusive', async () => {
      const known = this.#lists.of(account)
      const fresh = items.filter(({ jid }) => !known.has(jid.full))
      const last = (await farewells(account, jidsOf(fresh), context)).filter((farewell) => this.#isHeard(farewell))
      const isWritten = await context.stores.blocks.add(account, textsOf(items), mostBlocks)
      if (!isWritten) throw new StanzaError('resource-constraint', `an account blocks at most ${mostBlocks} addresses`)
      const said = this.#sayFarewell(last, context)
      this.#lists.add(account, textsOf(items))
      await Promise.all(said)
      await this.#push(account, listElement('block', textsOf(items)), context)
      for (const { jid, element } of fresh) await context.hooks.notify('jid:blocked', { account, jid, item: element })
    })
  }

  /** XEP-0191 §3.4. */
  async unblock(account: string, items: readonly Item[], context: BlockingContext): Promise<void> {
    await this.#remove(account, () => textsOf(items), listElement('unblock', textsOf(items)), context)
  }

  /** XEP-0191 §3.5. */
  async unblockAll(account: string, context: BlockingContext): Promise<void> {
    await this.#remove(account, () => [...this.#lists.of(account)], listElement('unblock', []), context)
  }

  /** The session is over. */
  leave(session: Jid): void {
    const sessions = this.#interested.get(session.bare)
    sessions?.delete(session.full)
    if (sessions?.size === 0) this.#interested.delete(session.bare)
  }

  /** The account is gone. */
  forget(account: string): void {
    this.#lists.forget(account)
  }

  clear(): void {
    this.#lists.load([])
    this.#interested.clear()
  }

  async #remove(
    account: string,
    which: () => readonly string[],
    told: Element,
    context: BlockingContext,
  ): Promise<void> {
    await this.#turns.run(account, 'exclusive', async () => {
      const known = this.#lists.of(account)
      const gone = which().filter((jid) => known.has(jid))
      await context.stores.blocks.remove(account, gone)
      this.#lists.remove(account, gone)
      await this.#push(account, told, context)
      // Not waited for: the answers go other ways, and one of them might wait for this.
      const questions = await probes(account, gone.map(parseJid), context)
      for (const probe of questions) context.later(async () => context.route(probe))
    })
  }

  /** Not by those who are blocked already, by another form of their address. */
  #isHeard({ from, to }: Presence): boolean {
    return to !== undefined && !this.#lists.blocks(from.bare, to)
  }

  /** Together with the change, and nothing between: what the sessions say from now on the blocked ones do not hear. */
  #sayFarewell(last: readonly Presence[], context: BlockingContext): readonly Promise<void>[] {
    for (const farewell of last) this.#farewells.add(farewell)
    return last.map(async (farewell) => context.route(farewell))
  }

  async #push(account: string, element: Element, context: BlockingContext): Promise<void> {
    const content = Content.of(element)
    const head = { kind: 'iq', type: 'set', from: parseJid(account), lang: undefined, content } as const
    for (const to of [...(this.#interested.get(account)?.values() ?? [])]) {
      const rule = { kind: 'resource', resource: to.resource ?? '' } as const
      await context.deliver(account, { ...head, to, id: randomUUID() }, rule)
    }
  }
}

function jidsOf(items: readonly Item[]): readonly Jid[] {
  return items.map(({ jid }) => jid)
}

function textsOf(items: readonly Item[]): readonly string[] {
  return items.map(({ jid }) => jid.full)
}
