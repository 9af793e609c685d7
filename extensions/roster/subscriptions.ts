// Subscriptions (RFC 6121 §3): what a stanza changes in a roster, and what becomes of it.

import { type Jid, parseJid } from '../../server/jid.js'
import { Mailboxes } from '../../server/mailboxes.js'
import { isPermitted } from '../../server/permitted.js'
import { Content, type Presence, reviveStanza, type Stanza, writeStanza } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { RosterItem } from '../../storage/roster.js'
import type { RosterContext } from './context.js'
import { differsInRoster, emptyItem, stateOf, withState } from './item-state.js'
import type { Rosters } from './rosters.js'
import { inboundStep, outboundStep, type SubscriptionType, subscriptionTypes } from './subscription-states.js'

/** How many requests of strangers wait for an account at most: they must not fill the roster, nor every login. */
const mostRequests = 1000
/** What a request may say of itself, in characters, and still be kept with it. */
const longestRequest = 4096
/** How many contacts are told at a time that an account is gone. */
const farewellsAtOnce = 50

/** Both ends of a subscription, as bare JIDs. */
interface Pair {
  readonly account: Jid
  readonly contact: Jid
}

/** How an item changed, and what the contact is told of it. */
interface Change {
  readonly before: RosterItem
  readonly after: RosterItem
  readonly stanzas: readonly Presence[]
}

export class Subscriptions {
  readonly #rosters: Rosters
  /** What crosses between two people is dealt with one after the other, at both ends: or their rosters might end up contradicting each other. */
  readonly #between = new Mailboxes()
  /** What goes to a component goes in the order of the changes that it tells of. */
  readonly #sending = new Mailboxes()
  /** Stanzas that are ready to go: the router asks the outbound handler about them as well. */
  readonly #ready = new WeakSet<Presence>()

  constructor(rosters: Rosters) {
    this.#rosters = rosters
  }

  /**
   * From a session of ours (RFC 6121 §A.2). What goes on is sent here and not by the router, in the order of the changes.
   * @throws StanzaError when a request cannot reach its contact, or the roster is full
   */
  async outbound(presence: Presence, context: RosterContext): Promise<Presence | undefined> {
    if (this.#ready.has(presence)) return presence
    const type = subscriptionTypeOf(presence)
    if (presence.to === undefined || type === undefined) return undefined
    const pair = { account: presence.from.toBare(), contact: presence.to.toBare() }
    // One sees one's own presence anyway (RFC 6121 §4.2.2).
    if (pair.account.equals(pair.contact)) return undefined
    if (type === 'subscribe') checkReachable(pair.contact, context)
    // RFC 6121 §3.1.2: a subscription is between bare JIDs, whichever session speaks.
    const stanza = { ...presence, from: pair.account, to: pair.contact }
    await this.#change(pair, () => this.#sent(stanza, type, pair, context), context)
    return undefined
  }

  /** To an account of ours (RFC 6121 §A.3). What is not expected, or for nobody, is dropped in silence, so that nobody can list users. */
  async inbound(presence: Presence, context: RosterContext): Promise<void> {
    if (presence.to === undefined || presence.to.bare === presence.from.bare) return
    const stanza = { ...presence, from: presence.from.toBare(), to: presence.to.toBare() }
    const pair = { account: stanza.to, contact: stanza.from }
    await this.#change(pair, () => this.#received(stanza, pair, context), context)
  }

  /** Removes a contact, and the subscriptions both ways with it (RFC 6121 §2.5). @throws StanzaError `item-not-found` */
  remove(pair: Pair, context: RosterContext): Promise<void> {
    return this.#change(pair, () => this.#removed(pair, context), context)
  }

  /** Hands a session that has just become available the requests that wait (RFC 6121 §3.1.3). */
  handOver(session: Jid, context: RosterContext): Promise<void> {
    const { bare: account, resource = '' } = session
    return this.#rosters.inTurn(account, async () => {
      const items = await context.stores.roster.items(account)
      const available = await context.presenceOf(account)
      // It may have gone while its turn came.
      if (!available.some(({ jid }) => jid.equals(session))) return
      this.#rosters.attending.add(session)
      for (const stanza of items.flatMap(requestOf))
        await context.deliver(account, stanza, { kind: 'resource', resource })
    })
  }

  /** The account goes for good: nobody is subscribed to it, or it to anybody, any more. */
  async endAll(account: string, context: RosterContext): Promise<void> {
    const items = await context.stores.roster.items(account)
    for (let at = 0; at < items.length; at += farewellsAtOnce) {
      const some = items.slice(at, at + farewellsAtOnce)
      await Promise.all(some.map((item) => this.#end(parseJid(account), item, context)))
    }
  }

  /** Whoever may not see the account's presence, and thinks otherwise, is told (RFC 6121 §4.3.2). */
  refuse(pair: Pair, context: RosterContext): Promise<void> {
    return this.#change(pair, () => refusalOf(pair, context), context)
  }

  #end(account: Jid, before: RosterItem, context: RosterContext): Promise<void> {
    const pair = { account, contact: parseJid(before.contact) }
    return this.#change(pair, () => Promise.resolve(endOf(pair, before)), context)
  }

  /** Makes a change at the account's end, and tells the other end, with nothing else between the two meanwhile. */
  async #change(pair: Pair, work: () => Promise<Change | undefined>, context: RosterContext): Promise<void> {
    const both = [pair.account.bare, pair.contact.bare].sort().join(' ')
    await this.#between.run(both, 'exclusive', () => this.#changeAndTell(pair, work, context))
  }

  async #changeAndTell(pair: Pair, work: () => Promise<Change | undefined>, context: RosterContext): Promise<void> {
    const change = await this.#rosters.inTurn(pair.account.bare, work)
    if (change === undefined) return
    if (context.isLocal(pair.contact.domain)) return this.#tell(pair, change, context)
    // Not waited for: the router keeps order between two addresses, so what a handler waits for could wait for the handler.
    const way = `${pair.account.bare} ${pair.contact.bare}`
    const told = this.#sending.run(way, 'exclusive', () => this.#tell(pair, change, context))
    context.later(async () => told)
  }

  async #sent(
    stanza: Presence,
    type: SubscriptionType,
    { account, contact }: Pair,
    context: RosterContext,
  ): Promise<Change | undefined> {
    const before = (await context.stores.roster.item(account.bare, contact.bare)) ?? emptyItem(contact.bare)
    const { next, passes } = outboundStep(stateOf(before), type)
    const after = withState(before, next, undefined)
    const isWritten = await this.#writeAndPush(account.bare, before, after, context)
    if (!isWritten) throw new StanzaError('resource-constraint', 'the roster is full')
    return passes ? { before, after, stanzas: [stanza] } : undefined
  }

  /** False, and nothing written, when the account is gone or full. */
  async #writeAndPush(
    account: string,
    before: RosterItem,
    after: RosterItem,
    context: RosterContext,
  ): Promise<boolean> {
    if (!differs(before, after)) return true
    if (!(await this.#rosters.write(account, after, context))) return false
    if (differsInRoster(before, after)) await this.#rosters.push(account, after, context)
    return true
  }

  async #received(stanza: Presence, pair: Pair, context: RosterContext): Promise<Change | undefined> {
    const type = subscriptionTypeOf(stanza)
    if (type === undefined) return undefined
    const account = pair.account.bare
    const known = await context.stores.roster.item(account, pair.contact.bare)
    const before = known ?? emptyItem(pair.contact.bare)
    const { next, passes, reply } = inboundStep(stateOf(before), type)
    if (reply !== undefined) return this.#agreed(pair, before, withState(before, next, undefined), context)
    if (!passes || (known === undefined && (await isCrowded(account, context)))) return undefined
    const after = withState(before, next, writeStanza(keepable(stanza)))
    const isWritten = await this.#rosters.write(account, after, context)
    if (!isWritten) return undefined
    await this.#handToSessions(stanza, account, context)
    if (differsInRoster(before, after)) await this.#rosters.push(account, after, context)
    return { before, after, stanzas: [] }
  }

  /**
   * RFC 6121 §3.1.3: the contact asks for what it has, since its own server may have lost it, and the presence with it; or for
   * what the account has granted before (§3.4.2).
   */
  async #agreed(
    pair: Pair,
    before: RosterItem,
    after: RosterItem,
    context: RosterContext,
  ): Promise<Change | undefined> {
    if (!(await this.#writeAndPush(pair.account.bare, before, after, context))) return undefined
    return { before: emptyItem(after.contact), after, stanzas: [stanzaOf('subscribed', pair)] }
  }

  /** A request goes to whoever is there to answer it, everything else to those who show the roster (RFC 6121 §3.1.3, §3.1.6). */
  async #handToSessions(stanza: Presence, account: string, context: RosterContext): Promise<void> {
    if (stanza.type !== 'subscribe') return this.#rosters.interested.tell(account, stanza, context)
    await context.hooks.notify('subscription:requested', { account, request: stanza })
    await this.#rosters.attending.tell(account, stanza, context)
  }

  async #removed(pair: Pair, context: RosterContext): Promise<Change> {
    const account = pair.account.bare
    const before = await context.stores.roster.item(account, pair.contact.bare)
    if (before?.listed !== true) throw new StanzaError('item-not-found', 'there is no such contact')
    const end = endOf(pair, before)
    await this.#rosters.write(account, end.after, context)
    await this.#rosters.push(account, end.after, context)
    return end
  }

  /** RFC 6121 §3.2.2: unavailable while the contact may still see it; §3.1.5: available once it may. */
  async #tell({ account, contact }: Pair, { before, after, stanzas }: Change, context: RosterContext): Promise<void> {
    const [saw, sees] = [stateOf(before).from, stateOf(after).from]
    const subject = { account: account.bare, contact: contact.bare }
    if (saw && !sees) await context.hooks.notify('subscription:ended', subject)
    for (const stanza of stanzas) await this.#passOn(stanza, { account: contact, contact: account }, context)
    if (sees && !saw) await context.hooks.notify('subscription:granted', subject)
  }

  async #passOn(stanza: Presence, to: Pair, context: RosterContext): Promise<void> {
    const { domain } = to.account
    if (context.isLocal(domain)) {
      if (!(await isPermitted('stanza:authorise', stanza, context.hooks))) return
      return this.#changeAndTell(to, () => this.#received(stanza, to, context), context)
    }
    if (!context.components().includes(domain)) return
    this.#ready.add(stanza)
    await context.route(stanza)
  }
}

function subscriptionTypeOf({ type }: Presence): SubscriptionType | undefined {
  return subscriptionTypes.find((known) => known === type)
}

/** @throws StanzaError while nothing has changed: a request that never left must not look as if it waited for an answer */
function checkReachable({ local, domain }: Jid, context: RosterContext): void {
  if (context.isLocal(domain)) {
    if (local === undefined) throw new StanzaError('service-unavailable')
  } else if (!context.components().includes(domain)) {
    throw new StanzaError(context.isComponent(domain) ? 'service-unavailable' : 'remote-server-not-found')
  }
}

function stanzaOf(type: SubscriptionType, { account, contact }: Pair): Presence {
  return { kind: 'presence', type, from: account, to: contact, id: undefined, lang: undefined, content: Content.empty }
}

/** What ends a subscription both ways (RFC 6121 §2.5.2). */
function endOf(pair: Pair, before: RosterItem): Change {
  const { to, from, pendingOut, pendingIn } = stateOf(before)
  const types: readonly (SubscriptionType | false)[] = [
    (to || pendingOut) && 'unsubscribe',
    (from || pendingIn) && 'unsubscribed',
  ]
  const stanzas = types.flatMap((type) => (type === false ? [] : stanzaOf(type, pair)))
  return { before, after: emptyItem(before.contact), stanzas }
}

/**
 * Nothing for one of ours who waits for an answer: the request would be lost, and with an account that is not there it would
 * show that it is not. What a component waits for is not known where the account is not there: it is always told the same.
 */
async function refusalOf(pair: Pair, context: RosterContext): Promise<Change | undefined> {
  const { account, contact } = pair
  const item = (await context.stores.roster.item(account.bare, contact.bare)) ?? emptyItem(contact.bare)
  const { from, pendingIn } = stateOf(item)
  if (from) return undefined
  const isOurs = context.isLocal(contact.domain)
  if (isOurs && (pendingIn || !(await isSubscribed(contact.bare, account.bare, context)))) return undefined
  return { before: item, after: item, stanzas: [stanzaOf('unsubscribed', pair)] }
}

function differs(before: RosterItem, after: RosterItem): boolean {
  return differsInRoster(before, after) || before.request !== after.request
}

async function isSubscribed(account: string, contact: string, { stores }: RosterContext): Promise<boolean> {
  const item = await stores.roster.item(account, contact)
  return item !== undefined && stateOf(item).to
}

async function isCrowded(account: string, { stores }: RosterContext): Promise<boolean> {
  const items = await stores.roster.items(account)
  return items.filter(({ listed }) => !listed).length >= mostRequests
}

/** The request that waits in the item, as it came. It was well-formed and bounded when it was kept. */
function requestOf({ request }: RosterItem): readonly Stanza[] {
  return request === undefined ? [] : [reviveStanza(request)]
}

/** The request without what is too long to be kept with it. */
function keepable(stanza: Presence): Presence {
  const { extra, inner } = stanza.content
  return extra.length + inner.length > longestRequest ? { ...stanza, content: Content.empty } : stanza
}
