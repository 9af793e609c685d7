// Two people who see each other's presence, made by clients of their own that are gone again: nobody else hears of it.

import type { User } from './user.js'
import { any, anything, xml } from './xml.js'

/** Makes the two contacts of each other (RFC 6121 §3.1). To be called before either of them has sent presence or read the roster. */
export async function befriend(one: User, other: User): Promise<void> {
  await subscribe(one, other)
  await subscribe(other, one)
}

/** Lets `one` see the presence of `other`. */
export async function subscribe(one: User, other: User): Promise<void> {
  const [from, to] = [await one.also('introduction'), await other.also('introduction')]
  await from.asks(rosterGet)
  await from.sends(xml`<presence to="${other.account}" type="subscribe"/>`)
  await from.receives(pushOf(from.jid, one.account))
  await to.asks(rosterGet)
  await to.sends(xml`<presence to="${one.account}" type="subscribed"/>`)
  await to.receives(pushOf(to.jid, other.account))
  await from.receives(xml`<presence from="${other.account}" to="${one.account}" type="subscribed"/>`)
  await from.receives(pushOf(from.jid, one.account))
  await from.leaves()
  await to.leaves()
}

export const rosterGet = xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`

/** A roster push, whatever it says. */
function pushOf(to: string, from: string): ReturnType<typeof xml> {
  return xml`<iq type="set" id="${any}" from="${from}" to="${to}"><query xmlns="jabber:iq:roster" ver="${any}">${anything}</query></iq>`
}
