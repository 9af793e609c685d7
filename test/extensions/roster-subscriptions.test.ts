// Subscriptions (RFC 6121 §3) as both ends see them.

import { expect } from 'vitest'
import { TestClient } from '../helpers/client.js'
import { befriend, rosterGet, subscribe } from '../helpers/friends.js'
import { any, expectSame, scenario, type User, xml } from '../helpers/scenario.js'

type Element = ReturnType<typeof xml>

const presence = (type: string, from: string, to: string): Element =>
  xml`<presence from="${from}" to="${to}" type="${type}"/>`

const say = (type: string, to: User): Element => xml`<presence to="${to.account}" type="${type}"/>`

const push = (user: User, item: Element): Element =>
  xml`<iq type="set" id="${any}" from="${user.account}" to="${user.jid}"><query xmlns="jabber:iq:roster" ver="${any}">${item}</query></iq>`

const remove = (contact: User): Element =>
  xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="${contact.account}" subscription="remove"/></query></iq>`

async function expectRoster(user: User, ...items: readonly Element[]): Promise<void> {
  const result = await user.asks(rosterGet)
  const wanted = xml`<iq type="result" id="${any}" from="${user.account}" to="${user.jid}"><query xmlns="jabber:iq:roster" ver="${any}">${items}</query></iq>`
  expectSame(result, wanted)
}

/** Shows the roster and is there, and has read what came of it from the session itself. */
async function appears(user: User): Promise<void> {
  await user.asks(rosterGet)
  await user.sends(xml`<presence/>`)
  await user.receives(xml`<presence from="${user.jid}" to="${user.account}"/>`)
}

/** Both see each other, are there and show their rosters. */
async function together(one: User, other: User): Promise<void> {
  await befriend(one, other)
  await appears(one)
  await appears(other)
  await one.receives(xml`<presence from="${other.jid}" to="${one.account}"/>`)
  await other.receives(xml`<presence from="${one.jid}" to="${other.jid}"/>`)
}

scenario('a request reaches the contact, who grants it, and both rosters say so', async ({ romeo, juliet }) => {
  await appears(romeo)
  await appears(juliet)
  await romeo.sends(
    xml`<presence id="r" to="${juliet.jid}" type="subscribe"><status>It is the east</status><nick xmlns="http://jabber.org/protocol/nick">Romeo</nick></presence>`,
  )
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="none" ask="subscribe"/>`))
  await juliet.receives(
    xml`<presence id="r" from="${romeo.account}" to="${juliet.account}" type="subscribe"><status>It is the east</status><nick xmlns="http://jabber.org/protocol/nick">Romeo</nick></presence>`,
  )
  await juliet.sends(say('subscribed', romeo))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="from"/>`))
  await romeo.receives(presence('subscribed', juliet.account, romeo.account))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="to"/>`))
  await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.account}"/>`)
})

scenario('the contact subscribes back, and both see both', async ({ romeo, juliet }) => {
  await subscribe(romeo, juliet)
  await appears(romeo)
  await appears(juliet)
  await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.account}"/>`)
  await juliet.sends(say('subscribe', romeo))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="from" ask="subscribe"/>`))
  await romeo.receives(presence('subscribe', juliet.account, romeo.account))
  await romeo.sends(say('subscribed', juliet))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="both"/>`))
  await juliet.receives(presence('subscribed', romeo.account, juliet.account))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="both"/>`))
  await juliet.receives(xml`<presence from="${romeo.jid}" to="${juliet.account}"/>`)
})

scenario(
  'a request waits for its contact, and is handed over at every login until it is answered',
  async ({ romeo, juliet }) => {
    await juliet.leaves()
    await romeo.asks(rosterGet)
    await romeo.sends(
      xml`<presence to="${juliet.account}" type="subscribe"><status>Wherefore &amp; now</status></presence>`,
    )
    await romeo.next()
    const request = xml`<presence from="${romeo.account}" to="${juliet.account}" type="subscribe"><status>Wherefore &amp; now</status></presence>`
    for (let login = 0; login < 2; login += 1) {
      await juliet.arrives()
      await expectRoster(juliet)
      await juliet.sends(xml`<presence/>`)
      await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
      await juliet.receives(request)
      await juliet.sends(xml`<presence><show>away</show></presence>`)
      await juliet.next()
      await juliet.receivesNothing()
      await juliet.leaves()
    }
    await juliet.arrives()
    await juliet.sends(say('subscribed', romeo))
    await romeo.next()
    await romeo.next()
    await juliet.sends(xml`<presence/>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
    await juliet.receivesNothing()
  },
)

scenario('a request that is made twice waits once, as it was first made', async ({ romeo, juliet }) => {
  await romeo.asks(rosterGet)
  await juliet.sends(xml`<presence/>`)
  await juliet.next()
  await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"><status>1</status></presence>`)
  await romeo.next()
  await juliet.receives(
    xml`<presence from="${romeo.account}" to="${juliet.account}" type="subscribe"><status>1</status></presence>`,
  )
  await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"><status>2</status></presence>`)
  await romeo.receivesNothing()
  const phone = await juliet.also('phone')
  await phone.sends(xml`<presence/>`)
  await phone.receivesAll(
    xml`<presence from="${phone.jid}" to="${juliet.account}"/>`,
    xml`<presence from="${juliet.jid}" to="${phone.jid}"/>`,
    xml`<presence from="${romeo.account}" to="${juliet.account}" type="subscribe"><status>1</status></presence>`,
  )
  await juliet.receives(xml`<presence from="${phone.jid}" to="${juliet.account}"/>`)
})

scenario('a request still waits when its contact has asked for the same', async ({ romeo, juliet }) => {
  await romeo.asks(rosterGet)
  await juliet.asks(rosterGet)
  await romeo.sends(say('subscribe', juliet))
  await romeo.next()
  await juliet.sends(say('subscribe', romeo))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="none" ask="subscribe"/>`))
  for (const [user, other] of [
    [romeo, juliet],
    [juliet, romeo],
  ] as const) {
    await user.sends(xml`<presence/>`)
    await user.receives(xml`<presence from="${user.jid}" to="${user.account}"/>`)
    await user.receives(presence('subscribe', other.account, user.account))
  }
})

scenario('a request that says very much waits without what it says', async ({ romeo, juliet }) => {
  await juliet.leaves()
  await romeo.asks(rosterGet)
  await romeo.sends(
    xml`<presence to="${juliet.account}" type="subscribe"><status>${'Romeo '.repeat(1000)}</status></presence>`,
  )
  await romeo.next()
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  await juliet.next()
  await juliet.receives(presence('subscribe', romeo.account, juliet.account))
})

scenario('a request for what is granted already is answered by the server', async ({ romeo, juliet }) => {
  await together(romeo, juliet)
  await romeo.sends(say('subscribe', juliet))
  await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.account}"/>`)
  await juliet.receivesNothing()
  await expectRoster(romeo, xml`<item jid="${juliet.account}" subscription="both"/>`)
})

scenario(
  'a contact who refuses a request leaves no trace of it but an item without a subscription',
  async ({ romeo, juliet }) => {
    await appears(romeo)
    await appears(juliet)
    await romeo.sends(say('subscribe', juliet))
    await romeo.next()
    await juliet.next()
    await juliet.sends(say('unsubscribed', romeo))
    await romeo.receives(presence('unsubscribed', juliet.account, romeo.account))
    await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="none"/>`))
    await juliet.receivesNothing()
    await expectRoster(juliet)
  },
)

scenario('a request that is taken back does not wait any more', async ({ romeo, juliet }) => {
  await romeo.asks(rosterGet)
  await juliet.asks(rosterGet)
  await romeo.sends(say('subscribe', juliet))
  await romeo.next()
  await romeo.sends(say('unsubscribe', juliet))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="none"/>`))
  await juliet.receives(presence('unsubscribe', romeo.account, juliet.account))
  await juliet.sends(xml`<presence/>`)
  await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
  await juliet.receivesNothing()
})

scenario('a contact who takes the permission back is not seen any more', async ({ romeo, juliet }) => {
  await together(romeo, juliet)
  await juliet.sends(say('unsubscribed', romeo))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="to"/>`))
  await romeo.receives(presence('unavailable', juliet.jid, romeo.account))
  await romeo.receives(presence('unsubscribed', juliet.account, romeo.account))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="from"/>`))
  await juliet.sends(xml`<presence><show>away</show></presence>`)
  await juliet.next()
  await romeo.receivesNothing()
})

scenario('who unsubscribes does not see the contact any more, and is still seen', async ({ romeo, juliet }) => {
  await together(romeo, juliet)
  await romeo.sends(say('unsubscribe', juliet))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="from"/>`))
  await juliet.receives(presence('unsubscribe', romeo.account, juliet.account))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="to"/>`))
  await romeo.receives(presence('unavailable', juliet.jid, romeo.account))
  await romeo.sends(xml`<presence><show>away</show></presence>`)
  await romeo.next()
  await juliet.receives(xml`<presence from="${romeo.jid}" to="${juliet.account}"><show>away</show></presence>`)
})

scenario('a contact that is removed from the roster is out of it both ways', async ({ romeo, juliet }) => {
  await together(romeo, juliet)
  await romeo.asks(remove(juliet))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="remove"/>`))
  await juliet.receives(presence('unavailable', romeo.jid, juliet.account))
  await juliet.receives(presence('unsubscribe', romeo.account, juliet.account))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="to"/>`))
  await juliet.receives(presence('unsubscribed', romeo.account, juliet.account))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="none"/>`))
  await romeo.receives(presence('unavailable', juliet.jid, romeo.account))
  await expectRoster(romeo)
  await expectRoster(juliet, xml`<item jid="${romeo.account}" subscription="none"/>`)
})

scenario('a contact that is removed takes the request to it back', async ({ romeo, juliet }) => {
  await romeo.asks(rosterGet)
  await romeo.sends(say('subscribe', juliet))
  await romeo.next()
  await romeo.asks(remove(juliet))
  await romeo.next()
  await juliet.sends(xml`<presence/>`)
  await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
  await juliet.receivesNothing()
})

scenario(
  'who only waits for an answer is not in the roster and cannot be removed from it, but can be put into it',
  async ({ romeo, juliet }) => {
    await romeo.asks(rosterGet)
    await juliet.asks(rosterGet)
    await romeo.sends(say('subscribe', juliet))
    await romeo.next()
    await expectRoster(juliet)
    await expect(juliet.asks(remove(romeo))).rejects.toThrow('item-not-found')
    const named = xml`<item jid="${romeo.account}" name="Montague"/>`
    await juliet.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster">${named}</query></iq>`)
    await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" name="Montague" subscription="none"/>`))
    await juliet.sends(say('subscribed', romeo))
    await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" name="Montague" subscription="from"/>`))
    await romeo.receives(presence('subscribed', juliet.account, romeo.account))
    await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="to"/>`))
  },
)

scenario(
  'nobody is told of a grant that was not asked for, or of the end of what is not there',
  async ({ romeo, mercutio }) => {
    await appears(romeo)
    for (const type of ['subscribed', 'unsubscribed', 'unsubscribe']) await mercutio.sends(say(type, romeo))
    await expectRoster(mercutio, xml`<item jid="${romeo.account}" subscription="none"/>`)
    await romeo.receivesNothing()
    await expectRoster(romeo)
  },
)

scenario('a request to an account that is not there looks as if nobody answered', async ({ romeo, server }) => {
  await appears(romeo)
  await romeo.sends(xml`<presence to="nobody@localhost" type="subscribe"/>`)
  await romeo.receives(push(romeo, xml`<item jid="nobody@localhost" subscription="none" ask="subscribe"/>`))
  await romeo.receivesNothing()
  await server.users.create('nobody@localhost', 'password')
  await romeo.sends(xml`<presence to="nobody@localhost" type="unsubscribe"/>`)
  await romeo.receives(push(romeo, xml`<item jid="nobody@localhost" subscription="none"/>`))
})

scenario(
  'a probe by somebody who waits for an answer takes nothing back, whether the account is there or not',
  async ({ romeo, juliet }) => {
    await appears(romeo)
    for (const to of [juliet.account, 'nobody@localhost']) {
      const waiting = push(romeo, xml`<item jid="${to}" subscription="none" ask="subscribe"/>`)
      await romeo.sends(xml`<presence to="${to}" type="subscribe"/>`)
      await romeo.receives(waiting)
      await romeo.sends(xml`<presence to="${to}" type="probe"/>`)
    }
    await romeo.receivesNothing()
    await expectRoster(
      romeo,
      xml`<item jid="${juliet.account}" subscription="none" ask="subscribe"/>`,
      xml`<item jid="nobody@localhost" subscription="none" ask="subscribe"/>`,
    )
  },
)

scenario('a subscription to the own account does nothing', async ({ romeo }) => {
  await appears(romeo)
  for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']) await romeo.sends(say(type, romeo))
  await expectRoster(romeo)
  await romeo.receivesNothing()
})

scenario('a request to a domain that nobody knows is refused, and no contact comes of it', async ({ romeo }) => {
  await romeo.asks(rosterGet)
  await romeo.sends(xml`<presence id="s" to="juliet@capulet.example" type="subscribe"/>`)
  await romeo.receives(
    xml`<presence type="error" id="s" from="juliet@capulet.example" to="${romeo.jid}"><error type="cancel"><remote-server-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>`,
  )
  await expectRoster(romeo)
})

scenario(
  'a request to a component that is away, or to the server itself, is refused, and no contact comes of it',
  async ({ romeo, pushService }) => {
    await pushService.leaves()
    for (const to of [`bot@${pushService.jid}`, 'localhost']) {
      await romeo.sends(xml`<presence id="s" to="${to}" type="subscribe"/>`)
      await romeo.receives(
        xml`<presence type="error" id="s" from="${to}" to="${romeo.jid}"><error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>`,
      )
    }
    await expectRoster(romeo)
  },
)

scenario('a component asks, is answered, and asks again', async ({ romeo, pushService }) => {
  const bot = `bot@${pushService.jid}`
  const fromBot = (type: string): Element =>
    xml`<presence xmlns="jabber:component:accept" from="${bot}/1" to="${romeo.account}" type="${type}"/>`
  const toBot = (type: string): Element =>
    xml`<presence xmlns="jabber:component:accept" from="${romeo.account}" to="${bot}" type="${type}"/>`
  await appears(romeo)
  await pushService.sends(fromBot('subscribe'))
  await romeo.receives(presence('subscribe', bot, romeo.account))
  await romeo.sends(xml`<presence to="${bot}" type="subscribed"/>`)
  await romeo.receives(push(romeo, xml`<item jid="${bot}" subscription="from"/>`))
  await pushService.receives(toBot('subscribed'))
  const there = xml`<presence xmlns="jabber:component:accept" from="${romeo.jid}" to="${bot}"/>`
  await pushService.receives(there)
  await pushService.sends(fromBot('subscribe'))
  await pushService.receives(toBot('subscribed'))
  await pushService.receives(there)
  await romeo.sends(xml`<presence to="${bot}" type="unsubscribed"/>`)
  await romeo.receives(push(romeo, xml`<item jid="${bot}" subscription="none"/>`))
  await pushService.receives(
    xml`<presence xmlns="jabber:component:accept" from="${romeo.jid}" to="${bot}" type="unavailable"/>`,
  )
  await pushService.receives(toBot('unsubscribed'))
})

scenario(
  'an account that is removed is nobody to its contacts, and whoever takes the name is a stranger',
  async ({ romeo, juliet, mercutio, server }) => {
    await together(romeo, juliet)
    await mercutio.asks(rosterGet)
    await mercutio.sends(say('subscribe', juliet))
    await mercutio.next()
    await juliet.next()
    await server.users.remove(juliet.account)
    expect(await juliet.ended()).toBe('not-authorized')
    await romeo.receives(presence('unavailable', juliet.jid, romeo.account))
    await romeo.receives(presence('unsubscribe', juliet.account, romeo.account))
    await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="to"/>`))
    await romeo.receives(presence('unsubscribed', juliet.account, romeo.account))
    await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="none"/>`))
    await mercutio.receives(presence('unsubscribed', juliet.account, mercutio.account))
    await mercutio.receives(push(mercutio, xml`<item jid="${juliet.account}" subscription="none"/>`))
    await server.users.create(juliet.account, juliet.password)
    await juliet.arrives()
    await expectRoster(juliet)
    await juliet.sends(xml`<presence/>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
    await juliet.receivesNothing()
    await romeo.receivesNothing()
  },
)

/** A connection whose inbox nobody reads. */
function deaf(user: User, resource: string, url: string): Promise<TestClient> {
  const [username, domain] = user.account.split('@')
  const login = { username: username ?? '', domain: domain ?? '', password: user.password, mechanism: undefined }
  return TestClient.connect({ ...login, url, resource })
}

/** What a session sent somebody is dealt with in order: when this question is refused, everything before it is through. */
async function isThrough(session: TestClient, contact: User): Promise<void> {
  const question = xml`<iq type="get" to="${contact.account}"><query xmlns="jabber:iq:roster"/></iq>`
  await expect(session.asks(question)).rejects.toThrow('forbidden')
}

/** The subscription that the account's roster holds. */
async function subscriptionOf(session: TestClient, contact: User): Promise<string> {
  const items = (await session.asks(rosterGet)).getChild('query')?.getChildren('item') ?? []
  return String(items.find(({ attrs }) => attrs['jid'] === contact.account)?.attrs['subscription'])
}

const mirrored: Readonly<Record<string, string>> = { none: 'none', to: 'from', from: 'to', both: 'both' }

scenario(
  'stanzas of both ends that cross each other leave two rosters that agree',
  async ({ romeo, juliet, server }) => {
    await subscribe(romeo, juliet)
    const [one, two] = [await deaf(romeo, 'one', server.url), await deaf(juliet, 'two', server.url)]
    for (let round = 0; round < 30; round += 1) {
      const sent = [one.sends(say('subscribe', juliet)), two.sends(say('unsubscribed', romeo))]
      await Promise.all([...sent, two.sends(say('subscribed', romeo))])
      await Promise.all([isThrough(one, juliet), isThrough(two, romeo)])
      expect(await subscriptionOf(one, juliet)).toBe(mirrored[await subscriptionOf(two, romeo)])
      await one.sends(say('subscribe', juliet))
      await isThrough(one, juliet)
      await two.sends(say('subscribed', romeo))
      await isThrough(two, romeo)
    }
    await one.leaves()
    await two.leaves()
  },
)

scenario(
  'a storm of stanzas from all sessions of both ends leaves two rosters that agree',
  async ({ romeo, juliet, server }) => {
    const types = ['subscribe', 'subscribed', 'unsubscribe', 'subscribe', 'unsubscribed', 'subscribed', 'subscribe']
    const storm = async (from: User, to: User, pace: number): Promise<TestClient> => {
      const client = await deaf(from, `storm-${pace}`, server.url)
      const stanzas = Array.from({ length: 30 }, (_, index) => [
        say(types[(index * pace) % types.length] ?? '', to),
        xml`<presence><status>${index}</status></presence>`,
      ])
      await Promise.all(stanzas.flat().map((stanza) => client.sends(stanza)))
      await isThrough(client, to)
      return client
    }
    const [one, two, ...more] = await Promise.all([
      storm(romeo, juliet, 1),
      storm(juliet, romeo, 2),
      storm(romeo, juliet, 3),
      storm(juliet, romeo, 4),
    ])
    await romeo.receivesNothing()
    expect(await subscriptionOf(one, juliet)).toBe(mirrored[await subscriptionOf(two, romeo)])
    await Promise.all([one, two, ...more].map((client) => client.leaves()))
  },
)
