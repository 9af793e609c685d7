// Contract §4.2 and §4.3: calls, invitations and requests: what rings, what is told, and what ends the ringing.

import { expect } from 'vitest'
import type { Element } from '../../server/xml.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, notificationOf, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()
const anyId = expect.any(String) as string

const enable = (user: User, omemo = false): Promise<Element> => {
  const device = omemo ? [xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="7"/>`] : []
  return user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="n1">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>${device}</enable></iq>`)
}

const jingle = (name: string, sid: string, ...media: readonly string[]): Element =>
  xml`<${name} xmlns="urn:xmpp:jingle-message:0" id="${sid}">${media.map(
    (word) => xml`<description xmlns="urn:xmpp:jingle:apps:rtp:1" media="${word}"/>`,
  )}</${name}>`

const signals = (from: User, to: string, inside: Element): Promise<void> =>
  from.sends(xml`<message to="${to}" type="chat">${inside}<store xmlns="urn:xmpp:hints"/></message>`)

scenario(
  'a call rings: its push says so outside of the seal, and who and what inside',
  async ({ romeo, juliet, pushService }) => {
    await enable(juliet)
    await juliet.leaves()
    await signals(romeo, juliet.account, jingle('propose', 's1', 'audio', 'video', 'application', 'audio'))
    const publish = await pushService.next()
    expect(notificationOf(publish).getChild('encrypted')?.attrs['type']).toBe('voip')
    expect(openSealed(publish, key).json).toEqual({
      unread: 1,
      sender: romeo.jid,
      type: 'call',
      message: 'Incoming call',
      sid: 's1',
      media: ['audio', 'video'],
      id: anyId,
    })
  },
)

scenario('a call of a kind that no reader knows is an ordinary push', async ({ romeo, juliet, pushService }) => {
  await enable(juliet)
  await juliet.leaves()
  await signals(romeo, juliet.account, jingle('propose', 's1', 'hologram'))
  const publish = await pushService.next()
  expect(notificationOf(publish).getChild('encrypted')?.attrs['type']).toBeUndefined()
  expect(openSealed(publish, key).json).toEqual({
    unread: 1,
    sender: romeo.account,
    type: 'chat',
    message: 'Incoming call',
    id: anyId,
  })
})

scenario('a proposal that is more than a minute old makes no push', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  const delay = xml`<delay xmlns="urn:xmpp:delay" stamp="${new Date(Date.now() - 61_000).toISOString()}"/>`
  await romeo.sends(
    xml`<message to="${juliet.account}" type="chat">${jingle('propose', 's1', 'audio')}${delay}</message>`,
  )
  await server.idle()
  expect(pushService.connected).toBe(true)
})

for (const name of ['proceed', 'accept', 'reject', 'ringing', 'finish', 'retract']) {
  scenario(`<${name}/> makes no push`, async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await signals(romeo, juliet.account, jingle(name, 's1'))
    await server.idle()
    expect(pushService.connected).toBe(true)
  })
}

scenario(
  'a call that was taken back does not ring any more, another one still does',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await pushService.leaves()
    await signals(romeo, juliet.account, jingle('propose', 's1', 'audio'))
    await signals(romeo, juliet.account, jingle('propose', 's2', 'audio'))
    await signals(romeo, juliet.account, jingle('retract', 's1'))
    await server.idle()
    await pushService.arrives()
    expect(openSealed(await pushService.next(), key).json['sid']).toBe('s2')
  },
)

scenario('nobody but caller and called ends a call', async ({ romeo, juliet, tybalt, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  await pushService.leaves()
  await signals(romeo, juliet.account, jingle('propose', 's1', 'audio'))
  for (const name of ['retract', 'reject', 'proceed']) await signals(tybalt, juliet.account, jingle(name, 's1'))
  await server.idle()
  await pushService.arrives()
  expect(openSealed(await pushService.next(), key).json['sid']).toBe('s1')
})

scenario(
  'a call that was answered on another device does not ring any more',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await pushService.leaves()
    await signals(romeo, juliet.account, jingle('propose', 's1', 'audio'))
    await server.idle()
    await juliet.arrives('desktop')
    await signals(juliet, romeo.jid, jingle('proceed', 's1'))
    await romeo.next()
    await server.idle()
    await pushService.arrives()
    await server.idle()
  },
)

scenario('a call is never merged with a message', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  await pushService.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>one</body></message>`)
  await signals(romeo, juliet.account, jingle('propose', 's1', 'audio'))
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>two</body></message>`)
  await server.idle()
  await pushService.arrives()
  const told = [openSealed(await pushService.next(), key).json, openSealed(await pushService.next(), key).json]
  expect(told.map((json) => json['message']).sort()).toEqual(['Incoming call', 'two'])
})

scenario(
  'a call does not wait for a service that is slow to answer about a message',
  async ({ romeo, juliet, pushService }) => {
    let answer: (given: 'result') => void = () => undefined
    const patience = new Promise<'result'>((resolve) => (answer = resolve))
    await enable(juliet)
    await juliet.leaves()
    pushService.answers(() => patience)
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>one</body></message>`)
    await pushService.next()
    await signals(romeo, juliet.account, jingle('propose', 's1', 'audio'))
    expect(openSealed(await pushService.next(), key).json['type']).toBe('call')
    answer('result')
  },
)

const invitations: readonly (readonly [what: string, inside: () => Element])[] = [
  ['a friend', () => xml`<x xmlns="jabber:x:conference" jid="coven@muc.example" reason="a private reason"/>`],
  [
    'the room',
    () =>
      xml`<x xmlns="http://jabber.org/protocol/muc#user"><invite from="hecate@example/x"><reason>a private reason</reason></invite></x>`,
  ],
]

for (const [whom, inside] of invitations) {
  scenario(`an invitation by ${whom} is told, without its text`, async ({ romeo, juliet, pushService }) => {
    await enable(juliet)
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}">${inside()}</message>`)
    expect(openSealed(await pushService.next(), key).json).toEqual({
      unread: 1,
      sender: romeo.account,
      type: 'chat',
      message: 'You are invited to a room',
      id: anyId,
    })
  })
}

for (const [omemo, type] of [
  [true, { type: 'subscribe' }],
  [false, {}],
] as const) {
  scenario(
    `a request for a subscription is told ${omemo ? 'by its type' : 'without a type'} to a reader that ${omemo ? 'knows' : 'may not know'} it`,
    async ({ romeo, juliet, pushService }) => {
      await enable(juliet, omemo)
      await juliet.leaves()
      await romeo.asks(xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`)
      await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"/>`)
      await romeo.next()
      expect(openSealed(await pushService.next(), key).json).toEqual({
        unread: 1,
        sender: romeo.account,
        message: 'Somebody wants to see when you are online',
        ...type,
      })
    },
  )
}

scenario('a request that the own client takes makes no push', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.sends(xml`<presence/>`)
  await juliet.next()
  await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"/>`)
  await juliet.receives(xml`<presence type="subscribe" from="${romeo.account}" to="${juliet.account}"/>`)
  await server.idle()
  expect(pushService.connected).toBe(true)
})
