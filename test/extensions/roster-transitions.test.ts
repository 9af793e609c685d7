// Every transition of RFC 6121 appendix A on the wire: what the contact hears, what the account's session hears, what is pushed,
// and what the roster holds afterwards. The contact is a component, so that each end says exactly what the table wants.

import { expect } from 'vitest'
import { type SubscriptionType, subscriptionTypes } from '../../extensions/roster/subscription-states.js'
import { rosterGet } from '../helpers/friends.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import type { PushService } from '../helpers/push-service.js'
import { A2, A3, type Row, type StateName, states } from '../helpers/subscription-tables.js'
import type { Element } from '../../server/xml.js'

type Says = readonly [who: 'account' | 'contact', type: SubscriptionType | 'put']

/** How a contact gets into each state. */
const ways: Readonly<Record<StateName, readonly Says[]>> = {
  None: [['account', 'put']],
  'None + Pending Out': [['account', 'subscribe']],
  'None + Pending In': [['contact', 'subscribe']],
  'None + Pending Out+In': [
    ['account', 'subscribe'],
    ['contact', 'subscribe'],
  ],
  To: [
    ['account', 'subscribe'],
    ['contact', 'subscribed'],
  ],
  'To + Pending In': [
    ['account', 'subscribe'],
    ['contact', 'subscribed'],
    ['contact', 'subscribe'],
  ],
  From: [
    ['contact', 'subscribe'],
    ['account', 'subscribed'],
  ],
  'From + Pending Out': [
    ['contact', 'subscribe'],
    ['account', 'subscribed'],
    ['account', 'subscribe'],
  ],
  Both: [
    ['contact', 'subscribe'],
    ['account', 'subscribed'],
    ['account', 'subscribe'],
    ['contact', 'subscribed'],
  ],
}

/** An account, a contact of it at a component, and what each of them is told. */
class Couple {
  readonly contact: string
  readonly #user: User
  readonly #service: PushService
  readonly #settle: () => Promise<void>

  constructor(contact: string, user: User, service: PushService, settle: () => Promise<void>) {
    this.contact = contact
    this.#user = user
    this.#service = service
    this.#settle = settle
  }

  async says([who, type]: Says): Promise<void> {
    if (type === 'put') await this.#user.asks(setOf(this.contact))
    else if (who === 'account') await this.#user.sends(xml`<presence to="${this.contact}" type="${type}"/>`)
    else await this.#service.sends(this.#fromContact(type))
    await this.#settle()
  }

  /** What both ends hear when one of them says this. */
  async hears(says: Says): Promise<Heard> {
    this.#user.forgets()
    this.#service.forgets()
    const before = this.#service.seen.length
    await this.says(says)
    const toAccount = this.#user.open[0]?.inbox.unread ?? []
    const heard = {
      contact: subscriptionTypesIn(this.#service.seen.slice(before)),
      session: subscriptionTypesIn(toAccount),
      pushes: toAccount.filter(({ name }) => name === 'iq').map(pushed),
    }
    this.#user.forgets()
    this.#service.forgets()
    return heard
  }

  async item(): Promise<string> {
    const items = (await this.#user.asks(rosterGet)).getChild('query')?.getChildren('item') ?? []
    const item = items.find(({ attrs }) => attrs['jid'] === this.contact)
    return item === undefined ? 'none' : shown(item)
  }

  #fromContact(type: string): Element {
    return xml`<presence xmlns="jabber:component:accept" from="${this.contact}" to="${this.#user.account}" type="${type}"/>`
  }
}

interface Heard {
  readonly contact: readonly string[]
  readonly session: readonly string[]
  readonly pushes: readonly string[]
}

const setOf = (contact: string): Element =>
  xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="${contact}"/></query></iq>`

function subscriptionTypesIn(stanzas: readonly Element[]): readonly string[] {
  const types = stanzas.filter(({ name }) => name === 'presence').map(({ attrs }) => String(attrs['type']))
  return types.filter((type) => subscriptionTypes.some((known) => known === type))
}

function pushed(iq: Element): string {
  const item = iq.getChild('query')?.getChild('item')
  return item === undefined ? 'no item' : shown(item)
}

function shown({ attrs }: Element): string {
  return [attrs['subscription'], attrs['ask'], attrs['approved'] === 'true' ? 'approved' : undefined]
    .filter((part) => part !== undefined)
    .join(' ')
}

/** What a roster shows of a state: a request that waits is not in it. */
function shownState(name: StateName): string {
  const { to, from, pendingOut } = states[name]
  const subscription = to ? (from ? 'both' : 'to') : from ? 'from' : 'none'
  return pendingOut ? `${subscription} subscribe` : subscription
}

/** What is granted before it is asked for goes nowhere, and shows (§3.4.2). */
function isAhead(says: Says, name: StateName): boolean {
  return says[0] === 'account' && says[1] === 'subscribed' && !states[name].from && !states[name].pendingIn
}

function expectedOf(says: Says, [existing, passes, next]: Row): Heard & { readonly item: string } {
  const [who, type] = says
  const item = isAhead(says, existing) ? `${shownState(next)} approved` : shownState(next)
  const told = passes === 'MUST' ? [type] : []
  return {
    contact: who === 'account' ? told : passes === 'reply' ? ['subscribed'] : [],
    session: who === 'contact' ? told : [],
    pushes: item === shownState(existing) ? [] : [item],
    item,
  }
}

function everyTransition(who: 'account' | 'contact', type: SubscriptionType, rows: readonly Row[]): void {
  scenario(
    `${type} by the ${who} in every state: who is told, what is pushed, and what the roster holds then`,
    async ({ romeo, pushService, server }) => {
      await romeo.asks(rosterGet)
      await romeo.sends(xml`<presence/>`)
      for (const [index, row] of rows.entries()) {
        const couple = new Couple(`bot${String(index)}@push.localhost`, romeo, pushService, () => server.idle())
        for (const step of ways[row[0]]) await couple.says(step)
        expect([row[0], await couple.item()]).toEqual([row[0], shownState(row[0])])
        const heard = await couple.hears([who, type])
        expect([row[0], { ...heard, item: await couple.item() }]).toEqual([row[0], expectedOf([who, type], row)])
      }
      expect(await requestsThatWait(romeo, server)).toEqual(
        rows.flatMap(([, , next], index) => (states[next].pendingIn ? [`bot${String(index)}@push.localhost`] : [])),
      )
      pushService.forgets()
    },
  )
}

/** Whose requests a session that has just appeared is handed. */
async function requestsThatWait(user: User, server: { idle(): Promise<void> }): Promise<readonly string[]> {
  const phone = await user.also('phone')
  await phone.sends(xml`<presence/>`)
  await server.idle()
  const handed = phone.open[0]?.inbox.unread ?? []
  const requests = handed.filter(({ attrs }) => attrs['type'] === 'subscribe').map(({ attrs }) => String(attrs['from']))
  user.forgets()
  return requests.sort()
}

for (const type of subscriptionTypes) {
  everyTransition('account', type, A2[type])
  everyTransition('contact', type, A3[type])
}
