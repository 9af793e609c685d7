// What sessions say of themselves, passed on to everybody who may know: one change of an account at a time, so that nobody
// hears last what was said first.

import { type Awaitable, isPromise } from '../../server/awaitable.js'
import type { Available } from '../../server/extension.js'
import { type Jid, parseJid } from '../../server/jid.js'
import { Mailboxes } from '../../server/mailboxes.js'
import type { Presence } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { RosterItem } from '../../storage/roster.js'
import { type Announced, Announcements } from './announced.js'
import type { Spoken } from './hooks.js'
import { priorityOf } from './priority.js'
import { probeContacts, sendAll } from './probe.js'
import { maySee, type PresenceContext, Sending, unavailable } from './sending.js'

/** Clients say what they are in less than a quarter of this. */
const mostCharacters = 8192

export class Broadcasts {
  readonly sending = new Sending()
  readonly #announcements = new Announcements()
  readonly #turns = new Mailboxes()
  /** What the client said, of presence that something was added to. */
  readonly #asSaid = new WeakMap<Presence, Presence>()

  /** A session says that it is available, or something new of how (RFC 6121 §4.2, §4.4). @throws StanzaError for a bad priority */
  async available(asSaid: Presence, context: PresenceContext): Promise<undefined> {
    const { from: jid, content } = asSaid
    // It is kept, and handed to every contact at every login of theirs.
    if (content.extra.length + content.inner.length > mostCharacters) {
      throw new StanzaError('not-acceptable', `presence has at most ${mostCharacters} characters`)
    }
    const priority = priorityOf(asSaid)
    const announced = this.#announced(asSaid, context)
    const said = isPromise(announced) ? await announced : announced
    // A session that ended while its stanza waited has had its end announced already.
    if (context.clientOf(jid) === undefined) return
    const initial = this.#announcements.available(jid)
    context.setPresence(jid, said, priority)
    await this.#inTurn(jid.bare, async () => {
      const items = await context.stores.roster.items(jid.bare)
      await this.#tellEverybody(said, items, context)
      if (initial) await this.#introduce(jid, items, context)
      return { notice: context.hooks.notify('presence:available', { jid, presence: said, initial }) }
    })
  }

  /** A session says that it is not available any more (RFC 6121 §4.5.2). */
  unavailable(said: Presence, context: PresenceContext): Promise<undefined> {
    const announced = this.#announcements.take(said.from)
    context.setPresence(said.from, undefined, 0)
    return this.#withdraw(said, announced, context)
  }

  /** The session is over, with or without a word (RFC 6121 §4.5.3). */
  gone(session: Jid, context: PresenceContext): Promise<undefined> {
    return this.#withdraw(unavailable(session), this.#announcements.take(session), context)
  }

  /** Presence to somebody in particular: passed on, and remembered (RFC 6121 §4.6). @throws StanzaError `resource-constraint` */
  directed(said: Presence, context: PresenceContext): Awaitable<Presence | undefined> {
    const { from, to, type } = said
    if (to === undefined || this.sending.isReady(said)) return said
    if (context.clientOf(from) === undefined) return undefined
    if (type === 'available') this.#announcements.directed(from, to)
    else this.#announcements.takenBack(from, to)
    return this.#announced(said, context)
  }

  /** What is added to presence is another now: everybody who may know is told again of every session that is available. */
  renew(account: string, context: PresenceContext): Promise<void> {
    return this.#inTurn(account, async () => {
      const items = await context.stores.roster.items(account)
      for (const { jid } of await context.presenceOf(account)) await this.#renewOne(jid, items, context)
      return noNotice
    })
  }

  /** The contact may see the account from now on (RFC 6121 §3.1.5). */
  granted(account: string, contact: Jid, context: PresenceContext): Promise<void> {
    return this.#inTurn(account, async () => {
      await sendAll(account, contact, this.sending, context)
      return noNotice
    })
  }

  /** The contact may not see the account any more (RFC 6121 §3.2.2, §3.3.3). */
  ended(account: string, contact: Jid, context: PresenceContext): Promise<void> {
    return this.#inTurn(account, async () => {
      const available = await context.presenceOf(account)
      await Promise.all(available.map(({ jid }) => this.sending.to(contact, unavailable(jid), context)))
      return noNotice
    })
  }

  /** Somebody was sent presence by this very session, and it has not been taken back (RFC 6121 §4.6.6). */
  wasSentTo(session: Jid, somebody: Jid): boolean {
    return this.#announcements.wasSentTo(session, somebody)
  }

  /** To whom the account's sessions have sent directed presence. */
  spokenTo(account: string): readonly Spoken[] {
    return this.#announcements.spokenTo(account)
  }

  /** Resolves when everything that the account's sessions have said so far has been passed on. */
  settled(account: string): Promise<void> {
    return this.#inTurn(account, () => Promise.resolve(noNotice))
  }

  clear(): void {
    this.#announcements.clear()
  }

  /** With what others add to it. */
  #announced(asSaid: Presence, context: PresenceContext): Awaitable<Presence> {
    const announced = context.hooks.fold('presence:announce', asSaid, { account: asSaid.from.bare })
    return isPromise(announced) ? announced.then((said) => this.#note(said, asSaid)) : this.#note(announced, asSaid)
  }

  #note(said: Presence, asSaid: Presence): Presence {
    if (said !== asSaid) this.#asSaid.set(said, asSaid)
    return said
  }

  async #renewOne(jid: Jid, items: readonly RosterItem[], context: PresenceContext): Promise<void> {
    const before = await presenceNow(jid, context)
    if (before === undefined) return
    const said = await this.#announced(this.#asSaid.get(before.presence) ?? before.presence, context)
    const there = presenceNow(jid, context)
    const now = isPromise(there) ? await there : there
    // What it has said meanwhile was announced as it is to be.
    if (now === undefined || now.presence !== before.presence) return
    if (said.content.inner === now.presence.content.inner) return
    context.setPresence(jid, said, now.priority)
    await this.#tellEverybody(said, items, context)
  }

  async #withdraw(said: Presence, announced: Announced | undefined, context: PresenceContext): Promise<undefined> {
    if (announced === undefined) return
    const { isAvailable, directed } = announced
    await this.#inTurn(said.from.bare, async () => {
      const items = isAvailable ? await context.stores.roster.items(said.from.bare) : []
      if (isAvailable) await this.#tellEverybody(said, items, context)
      await this.#tellTheOthers(said, [...directed.values()], items, context)
      return isAvailable ? { notice: context.hooks.notify('presence:unavailable', { jid: said.from, said }) } : noNotice
    })
  }

  /** RFC 6121 §4.2.2: everybody who is subscribed, and the account's own sessions, the one that speaks among them. */
  async #tellEverybody(said: Presence, items: readonly RosterItem[], context: PresenceContext): Promise<void> {
    const contacts = items.filter(maySee).map(({ contact }) => parseJid(contact))
    const told = contacts.map((to) => this.sending.to(to, said, context))
    await Promise.all([this.#tellOwn(said, context), ...told])
  }

  /** Of an end, not the session that has taken the place meanwhile, under the same name. */
  async #tellOwn(said: Presence, context: PresenceContext): Promise<void> {
    const account = said.from.toBare()
    if (said.type === 'available') {
      await this.sending.to(account, said, context)
      return
    }
    const there = context.presenceOf(account.bare)
    const available = isPromise(there) ? await there : there
    const resources = available.flatMap(({ jid }) => (jid.equals(said.from) ? [] : (jid.resource ?? [])))
    await context.deliver(account.bare, { ...said, to: account }, { kind: 'resources', resources })
  }

  /** Those who were sent directed presence, and have not been told with everybody (RFC 6121 §4.6.3). */
  async #tellTheOthers(
    said: Presence,
    directed: readonly Jid[],
    items: readonly RosterItem[],
    context: PresenceContext,
  ): Promise<void> {
    const told = new Set(items.filter(maySee).map(({ contact }) => contact))
    const others = directed.filter(({ bare }) => !told.has(bare))
    await Promise.all(others.map((to) => this.sending.to(to, said, context)))
  }

  /** A new session hears of the others of its account, and of its contacts. */
  async #introduce(jid: Jid, items: readonly RosterItem[], context: PresenceContext): Promise<void> {
    const siblings = (await context.presenceOf(jid.bare)).filter((sibling) => !sibling.jid.equals(jid))
    await Promise.all(siblings.map(({ presence }) => this.sending.to(jid, presence, context)))
    await probeContacts(jid, items, this.sending, context)
  }

  /**
   * Runs `work` while nothing else of the account is passed on. The notice that it gives back has been fired in order, but is
   * waited for outside the turn: its listeners may take their time, and the account's other sessions are not held up by them.
   */
  async #inTurn(account: string, work: () => Promise<Fired>): Promise<undefined> {
    const { notice } = await this.#turns.run(account, 'exclusive', work)
    await notice
  }
}

function presenceNow(session: Jid, context: PresenceContext): Awaitable<Available | undefined> {
  const find = (available: readonly Available[]): Available | undefined =>
    available.find(({ jid }) => jid.equals(session))
  const there = context.presenceOf(session.bare)
  return isPromise(there) ? there.then(find) : find(there)
}

interface Fired {
  readonly notice: Awaitable<void>
}

const noNotice: Fired = { notice: undefined }
