// XEP-0191 as clients see it: what a block keeps out, in both directions and on every way, and what it leaves alone.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Lists } from '../../extensions/blocking/lists.js'
import { parseJid } from '../../server/jid.js'
import { attr, children, type Element } from '../../server/xml.js'
import { befriend, rosterGet } from '../helpers/friends.js'
import { any, Refusal, scenario, type User, xml } from '../helpers/scenario.js'

const BLOCKING = 'urn:xmpp:blocking'

const items = (...jids: readonly string[]): readonly Element[] => jids.map((jid) => xml`<item jid="${jid}"/>`)

const block = (...jids: readonly string[]): Element =>
  xml`<iq type="set"><block xmlns="${BLOCKING}">${items(...jids)}</block></iq>`

const unblock = (...jids: readonly string[]): Element =>
  xml`<iq type="set"><unblock xmlns="${BLOCKING}">${items(...jids)}</unblock></iq>`

const blocklist = xml`<iq type="get"><blocklist xmlns="${BLOCKING}"/></iq>`

async function listOf(user: User): Promise<readonly string[]> {
  const list = (await user.asks(blocklist)).getChild('blocklist', BLOCKING)
  return list === undefined ? ['no list'] : children(list, 'item').map((item) => attr(item, 'jid') ?? '')
}

/** The condition that the server answers with, or 'result'. */
async function conditionOf(user: User, question: Element): Promise<string> {
  try {
    await user.asks(question)
    return 'result'
  } catch (reason) {
    if (reason instanceof Refusal) return reason.condition
    throw reason
  }
}

const pushTo = (user: User, command: Element): Element =>
  xml`<iq type="set" id="${any}" from="${user.account}" to="${user.jid}">${command}</iq>`

const isBlocked = xml`<error type="modify">
  <not-acceptable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><blocked xmlns="urn:xmpp:blocking:errors"/>
</error>`

const isUnavailable = xml`<error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`

const available = (from: string, to: string): Element => xml`<presence from="${from}" to="${to}"/>`
const unavailable = (from: string, to: string): Element => xml`<presence from="${from}" to="${to}" type="unavailable"/>`

/** Two people who see each other, both available, and nothing unread. */
async function together(romeo: User, juliet: User): Promise<void> {
  await befriend(romeo, juliet)
  await romeo.sends(xml`<presence/>`)
  await romeo.receives(available(romeo.jid, romeo.account))
  await juliet.sends(xml`<presence/>`)
  await juliet.receivesAll(available(juliet.jid, juliet.account), available(romeo.jid, juliet.jid))
  await romeo.receives(available(juliet.jid, romeo.account))
}

scenario('the server announces blocking and reports', async ({ romeo }) => {
  const info = await romeo.asks(
    xml`<iq type="get" to="localhost"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
  )
  const query = info.getChild('query')
  const features = query === undefined ? [] : children(query, 'feature').map((feature) => attr(feature, 'var'))
  expect(features).toEqual(expect.arrayContaining([BLOCKING, 'urn:xmpp:reporting:1']))
})

scenario('whoever has blocked nobody has an empty list', async ({ romeo }) => {
  expect(await listOf(romeo)).toEqual([])
})

scenario('blocked addresses are listed, each once and prepared, until they are unblocked', async ({ romeo }) => {
  await romeo.asks(block('Tybalt@LOCALHOST', 'tybalt@localhost', 'shakespeare.lit', 'a@b/c'))
  expect(await listOf(romeo)).toEqual(['a@b/c', 'shakespeare.lit', 'tybalt@localhost'])
  await romeo.receivesNothing()
  await romeo.asks(unblock('a@b/c', 'nobody@localhost'))
  await romeo.next()
  expect(await listOf(romeo)).toEqual(['shakespeare.lit', 'tybalt@localhost'])
  await romeo.asks(unblock())
  await romeo.next()
  expect(await listOf(romeo)).toEqual([])
})

scenario('every resource that asked for the list is told of changes, and no other', async ({ romeo }) => {
  const [phone, tablet] = [await romeo.also('phone'), await romeo.also('tablet')]
  await listOf(romeo)
  await listOf(phone)
  await tablet.asks(block('tybalt@localhost', 'paris@localhost'))
  const pushed = xml`<block xmlns="${BLOCKING}">${items('tybalt@localhost', 'paris@localhost')}</block>`
  await romeo.receives(pushTo(romeo, pushed))
  await phone.receives(pushTo(phone, pushed))
  await phone.leaves()
  await tablet.asks(unblock('paris@localhost'))
  await romeo.receives(pushTo(romeo, xml`<unblock xmlns="${BLOCKING}"><item jid="paris@localhost"/></unblock>`))
  await romeo.asks(unblock())
  await romeo.receives(pushTo(romeo, xml`<unblock xmlns="${BLOCKING}"/>`))
  await tablet.receivesNothing()
})

scenario('a block without an item, and items that are none, are refused, and nothing is blocked', async ({ romeo }) => {
  expect(await conditionOf(romeo, block())).toBe('bad-request')
  const nameless = xml`<iq type="set"><block xmlns="${BLOCKING}"><item jid="a@b"/><item/></block></iq>`
  expect(await conditionOf(romeo, nameless)).toBe('bad-request')
  expect(await conditionOf(romeo, block('a@b', '@'))).toBe('jid-malformed')
  expect(await conditionOf(romeo, unblock('@'))).toBe('jid-malformed')
  expect(await listOf(romeo)).toEqual([])
})

scenario('nobody blocks themselves or the server, whatever way they write it', async ({ romeo }) => {
  for (const jid of ['ROMEO@localhost', 'romeo@localhost/phone', 'localhost', 'LocalHost/x']) {
    expect(await conditionOf(romeo, block('tybalt@localhost', jid))).toBe('not-allowed')
  }
  expect(await listOf(romeo)).toEqual([])
})

scenario("nobody reads or changes another account's list", async ({ romeo, juliet }) => {
  const read = xml`<iq type="get" to="${juliet.account}"><blocklist xmlns="${BLOCKING}"/></iq>`
  const write = xml`<iq type="set" to="${juliet.account}"><block xmlns="${BLOCKING}">${items('a@b')}</block></iq>`
  expect(await conditionOf(romeo, read)).toBe('forbidden')
  expect(await conditionOf(romeo, write)).toBe('forbidden')
  expect(await listOf(juliet)).toEqual([])
})

scenario(
  'an account blocks a thousand addresses, and one more is refused with all that came with it',
  async ({ romeo }) => {
    const many = Array.from({ length: 999 }, (_, number) => `user${number}@example.org`)
    await romeo.asks(block(...many))
    expect(await conditionOf(romeo, block('a@b', 'c@d'))).toBe('resource-constraint')
    expect(await conditionOf(romeo, block('a@b', 'user1@example.org'))).toBe('result')
    expect((await listOf(romeo)).length).toBe(1000)
  },
)

scenario(
  'a message of a blocked contact is refused, and neither delivered nor kept nor pushed',
  async ({ romeo, juliet, pushService }) => {
    await romeo.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="push.localhost" node="n"/></iq>`)
    await romeo.asks(block(juliet.account))
    for (const to of [romeo.account, romeo.jid, 'romeo@localhost/gone']) {
      await juliet.sends(xml`<message to="${to}" type="chat" id="m"><body>Hello?</body></message>`)
      await juliet.receives(
        xml`<message from="${to}" to="${juliet.jid}" type="error" id="m">${isUnavailable}</message>`,
      )
    }
    await juliet.sends(xml`<message to="${romeo.account}" type="error" id="e">${isUnavailable}</message>`)
    await romeo.sends(xml`<presence/>`)
    await romeo.receives(available(romeo.jid, romeo.account))
    await romeo.receivesNothing()
    await juliet.receivesNothing()
    pushService.expectEmpty()
  },
)

scenario(
  'what waited for an account before it blocked the sender is not handed over',
  async ({ romeo, juliet, nurse }) => {
    await juliet.sends(xml`<message to="${romeo.account}" type="chat"><body>before</body></message>`)
    await nurse.sends(xml`<message to="${romeo.account}" type="chat"><body>from the nurse</body></message>`)
    await juliet.receivesNothing()
    await romeo.asks(block(juliet.account))
    await romeo.sends(xml`<presence/>`)
    await romeo.receivesAll(
      available(romeo.jid, romeo.account),
      xml`<message from="${nurse.jid}" to="${romeo.account}" type="chat">
      <body>from the nurse</body>
      <stanza-id xmlns="urn:xmpp:sid:0" by="${romeo.account}" id="${any}"/>
      <delay xmlns="urn:xmpp:delay" from="localhost" stamp="${any}"/>
    </message>`,
    )
  },
)

scenario('an iq of a blocked contact is refused, and its answers vanish', async ({ romeo, juliet }) => {
  await romeo.asks(block(juliet.account))
  const ping = (to: string): Element => xml`<iq type="get" to="${to}"><ping xmlns="urn:xmpp:ping"/></iq>`
  expect(await conditionOf(juliet, ping(romeo.jid))).toBe('service-unavailable')
  expect(await conditionOf(juliet, ping(romeo.account))).toBe('service-unavailable')
  await juliet.sends(xml`<iq type="result" id="x" to="${romeo.jid}"/>`)
  await juliet.sends(xml`<iq type="error" id="y" to="${romeo.jid}">${isUnavailable}</iq>`)
  await romeo.receivesNothing()
  await juliet.receivesNothing()
})

scenario(
  'whoever has blocked somebody is told so when they write to them, with every kind of stanza',
  async ({ romeo, juliet }) => {
    await romeo.asks(block(juliet.account))
    await romeo.sends(xml`<message to="${juliet.jid}" id="m"><body>Hello?</body></message>`)
    await romeo.receives(
      xml`<message from="${juliet.jid}" to="${romeo.jid}" type="error" id="m">${isBlocked}</message>`,
    )
    const ping = xml`<iq type="get" to="${juliet.jid}" id="p"><ping xmlns="urn:xmpp:ping"/></iq>`
    expect(await conditionOf(romeo, ping)).toBe('not-acceptable')
    for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'unavailable', 'probe']) {
      await romeo.sends(xml`<presence to="${juliet.account}" type="${type}"/>`)
      await romeo.receives(
        xml`<presence from="${juliet.account}" to="${romeo.jid}" type="error">${isBlocked}</presence>`,
      )
    }
    await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
    await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.jid}" type="error">${isBlocked}</presence>`)
    await romeo.sends(xml`<iq type="result" id="x" to="${juliet.jid}"/>`)
    await juliet.receivesNothing()
    await romeo.receivesNothing()
  },
)

scenario(
  'a contact that is blocked sees the account go, and nothing of it until it is unblocked',
  async ({ romeo, juliet }) => {
    await together(romeo, juliet)
    await romeo.asks(block(juliet.account))
    await juliet.receives(unavailable(romeo.jid, juliet.account))
    await romeo.sends(xml`<presence><show>away</show></presence>`)
    await romeo.receives(xml`<presence from="${romeo.jid}" to="${romeo.account}"><show>away</show></presence>`)
    await juliet.sends(xml`<presence><show>dnd</show></presence>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"><show>dnd</show></presence>`)
    await juliet.sends(xml`<presence to="${romeo.account}" type="probe"/>`)
    await juliet.sends(xml`<presence to="${romeo.jid}"/>`)
    await romeo.receivesNothing()
    await juliet.receivesNothing()
    await romeo.asks(unblock(juliet.account))
    await juliet.receives(xml`<presence from="${romeo.jid}" to="${juliet.account}"><show>away</show></presence>`)
    await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.jid}"><show>dnd</show></presence>`)
  },
)

scenario(
  'a contact that comes while it is blocked learns nothing, and the end of a session neither',
  async ({ romeo, juliet }) => {
    await befriend(romeo, juliet)
    await romeo.sends(xml`<presence/>`)
    await romeo.receives(available(romeo.jid, romeo.account))
    await romeo.asks(block(juliet.account))
    await juliet.sends(xml`<presence/>`)
    await juliet.receives(available(juliet.jid, juliet.account))
    await romeo.receivesNothing()
    romeo.vanishes()
    await juliet.receivesNothing()
  },
)

scenario(
  'who is no contact hears nothing of a block, unless they were sent presence',
  async ({ romeo, juliet, mercutio }) => {
    await romeo.sends(xml`<presence/>`)
    await romeo.receives(available(romeo.jid, romeo.account))
    await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
    await juliet.receives(available(romeo.jid, juliet.jid))
    await romeo.asks(block(juliet.account, mercutio.account))
    await juliet.receives(unavailable(romeo.jid, juliet.jid))
    await romeo.asks(unblock())
    await mercutio.receivesNothing()
    await juliet.receivesNothing()
  },
)

scenario('one client of a contact is blocked, and the others are not', async ({ romeo, juliet }) => {
  await together(romeo, juliet)
  const phone = await juliet.also('phone')
  await romeo.asks(block(juliet.jid))
  await juliet.receives(unavailable(romeo.jid, juliet.jid))
  await juliet.sends(xml`<message to="${romeo.jid}" id="m"><body>Hello?</body></message>`)
  await juliet.receives(
    xml`<message from="${romeo.jid}" to="${juliet.jid}" type="error" id="m">${isUnavailable}</message>`,
  )
  await phone.sends(xml`<message to="${romeo.jid}" type="headline"><body>from the phone</body></message>`)
  await romeo.receives(
    xml`<message from="${phone.jid}" to="${romeo.jid}" type="headline"><body>from the phone</body></message>`,
  )
})

scenario('a blocked contact asks for a subscription, and nobody hears of it', async ({ romeo, juliet }) => {
  await romeo.asks(rosterGet)
  await romeo.sends(xml`<presence/>`)
  await romeo.receives(available(romeo.jid, romeo.account))
  await romeo.asks(block(juliet.account))
  await juliet.asks(rosterGet)
  await juliet.sends(xml`<presence to="${romeo.account}" type="subscribe"/>`)
  await juliet.receives(
    xml`<iq type="set" id="${any}" from="${juliet.account}" to="${juliet.jid}"><query xmlns="jabber:iq:roster" ver="${any}"><item jid="${romeo.account}" subscription="none" ask="subscribe"/></query></iq>`,
  )
  await juliet.receivesNothing()
  await romeo.asks(unblock())
  await romeo.receivesNothing()
})

scenario('a request that waited is not handed over while its sender is blocked', async ({ romeo, juliet }) => {
  await juliet.sends(xml`<presence to="${romeo.account}" type="subscribe"/>`)
  await juliet.receivesNothing()
  await romeo.asks(block(juliet.account))
  await romeo.sends(xml`<presence/>`)
  await romeo.receives(available(romeo.jid, romeo.account))
  await romeo.receivesNothing()
  await romeo.asks(unblock())
  const later = await romeo.also('later')
  await later.sends(xml`<presence/>`)
  await later.receivesAll(
    available(later.jid, romeo.account),
    available(romeo.jid, later.jid),
    xml`<presence from="${juliet.account}" to="${romeo.account}" type="subscribe"/>`,
  )
  await romeo.receives(available(later.jid, romeo.account))
})

scenario(
  'rosters agree on what ended while one had blocked the other, and no word of it is delivered',
  async ({ romeo, juliet }) => {
    await together(romeo, juliet)
    await romeo.asks(rosterGet)
    await romeo.asks(block(juliet.account))
    await juliet.receives(unavailable(romeo.jid, juliet.account))
    await juliet.sends(xml`<presence to="${romeo.account}" type="unsubscribe"/>`)
    await romeo.receives(
      xml`<iq type="set" id="${any}" from="${romeo.account}" to="${romeo.jid}"><query xmlns="jabber:iq:roster" ver="${any}"><item jid="${juliet.account}" subscription="to"/></query></iq>`,
    )
    await juliet.receivesNothing()
    await romeo.asks(unblock())
    await romeo.receives(available(juliet.jid, romeo.jid))
    await juliet.receivesNothing()
  },
)

const TUNE = 'http://jabber.org/protocol/tune'

/** Makes the user's client one that wants to hear of tunes (XEP-0115 §5.1). */
function tunePresence(user: User): Element {
  const features = ['http://jabber.org/protocol/caps', `${TUNE}+notify`]
  user.answersDisco(features)
  const text = `client/pc//test<${features.map((feature) => `${feature}<`).join('')}`
  const hash = createHash('sha1').update(text).digest('base64')
  return xml`<presence><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="urn:example:test" ver="${hash}"/></presence>`
}

const tune = (title: string): Element =>
  xml`<iq type="set"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="${TUNE}"><item id="current"><tune xmlns="${TUNE}"><title>${title}</title></tune></item></publish></pubsub></iq>`

scenario('events pass neither from a blocked contact nor to one', async ({ romeo, juliet, server }) => {
  await befriend(romeo, juliet)
  for (const user of [romeo, juliet]) await user.sends(tunePresence(user))
  await server.idle()
  await juliet.asks(tune('before'))
  await server.idle()
  expect(await eventsOf(romeo)).toContain('before')
  await romeo.asks(block(juliet.account))
  await romeo.asks(tune('of romeo'))
  await juliet.asks(tune('of juliet'))
  await server.idle()
  expect(await eventsOf(romeo)).not.toContain('of juliet')
  expect(await eventsOf(juliet)).not.toContain('of romeo')
  const read = (to: string): Element =>
    xml`<iq type="get" to="${to}"><pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="${TUNE}"/></pubsub></iq>`
  expect(await conditionOf(juliet, read(romeo.account))).toBe('service-unavailable')
  expect(await conditionOf(romeo, read(juliet.account))).toBe('not-acceptable')
})

/** Everything that the user has received and not read, as text. */
async function eventsOf(user: User): Promise<string> {
  await user.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
  const unread = user.open.map(({ inbox }) => inbox.unread.join('\n')).join('\n')
  user.forgets()
  return unread
}

scenario('a blocked domain reaches nothing, and is reached by nothing', async ({ romeo, pushService }) => {
  await romeo.asks(block('push.localhost'))
  await pushService.sends(
    xml`<message from="somebody@push.localhost/x" to="${romeo.account}" id="m"><body>Hello?</body></message>`,
  )
  await pushService.receives(
    xml`<message from="${romeo.account}" to="somebody@push.localhost/x" type="error" id="m">${isUnavailable}</message>`,
  )
  await pushService.sends(xml`<presence from="push.localhost" to="${romeo.account}" type="subscribe"/>`)
  await romeo.sends(xml`<message to="push.localhost" id="n"><body>Hello?</body></message>`)
  await romeo.receives(xml`<message from="push.localhost" to="${romeo.jid}" type="error" id="n">${isBlocked}</message>`)
  await romeo.receivesNothing()
})

scenario('a block holds for the next session, and ends with the account', async ({ romeo, juliet, server }) => {
  await romeo.asks(block(juliet.account))
  await romeo.leaves()
  await romeo.arrives()
  expect(await listOf(romeo)).toEqual([juliet.account])
  await romeo.leaves()
  await server.users.remove(romeo.account)
  await server.users.create(romeo.account, romeo.password)
  await romeo.arrives()
  expect(await listOf(romeo)).toEqual([])
  await juliet.sends(xml`<message to="${romeo.jid}" type="headline"><body>Hello?</body></message>`)
  await romeo.receives(
    xml`<message from="${juliet.jid}" to="${romeo.jid}" type="headline"><body>Hello?</body></message>`,
  )
})

test.each([
  ['a client', 'a@b/c', ['a@b/c'], ['a@b', 'a@b/d', 'b/c', 'b']],
  ['a person', 'a@b', ['a@b', 'a@b/c'], ['b', 'x@b', 'b/c', 'a@c.b']],
  ['a resource of a domain', 'b/c', ['b/c', 'a@b/c'], ['b', 'a@b', 'b/d']],
  ['a domain', 'b', ['b', 'b/c', 'a@b', 'a@b/c'], ['c.b', 'a@c.b', 'bb']],
])('a block of %s is about what XEP-0191 §6 says, and nothing else', (_, blocked, matched, others) => {
  const lists = new Lists()
  lists.load([{ account: 'juliet@x', jid: blocked }])
  const blocks = (jid: string): boolean => lists.blocks('juliet@x', parseJid(jid))
  expect(matched.filter((jid) => !blocks(jid))).toEqual([])
  expect(others.filter(blocks)).toEqual([])
  expect(matched.filter((jid) => lists.blocks('romeo@x', parseJid(jid)))).toEqual([])
})
