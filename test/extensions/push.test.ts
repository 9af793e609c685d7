// Contract §4.2 to §4.4 from outside: what makes a push, what is in it, what becomes of it.

import { expect } from 'vitest'
import type { Element } from '../../server/xml.js'
import { any, scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, itemOf, openSealed, summaryOf } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()

const enable = (user: User, node = 'n1'): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}"/></iq>`)

const enableSealed = (user: User, maxSize = 3000, node = 'n1'): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm" max-size="${maxSize}">${key}</encrypt></enable></iq>`)

const says = (user: User, to: string, body: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>${body}</body></message>`)

scenario(
  'a message for an absent contact wakes her device, and tells nobody who wrote',
  async ({ romeo, juliet, pushService }) => {
    await enable(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'Art thou there?')
    await pushService.receives(xml`
    <iq type="set" from="localhost" to="${service}" id="${any}">
      <pubsub xmlns="http://jabber.org/protocol/pubsub">
        <publish node="n1"><item id="${any}"><notification xmlns="urn:xmpp:push:0">
          <x xmlns="jabber:x:data" type="submit">
            <field var="FORM_TYPE" type="hidden"><value>urn:xmpp:push:summary</value></field>
            <field var="message-count"><value>1</value></field>
          </x>
        </notification></item></publish>
      </pubsub>
    </iq>`)
  },
)

scenario(
  'a sealed push shows its service nothing but an iv and a text of fixed length',
  async ({ romeo, juliet, pushService }) => {
    await enableSealed(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'Art thou there?')
    const publish = await pushService.receives(xml`
    <iq type="set" from="localhost" to="${service}" id="${any}">
      <pubsub xmlns="http://jabber.org/protocol/pubsub">
        <publish node="n1"><item id="${any}"><notification xmlns="urn:xmpp:push:0">
          <encrypted xmlns="tigase:push:encrypt:0" iv="${any}">${any}</encrypted>
        </notification></item></publish>
      </pubsub>
    </iq>`)
    const { iv, encrypted, json } = openSealed(publish, key)
    expect(Buffer.from(iv, 'base64')).toHaveLength(12)
    expect(encrypted).toMatch(/^[A-Za-z0-9+/]{3000}$/)
    expect(json).toEqual({
      unread: 1,
      sender: romeo.account,
      type: 'chat',
      message: 'Art thou there?',
      id: expect.any(String) as string,
    })
  },
)

scenario(
  'the id in the push is the stanza-id under which the account gets the message',
  async ({ romeo, juliet, pushService }) => {
    await enableSealed(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'Art thou there?')
    const { json } = openSealed(await pushService.next(), key)
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await juliet.receivesAll(
      xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`,
      xml`<message type="chat" from="${romeo.jid}" to="${juliet.account}"><body>Art thou there?</body>
      <stanza-id xmlns="urn:xmpp:sid:0" by="${juliet.account}" id="${String(json['id'])}"/>
      <delay xmlns="urn:xmpp:delay" from="localhost" stamp="${any}"/></message>`,
    )
  },
)

scenario(
  'one size for a "yes", a paragraph and an encrypted message, and a fresh iv each time',
  async ({ romeo, juliet, pushService }) => {
    await enableSealed(juliet, 512)
    await juliet.leaves()
    const sizes = new Set<number>()
    const ivs = new Set<string>()
    for (const inside of [
      xml`<body>yes</body>`,
      xml`<body>${'But soft, what light through yonder window breaks? '.repeat(40)}</body>`,
      xml`<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"><iv>AAAA</iv></header><payload>AAAA</payload></encrypted>`,
    ]) {
      await romeo.sends(xml`<message to="${juliet.account}" type="chat">${inside}</message>`)
      const { encrypted, iv } = openSealed(await pushService.next(), key)
      sizes.add(encrypted.length)
      ivs.add(iv)
    }
    expect([...sizes]).toEqual([512])
    expect(ivs.size).toBe(3)
  },
)

scenario(
  'without padding the push is as long as what it says',
  async ({ romeo, juliet, pushService }) => {
    await enableSealed(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'yes')
    const { plain, encrypted } = openSealed(await pushService.next(), key)
    expect(plain).toBe(plain.trim())
    expect(encrypted.length).toBeLessThan(300)
  },
  { config: { push: { padding: false } } },
)

const silent: readonly (readonly [what: string, type: string, inside: string])[] = [
  ['a chat state', 'chat', '<composing xmlns="http://jabber.org/protocol/chatstates"/>'],
  ['a receipt', 'chat', '<received xmlns="urn:xmpp:receipts" id="1"/>'],
  ['a marker', 'chat', '<displayed xmlns="urn:xmpp:chat-markers:0" id="1"/>'],
  ['an empty body', 'chat', '<body/>'],
  ['a headline', 'headline', '<body>News</body>'],
  [
    'an error',
    'error',
    '<body>No</body><error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  ],
  ['what asks not to be kept', 'chat', '<body>psst</body><no-store xmlns="urn:xmpp:hints"/>'],
  [
    'an OMEMO message that only moves keys, whatever body it carries',
    'chat',
    '<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/></encrypted><body>fallback</body>',
  ],
]

for (const [what, type, inside] of silent) {
  scenario(`${what} makes no push`, async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    const text = `<message to="${juliet.account}" type="${type}">${inside}</message>`
    await romeo.sends(xml(Object.assign([text], { raw: [text] })))
    await server.idle()
    expect(pushService.connected).toBe(true)
  })
}

scenario('a message that the own client takes makes no push', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.sends(xml`<presence/>`)
  await juliet.next()
  await says(romeo, juliet.account, 'Art thou there?')
  expect((await juliet.next()).getChildText('body')).toBe('Art thou there?')
  await server.idle()
  expect(pushService.connected).toBe(true)
})

scenario('a session of negative priority takes nothing, so there is a push', async ({ romeo, juliet, pushService }) => {
  await enable(juliet)
  await juliet.sends(xml`<presence><priority>-1</priority></presence>`)
  await juliet.next()
  await says(romeo, juliet.account, 'Art thou there?')
  await pushService.next()
})

scenario('a normal message is a chat to the readers of pushes', async ({ romeo, juliet, pushService }) => {
  await enableSealed(juliet)
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}"><body>Sir</body></message>`)
  expect(openSealed(await pushService.next(), key).json['type']).toBe('chat')
})

scenario('every registration of the account gets its own push', async ({ romeo, juliet, pushService }) => {
  await enable(juliet, 'a')
  await enable(juliet, 'b')
  await juliet.leaves()
  await says(romeo, juliet.account, 'hist!')
  const nodes = [await pushService.next(), await pushService.next()].map((publish) =>
    String(itemOf(publish).parent?.attrs['node']),
  )
  expect(nodes.sort()).toEqual(['a', 'b'])
})

scenario('unread counts up until somebody collects what waits', async ({ romeo, juliet, pushService, server }) => {
  await enableSealed(juliet)
  await juliet.leaves()
  const unread = async (): Promise<unknown> => {
    await says(romeo, juliet.account, 'hist!')
    return openSealed(await pushService.next(), key).json['unread']
  }
  expect([await unread(), await unread(), await unread()]).toEqual([1, 2, 3])
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  for (let count = 0; count < 4; count += 1) await juliet.next()
  await server.idle()
  await juliet.leaves()
  expect(await unread()).toBe(1)
})

scenario(
  'what a push tells that is not sealed is the operator’s decision',
  async ({ romeo, juliet, pushService }) => {
    await enable(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'Art thou there?')
    expect(summaryOf(await pushService.next())).toEqual({
      FORM_TYPE: 'urn:xmpp:push:summary',
      'message-count': '1',
      'last-message-sender': romeo.account,
      'last-message-body': 'Art thou there?',
    })
  },
  { config: { push: { plain: 'body' } } },
)

scenario(
  'a service that is not there gets its push when it comes, and only the newest',
  async ({ romeo, juliet, pushService, server }) => {
    await enableSealed(juliet)
    await juliet.leaves()
    await pushService.leaves()
    for (const body of ['one', 'two', 'three']) await says(romeo, juliet.account, body)
    await server.idle()
    await pushService.arrives()
    expect(openSealed(await pushService.next(), key).json).toMatchObject({ message: 'three', unread: 3 })
  },
)

scenario(
  'what waits for a client is dropped when it has collected its messages',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await pushService.leaves()
    await says(romeo, juliet.account, 'one')
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    for (let count = 0; count < 2; count += 1) await juliet.next()
    await server.idle()
    await pushService.arrives()
    await server.idle()
  },
)

scenario(
  'what another client collects is still told to the one that waits for its push',
  async ({ romeo, juliet, pushService, server }) => {
    await enableSealed(juliet)
    await juliet.leaves()
    await pushService.leaves()
    await says(romeo, juliet.account, 'one')
    await server.idle()
    await juliet.arrives('desktop')
    await juliet.sends(xml`<presence/>`)
    for (let count = 0; count < 2; count += 1) await juliet.next()
    await server.idle()
    await pushService.arrives()
    expect(openSealed(await pushService.next(), key).json['message']).toBe('one')
  },
)

for (const reason of ['item-not-found', 'gone', 'not-authorized', 'forbidden', 'not-allowed'] as const) {
  scenario(
    `a node that is ${reason} ends its registration, with the reason, until it is enabled again`,
    async ({ romeo, juliet, pushService, server }) => {
      await enable(juliet)
      await juliet.leaves()
      pushService.answers({ error: reason, type: 'cancel' })
      await says(romeo, juliet.account, 'one')
      await pushService.next()
      await server.idle()
      expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason }])
      await says(romeo, juliet.account, 'two')
      await server.idle()
      pushService.answers('result')
      await juliet.arrives()
      await enable(juliet)
      expect(await server.registrations()).toMatchObject([{ state: 'active', reason: undefined }])
      await juliet.leaves()
      await says(romeo, juliet.account, 'three')
      await pushService.next()
    },
  )
}

scenario(
  'an error that can pass is tried again, under the same item id',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    pushService.answers({ error: 'item-not-found', type: 'wait' })
    await says(romeo, juliet.account, 'one')
    const first = itemOf(await pushService.next()).attrs['id']
    pushService.answers('result')
    expect(itemOf(await pushService.next()).attrs['id']).toBe(first)
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'result' } }])
  },
)

scenario(
  'an answer that may be a confusion ends the registration only when it comes twice in a row',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    pushService.answers({ error: 'bad-request', type: 'modify' })
    await says(romeo, juliet.account, 'one')
    await pushService.next()
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'bad-request' } }])
    await says(romeo, juliet.account, 'two')
    await pushService.next()
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason: 'bad-request' }])
  },
)

scenario('who waits for a slow service delays nobody else', async ({ romeo, juliet, nurse, pushService }) => {
  let answer: (given: 'result') => void = () => undefined
  const patience = new Promise<'result'>((resolve) => (answer = resolve))
  pushService.answers((iq) => (itemOf(iq).parent?.attrs['node'] === 'slow' ? patience : 'result'))
  await enable(juliet, 'slow')
  await enable(nurse, 'quick')
  await juliet.leaves()
  await nurse.leaves()
  await says(romeo, juliet.account, 'one')
  await pushService.next()
  await says(romeo, nurse.account, 'two')
  await pushService.next()
  await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
  answer('result')
})

scenario('a device that the account does not list is shown as such', async ({ juliet, server }) => {
  const list = (device: number): Element => xml`<iq type="set"><pubsub xmlns="http://jabber.org/protocol/pubsub">
    <publish node="eu.siacs.conversations.axolotl.devicelist"><item id="current">
      <list xmlns="eu.siacs.conversations.axolotl"><device id="${device}"/></list></item></publish></pubsub></iq>`
  await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="n1">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>
    <omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1325"/></enable></iq>`)
  expect(await server.registrations()).toMatchObject([{ deviceId: 1325, deviceKnown: false }])
  await juliet.asks(list(1325))
  expect(await server.registrations()).toMatchObject([{ deviceKnown: true }])
  await juliet.asks(list(7))
  expect(await server.registrations()).toMatchObject([{ deviceKnown: false }])
})
