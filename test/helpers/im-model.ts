// What rosters, presence and blocks of a few people come to, as the tables of RFC 6121 appendix A and XEP-0191 have it: the server
// is compared with this, so it shares no line with it.

import { A2, A3, type Row, type StateName, states, type Tables } from './subscription-tables.js'

export type Person = 'a' | 'b' | 'c'
export type Answer = keyof Tables

/** What one roster says of one contact. */
export interface Item {
  readonly state: StateName
  readonly approved: boolean
  readonly listed: boolean
}

const nothing: Item = { state: 'None', approved: false, listed: false }

export class ImModel {
  readonly #items = new Map<string, Item>()
  readonly #blocks = new Set<string>()

  item(owner: Person, contact: Person): Item {
    return this.#items.get(owner + contact) ?? nothing
  }

  /** One of the two has blocked the other. */
  areApart(one: Person, other: Person): boolean {
    return this.hasBlocked(one, other) || this.hasBlocked(other, one)
  }

  hasBlocked(one: Person, other: Person): boolean {
    return this.#blocks.has(one + other)
  }

  maySee(viewer: Person, seen: Person): boolean {
    return states[this.item(seen, viewer).state].from && !this.areApart(viewer, seen)
  }

  block(one: Person, other: Person): void {
    this.#blocks.add(one + other)
  }

  unblock(one: Person, other: Person): void {
    this.#blocks.delete(one + other)
  }

  add(owner: Person, contact: Person): void {
    this.#put(owner, contact, { ...this.item(owner, contact), listed: true })
  }

  says(one: Person, other: Person, type: Answer): void {
    if (this.hasBlocked(one, other)) return
    const item = this.item(one, other)
    const [, passes, state] = rowOf(A2, type, item.state)
    const isAhead = type === 'subscribed' && passes === 'MUST NOT' && !states[state].from
    this.#put(one, other, { ...item, state, approved: (item.approved || isAhead) && type !== 'unsubscribed' })
    if (passes === 'MUST') this.#hears(other, one, type)
  }

  remove(owner: Person, contact: Person): void {
    const item = this.item(owner, contact)
    if (!item.listed) return
    const { to, from, pendingOut, pendingIn } = states[item.state]
    this.#items.delete(owner + contact)
    if (to || pendingOut) this.#hears(contact, owner, 'unsubscribe')
    if (from || pendingIn) this.#hears(contact, owner, 'unsubscribed')
  }

  /** A request of somebody blocked is not heard; what ends or grants a subscription is. */
  #hears(owner: Person, contact: Person, type: Answer): void {
    if (type === 'subscribe' && this.hasBlocked(owner, contact)) return
    const item = this.item(owner, contact)
    const [, passes, state] = rowOf(A3, type, item.state)
    const isGranted = type === 'subscribe' && item.approved && passes !== 'reply'
    // §3.4.2: what was granted ahead is as if the account had answered at once.
    const next = isGranted ? rowOf(A2, 'subscribed', state)[2] : state
    this.#put(owner, contact, { ...item, state: next })
    if (isGranted || passes === 'reply') this.#hears(contact, owner, 'subscribed')
  }

  #put(owner: Person, contact: Person, item: Item): void {
    const { to, from, pendingOut } = states[item.state]
    const listed = item.listed || to || from || pendingOut || item.approved
    this.#items.set(owner + contact, { ...item, listed })
  }
}

function rowOf(tables: Tables, type: Answer, state: StateName): Row {
  const row = tables[type].find(([existing]) => existing === state)
  if (row === undefined) throw new Error(`the table has no row for ${state}`)
  return row
}
