// The rosters of this server, one change to an account's roster at a time: read, decide, write and push are one step, or
// two stanzas about the same contact would each undo what the other did.

import type { Jid } from '../../server/jid.js'
import { Mailboxes } from '../../server/mailboxes.js'
import type { RosterItem } from '../../storage/roster.js'
import { Audience } from './audience.js'
import { type RosterContext, mostItems } from './context.js'
import { isNothing } from './item-state.js'
import { itemElement, queryElement, removedElement } from './items.js'

export class Rosters {
  /** Those that have read the roster, and so are told of every change to it (RFC 6121 §2.1.6, §2.2). */
  readonly interested = new Audience()
  /** Those that are available, and have been handed the requests that waited: new ones go to them at once, and to the others with those. */
  readonly attending = new Audience()
  readonly #turns = new Mailboxes()

  /** Runs `work` while nothing else changes the account's roster. */
  async inTurn<T>(account: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(account, 'exclusive', work)
  }

  /** Writes the item, or removes it if nothing is left of it. False, and nothing written, when the account is gone or full. */
  async write(account: string, item: RosterItem, { stores, hooks }: RosterContext): Promise<boolean> {
    const { contact } = item
    const gone = isNothing(item)
    if (gone) await stores.roster.remove(account, contact)
    else if (!(await stores.roster.put(account, item, mostItems))) return false
    await hooks.notify('roster:changed', { account, contact, item: gone ? undefined : item })
    return true
  }

  /** The session is over. */
  forget(session: Jid): void {
    this.interested.remove(session)
    this.attending.remove(session)
  }

  clear(): void {
    this.interested.clear()
    this.attending.clear()
  }

  /** Tells the account's clients how the item stands now (RFC 6121 §2.1.6). Within the turn of the change: the version is that of it. */
  async push(account: string, item: RosterItem, context: RosterContext): Promise<void> {
    if (!this.interested.has(account)) return
    const element = item.listed ? itemElement(item) : removedElement(item.contact)
    const version = await context.stores.roster.version(account)
    await this.interested.push(account, queryElement(version, element), context)
  }
}
