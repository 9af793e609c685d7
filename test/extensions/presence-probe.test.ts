// Probes (RFC 6121 §4.3, §4.6.6): what they are told who may know, and who may not.

import { expect } from 'vitest'
import { befriend, subscribe } from '../helpers/friends.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import type { Element } from '../../server/xml.js'

const available = (from: string, to: string): Element => xml`<presence from="${from}" to="${to}"/>`

const probe = (to: string): Element => xml`<presence to="${to}" type="probe"/>`

const component = (text: Element): Element => {
  text.attrs['xmlns'] = 'jabber:component:accept'
  return text
}

async function appears(user: User): Promise<void> {
  await user.sends(xml`<presence/>`)
  await user.receives(available(user.jid, user.account))
}

scenario('a probe of one session of a contact is answered like one of the contact', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  const balcony = await juliet.also('balcony')
  await appears(juliet)
  await balcony.sends(xml`<presence/>`)
  await balcony.receivesAll(available(balcony.jid, juliet.account), available(juliet.jid, balcony.jid))
  await juliet.receives(available(balcony.jid, juliet.account))
  for (const to of [juliet.jid, `${juliet.account}/gone`]) {
    await romeo.sends(probe(to))
    await romeo.receivesAll(available(juliet.jid, romeo.jid), available(balcony.jid, romeo.jid))
  }
})

scenario('no client is handed a probe', async ({ romeo, juliet }) => {
  await befriend(romeo, juliet)
  await appears(juliet)
  await romeo.sends(probe(juliet.jid))
  await romeo.receives(available(juliet.jid, romeo.jid))
  await juliet.receivesNothing()
})

scenario('the own sessions are probed like those of a contact', async ({ romeo }) => {
  const phone = await romeo.also('phone')
  await phone.sends(xml`<presence><show>dnd</show></presence>`)
  await phone.next()
  await romeo.sends(probe(romeo.account))
  await romeo.receives(xml`<presence from="${phone.jid}" to="${romeo.jid}"><show>dnd</show></presence>`)
})

scenario(
  'who was sent directed presence learns by a probe that this session is there, and nothing more',
  async ({ romeo, juliet, mercutio }) => {
    const phone = await romeo.also('phone')
    await phone.sends(xml`<presence><show>away</show></presence>`)
    await phone.next()
    await romeo.sends(xml`<presence to="${juliet.jid}"><show>chat</show><status>at the wall</status></presence>`)
    await juliet.next()
    await juliet.sends(probe(romeo.jid))
    await juliet.receives(available(romeo.jid, juliet.jid))
    for (const to of [phone.jid, romeo.account]) await juliet.sends(probe(to))
    await mercutio.sends(probe(romeo.jid))
    await juliet.receivesNothing()
    await romeo.sends(xml`<presence to="${juliet.jid}" type="unavailable"/>`)
    await juliet.next()
    await juliet.sends(probe(romeo.jid))
    await juliet.receivesNothing()
    await mercutio.receivesNothing()
  },
)

scenario('a room that probes its occupant learns whether the occupant is there', async ({ romeo, pushService }) => {
  const room = `verona@${pushService.jid}`
  await romeo.sends(xml`<presence to="${room}/Romeo"/>`)
  await pushService.next()
  for (const from of [room, `${room}/Romeo`]) {
    await pushService.sends(component(xml`<presence from="${from}" to="${romeo.jid}" type="probe"/>`))
    await pushService.receives(component(available(romeo.jid, from)))
  }
  await romeo.leaves()
  await pushService.next()
  await pushService.sends(component(xml`<presence from="${room}" to="${romeo.jid}" type="probe"/>`))
  await pushService.receives(component(xml`<presence from="${romeo.account}" to="${room}" type="unsubscribed"/>`))
})

scenario(
  'a component that may not know is told the same by a probe of anybody, there or not, asked or not',
  async ({ romeo, pushService }) => {
    const bot = `bot@${pushService.jid}`
    const say = (type: string, to: string): Promise<void> =>
      pushService.sends(component(xml`<presence from="${bot}" to="${to}" type="${type}"/>`))
    await appears(romeo)
    for (const asked of [false, true]) {
      for (const to of [romeo.account, romeo.jid, 'nobody@localhost']) {
        if (asked) await say('subscribe', to)
        await say('probe', to)
        const account = to === 'nobody@localhost' ? to : romeo.account
        await pushService.receives(component(xml`<presence from="${account}" to="${bot}" type="unsubscribed"/>`))
      }
    }
    await romeo.receives(xml`<presence from="${bot}" to="${romeo.account}" type="subscribe"/>`)
    await romeo.receivesNothing()
  },
)

scenario('a request that waits still waits when its component has probed', async ({ romeo, pushService }) => {
  const bot = `bot@${pushService.jid}`
  await appears(romeo)
  for (const type of ['subscribe', 'probe']) {
    await pushService.sends(component(xml`<presence from="${bot}" to="${romeo.account}" type="${type}"/>`))
  }
  await romeo.next()
  await pushService.next()
  await romeo.sends(xml`<presence to="${bot}" type="subscribed"/>`)
  await pushService.receives(component(xml`<presence from="${romeo.account}" to="${bot}" type="subscribed"/>`))
  await pushService.receives(component(available(romeo.jid, bot)))
  expect(
    (await romeo.asks(xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`)).getChild('query')?.getChild('item')
      ?.attrs,
  ).toMatchObject({ jid: bot, subscription: 'from' })
})
