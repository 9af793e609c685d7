// Presence (RFC 6121 §4) as clients see it.

import { expect } from 'vitest'
import { befriend, rosterGet, subscribe } from '../helpers/friends.js'
import { type User, scenario, xml } from '../helpers/scenario.js'

const available = (from: string, to: string): ReturnType<typeof xml> => xml`<presence from="${from}" to="${to}"/>`
const unavailable = (from: string, to: string): ReturnType<typeof xml> =>
  xml`<presence from="${from}" to="${to}" type="unavailable"/>`

/** Sends initial presence, and reads what comes back of it from the session itself. */
async function appears(user: User): Promise<void> {
  await user.sends(xml`<presence/>`)
  await user.receives(available(user.jid, user.account))
}

scenario('a session hears its own presence, with everything that it said', async ({ romeo }) => {
  await romeo.sends(
    xml`<presence id="p1" xml:lang="en"><show>away</show><status>in the orchard</status><priority>5</priority></presence>`,
  )
  await romeo.receives(
    xml`<presence id="p1" xml:lang="en" from="${romeo.jid}" to="${romeo.account}"><show>away</show><status>in the orchard</status><priority>5</priority></presence>`,
  )
})

scenario('the sessions of one account hear of each other, and of their end', async ({ romeo }) => {
  await appears(romeo)
  const phone = await romeo.also('phone')
  await phone.sends(xml`<presence><show>dnd</show></presence>`)
  const ofPhone = xml`<presence from="${phone.jid}" to="${romeo.account}"><show>dnd</show></presence>`
  await phone.receivesAll(ofPhone, available(romeo.jid, phone.jid))
  await romeo.receives(ofPhone)
  await phone.sends(xml`<presence type="unavailable"><status>asleep</status></presence>`)
  await romeo.receives(
    xml`<presence from="${phone.jid}" to="${romeo.account}" type="unavailable"><status>asleep</status></presence>`,
  )
})

scenario(
  'a contact who is allowed to see it hears of presence, of every change and of its end',
  async ({ romeo, juliet }) => {
    await subscribe(romeo, juliet)
    await appears(romeo)
    await appears(juliet)
    await romeo.receives(available(juliet.jid, romeo.account))
    await juliet.sends(xml`<presence><show>xa</show></presence>`)
    const changed = (to: string): ReturnType<typeof xml> =>
      xml`<presence from="${juliet.jid}" to="${to}"><show>xa</show></presence>`
    await juliet.receives(changed(juliet.account))
    await romeo.receives(changed(romeo.account))
    await juliet.sends(xml`<presence type="unavailable"/>`)
    await romeo.receives(unavailable(juliet.jid, romeo.account))
  },
)

scenario('who may not see presence hears nothing of it', async ({ romeo, juliet, mercutio }) => {
  await subscribe(romeo, juliet)
  await appears(mercutio)
  await appears(romeo)
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.receivesNothing()
  await mercutio.receivesNothing()
})

scenario('a session that appears learns who is there, from every session of a contact', async ({ romeo, juliet }) => {
  await befriend(romeo, juliet)
  const balcony = await juliet.also('balcony')
  await juliet.sends(xml`<presence><show>chat</show></presence>`)
  await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"><show>chat</show></presence>`)
  await balcony.sends(xml`<presence><priority>-1</priority></presence>`)
  await balcony.next()
  await balcony.next()
  await juliet.next()
  await romeo.sends(xml`<presence/>`)
  await romeo.receivesAll(
    available(romeo.jid, romeo.account),
    xml`<presence from="${juliet.jid}" to="${romeo.jid}"><show>chat</show></presence>`,
    xml`<presence from="${balcony.jid}" to="${romeo.jid}"><priority>-1</priority></presence>`,
  )
  await juliet.receives(available(romeo.jid, juliet.account))
  await balcony.receives(available(romeo.jid, juliet.account))
})

scenario('a later presence is a change, and brings nobody in again', async ({ romeo, juliet }) => {
  await befriend(romeo, juliet)
  await appears(romeo)
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.receives(available(romeo.jid, juliet.jid))
  await juliet.sends(xml`<presence/>`)
  await juliet.receives(available(juliet.jid, juliet.account))
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.receivesNothing()
})

scenario('a session that was unavailable for a while appears anew', async ({ romeo, juliet }) => {
  await befriend(romeo, juliet)
  await appears(romeo)
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.receives(available(romeo.jid, juliet.jid))
  await juliet.sends(xml`<presence type="unavailable"/>`)
  await romeo.receives(unavailable(juliet.jid, romeo.account))
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.receives(available(romeo.jid, juliet.jid))
})

scenario('a session that says goodbye is unavailable', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  await appears(romeo)
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.leaves()
  await romeo.receives(unavailable(juliet.jid, romeo.account))
})

scenario('a session whose connection breaks is unavailable', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  await appears(romeo)
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  juliet.vanishes()
  await romeo.receives(unavailable(juliet.jid, romeo.account))
})

scenario(
  'a session that takes the place of another one of the same name is heard of after the end of that',
  async ({ romeo, juliet }) => {
    await subscribe(romeo, juliet)
    await appears(romeo)
    const first = await juliet.also('chamber')
    await appears(first)
    await romeo.receives(available(first.jid, romeo.account))
    const second = await juliet.also('chamber')
    expect(await first.ended()).toBe('conflict')
    await appears(second)
    await romeo.receives(unavailable(second.jid, romeo.account))
    await romeo.receives(available(second.jid, romeo.account))
    await second.sends(xml`<presence type="unavailable"/>`)
    await romeo.receives(unavailable(second.jid, romeo.account))
  },
)

scenario('a session that ends twice, or never appeared, is not announced', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  await appears(romeo)
  const chamber = await juliet.also('chamber')
  await chamber.leaves()
  await appears(juliet)
  await romeo.receives(available(juliet.jid, romeo.account))
  await juliet.sends(xml`<presence type="unavailable"/>`)
  await romeo.receives(unavailable(juliet.jid, romeo.account))
  await juliet.sends(xml`<presence type="unavailable"/>`)
  await juliet.leaves()
  await romeo.receivesNothing()
})

for (const priority of ['128', '-129', 'high', '1.5', '', '1e1', '0x1', '١']) {
  scenario(`a priority of "${priority}" is refused, and the session stays as it was`, async ({ romeo }) => {
    await romeo.sends(xml`<presence id="p"><priority>${priority}</priority></presence>`)
    await romeo.receives(
      xml`<presence type="error" id="p" from="${romeo.account}" to="${romeo.jid}"><error type="modify"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">a priority is a whole number from -128 to 127</text></error></presence>`,
    )
    const phone = await romeo.also('phone')
    await appears(phone)
    await romeo.receivesNothing()
  })
}

for (const priority of ['127', '-128', ' +3\n']) {
  scenario(`a priority of ${JSON.stringify(priority)} is taken`, async ({ romeo }) => {
    await romeo.sends(xml`<presence><priority>${priority}</priority></presence>`)
    await romeo.receives(
      xml`<presence from="${romeo.jid}" to="${romeo.account}"><priority>${priority}</priority></presence>`,
    )
  })
}

scenario('a show that nobody knows is passed on as it is', async ({ romeo }) => {
  await romeo.sends(xml`<presence><show>in love</show></presence>`)
  await romeo.receives(xml`<presence from="${romeo.jid}" to="${romeo.account}"><show>in love</show></presence>`)
})

scenario(
  'directed presence reaches its addressee, contact or not, and nobody else',
  async ({ romeo, juliet, mercutio }) => {
    await appears(juliet)
    await appears(mercutio)
    await romeo.sends(xml`<presence to="${juliet.account}"><status>at the wall</status></presence>`)
    await juliet.receives(
      xml`<presence from="${romeo.jid}" to="${juliet.account}"><status>at the wall</status></presence>`,
    )
    await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
    await juliet.receives(available(romeo.jid, juliet.jid))
    await mercutio.receivesNothing()
  },
)

scenario('whoever was sent directed presence hears of its end, once', async ({ romeo, juliet, mercutio }) => {
  await subscribe(mercutio, romeo)
  await appears(mercutio)
  await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
  await juliet.receives(available(romeo.jid, juliet.jid))
  await appears(romeo)
  await mercutio.receives(available(romeo.jid, mercutio.account))
  await romeo.sends(xml`<presence to="${mercutio.account}"/>`)
  await mercutio.receives(available(romeo.jid, mercutio.account))
  await romeo.leaves()
  await juliet.receives(unavailable(romeo.jid, juliet.jid))
  await mercutio.receives(unavailable(romeo.jid, mercutio.account))
})

scenario('directed presence that was taken back is not taken back again', async ({ romeo, juliet }) => {
  await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
  await juliet.receives(available(romeo.jid, juliet.jid))
  await romeo.sends(xml`<presence to="${juliet.jid}" type="unavailable"/>`)
  await juliet.receives(unavailable(romeo.jid, juliet.jid))
  await romeo.leaves()
  await juliet.receivesNothing()
})

scenario('directed presence to more addresses than are remembered is refused', async ({ romeo, juliet }) => {
  const sent = Array.from({ length: 1000 }, (_, index) => romeo.sends(xml`<presence to="nobody@localhost/${index}"/>`))
  await Promise.all(sent)
  await romeo.sends(xml`<presence id="last" to="${juliet.jid}"/>`)
  await romeo.receives(
    xml`<presence type="error" id="last" from="${juliet.jid}" to="${romeo.jid}"><error type="wait"><resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">presence was sent to too many addresses</text></error></presence>`,
  )
  await romeo.sends(xml`<presence to="nobody@localhost/1"/>`)
  await romeo.receivesNothing()
  await romeo.sends(xml`<presence to="nobody@localhost/1" type="unavailable"/>`)
  await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
  await juliet.receives(available(romeo.jid, juliet.jid))
  await romeo.leaves()
  await juliet.receives(unavailable(romeo.jid, juliet.jid))
})

scenario(
  'presence for an account that is not there, or a session that is gone, is dropped',
  async ({ romeo, juliet }) => {
    await appears(juliet)
    await romeo.sends(xml`<presence to="nobody@localhost"/>`)
    await romeo.sends(xml`<presence to="${juliet.account}/gone"/>`)
    await romeo.receivesNothing()
    await juliet.receivesNothing()
  },
)

scenario('a probe of a contact is answered with the presence of each of its sessions', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  await juliet.sends(xml`<presence><show>away</show></presence>`)
  await juliet.next()
  await romeo.sends(xml`<presence to="${juliet.account}" type="probe"/>`)
  await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.jid}"><show>away</show></presence>`)
})

scenario('a probe of a contact who is not there is answered with unavailable', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  await romeo.sends(xml`<presence to="${juliet.account}" type="probe"/>`)
  await romeo.receives(unavailable(juliet.account, romeo.jid))
})

scenario(
  'a probe by who may not know tells neither presence nor whether there is such an account',
  async ({ romeo, juliet }) => {
    await subscribe(juliet, romeo)
    await appears(juliet)
    await romeo.sends(xml`<presence to="${juliet.account}" type="probe"/>`)
    await romeo.sends(xml`<presence to="${juliet.jid}" type="probe"/>`)
    await romeo.sends(xml`<presence to="nobody@localhost" type="probe"/>`)
    await romeo.receivesNothing()
    await juliet.receivesNothing()
  },
)

scenario(
  'a component that is a contact is probed, told, and answered like anybody else',
  async ({ romeo, pushService }) => {
    await romeo.asks(rosterGet)
    await romeo.sends(xml`<presence to="bot@${pushService.jid}" type="subscribe"/>`)
    await romeo.next()
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" from="${romeo.account}" to="bot@${pushService.jid}" type="subscribe"/>`,
    )
    await pushService.sends(
      xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}" to="${romeo.account}" type="subscribed"/>`,
    )
    await romeo.next()
    await romeo.next()
    await pushService.sends(
      xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}" to="${romeo.account}" type="probe"/>`,
    )
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" to="bot@${pushService.jid}" from="${romeo.account}" type="unsubscribed"/>`,
    )
    await pushService.sends(
      xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}" to="${romeo.account}" type="subscribe"/>`,
    )
    await romeo.receivesNothing()
    await romeo.sends(xml`<presence to="bot@${pushService.jid}" type="subscribed"/>`)
    await romeo.next()
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" to="bot@${pushService.jid}" from="${romeo.account}" type="subscribed"/>`,
    )
    await appears(romeo)
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" to="bot@${pushService.jid}" from="${romeo.jid}"/>`,
    )
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" to="bot@${pushService.jid}" from="${romeo.jid}" type="probe"/>`,
    )
    await pushService.sends(
      xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}/1" to="${romeo.jid}"/>`,
    )
    await romeo.receives(available(`bot@${pushService.jid}/1`, romeo.jid))
    await pushService.sends(
      xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}/1" to="${romeo.jid}" type="probe"/>`,
    )
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" to="bot@${pushService.jid}/1" from="${romeo.jid}"/>`,
    )
    await romeo.leaves()
    await pushService.receives(
      xml`<presence xmlns="jabber:component:accept" to="bot@${pushService.jid}" from="${romeo.jid}" type="unavailable"/>`,
    )
  },
)

scenario('a component that is away holds up nobody, and is no error', async ({ romeo, pushService }) => {
  await romeo.asks(rosterGet)
  await romeo.sends(xml`<presence to="bot@${pushService.jid}" type="subscribe"/>`)
  await romeo.next()
  await pushService.next()
  await pushService.sends(
    xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}" to="${romeo.account}" type="subscribed"/>`,
  )
  await romeo.next()
  await romeo.next()
  await pushService.sends(
    xml`<presence xmlns="jabber:component:accept" from="bot@${pushService.jid}" to="${romeo.account}" type="subscribe"/>`,
  )
  await romeo.receivesNothing()
  await romeo.sends(xml`<presence to="bot@${pushService.jid}" type="subscribed"/>`)
  await romeo.next()
  await pushService.next()
  await pushService.leaves()
  await appears(romeo)
  await romeo.receivesNothing()
})

scenario('presence is bounded: it is handed to every contact, at every login of theirs', async ({ romeo }) => {
  await romeo.sends(xml`<presence id="p"><status>${'x'.repeat(9000)}</status></presence>`)
  const answer = await romeo.next()
  expect([answer.attrs['type'], answer.getChild('error')?.getChildElements()[0]?.name]).toEqual([
    'error',
    'not-acceptable',
  ])
})
