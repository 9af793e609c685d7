// What a room says to an account (RFC 6121 §8.5.2.2.1, §8.5.3.2.1; tigase:push:filter:groupchat:0): who is told, and what the room hears.

import { expect } from 'vitest'
import { child, type Element } from '../../server/xml.js'
import { Decisions } from '../helpers/decisions.js'
import type { PushService } from '../helpers/push-service.js'
import { RawClient } from '../helpers/raw-client.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
/** The same component is a push service and has rooms. */
const room = `coven@${service}`
const key = freshKey()
const PUBSUB = 'http://jabber.org/protocol/pubsub'

const listed = (...allowed: readonly Readonly<Record<string, string>>[]): Element =>
  xml`<groupchat xmlns="tigase:push:filter:groupchat:0">${allowed.map(
    ({ jid = room, allow = 'always', nick = '' }) => xml`<room jid="${jid}" allow="${allow}" nick="${nick}"/>`,
  )}</groupchat>`

const enable = (user: User, ...asked: readonly Element[]): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${user.jid}">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>${asked}</enable></iq>`)

/** As the room writes it to one of its occupants, or to the account of one. */
const speaks = (rooms: PushService, to: string, ...inside: readonly Element[]): Promise<void> =>
  rooms.sends(xml`<message from="${room}/Hecate" to="${to}" type="groupchat" id="${`m-${to}`}">${inside}</message>`)

const body = (text: string): Element => xml`<body>${text}</body>`
const stanzaId = (id: string, by = room): Element => xml`<stanza-id xmlns="urn:xmpp:sid:0" id="${id}" by="${by}"/>`

const refused = (to: string): Element =>
  xml`<message from="${to}" to="${`${room}/Hecate`}" type="error" id="${`m-${to}`}"><error type="cancel">
    <service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>`

async function publishTo(rooms: PushService): Promise<Element> {
  const stanza = await rooms.next()
  expect(child(stanza, 'pubsub', PUBSUB)).toBeDefined()
  return stanza
}

for (const kind of ['account', 'session that is gone'] as const) {
  const addressOf = (user: User): string => (kind === 'account' ? user.account : user.jid)

  scenario(
    `a room that is listed is told of, to the ${kind}: who speaks, where, and under which id the room has it`,
    async ({ juliet, pushService, server }) => {
      await enable(juliet, listed({}))
      const to = addressOf(juliet)
      await juliet.leaves()
      await speaks(
        pushService,
        to,
        body('When shall we three meet again?'),
        stanzaId('other', `heath@${service}`),
        stanzaId('r1'),
      )
      expect(openSealed(await publishTo(pushService), key).json).toEqual({
        unread: 1,
        sender: room,
        type: 'groupchat',
        message: 'When shall we three meet again?',
        nickname: 'Hecate',
        id: 'r1',
      })
      await juliet.arrives()
      await juliet.sends(xml`<presence/>`)
      await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
      await server.idle()
    },
  )

  scenario(
    `a room that nobody lists hears that nobody took it, at the ${kind}`,
    async ({ romeo, juliet, pushService, server }) => {
      await enable(juliet, listed({ jid: 'heath@muc.example' }))
      await enable(romeo)
      const told = [addressOf(juliet), addressOf(romeo)]
      await Promise.all([juliet.leaves(), romeo.leaves()])
      for (const to of told) await speaks(pushService, to, body('When?'))
      await server.idle()
      await pushService.receives(refused(told[0] ?? ''))
      await pushService.receives(refused(told[1] ?? ''))
    },
  )

  scenario(
    `a room that is listed is not told that its occupant is gone, whatever it says to the ${kind}`,
    async ({ juliet, pushService, server }) => {
      await enable(juliet, listed({ allow: 'mentioned', nick: 'Juliet' }))
      const to = addressOf(juliet)
      await juliet.leaves()
      await speaks(pushService, to, body('Where is Julietta?'))
      await speaks(pushService, to, xml`<subject>Macbeth</subject>`)
      await speaks(pushService, to, xml`<composing xmlns="http://jabber.org/protocol/chatstates"/>`)
      await server.idle()
      await speaks(pushService, to, body('juliet, come'))
      expect(openSealed(await publishTo(pushService), key).json).toMatchObject({ message: 'juliet, come', unread: 1 })
    },
  )
}

scenario(
  'an OMEMO message of a room is told as one, and its fallback is not its text',
  async ({ juliet, pushService }) => {
    await enable(juliet, listed({}), xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="7"/>`)
    await juliet.leaves()
    const encrypted = xml`<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="27183"><key rid="7">AQID</key><iv>BAUG</iv></header>
      <payload>BwgJ</payload></encrypted>`
    await speaks(pushService, juliet.account, body('You cannot read this'), encrypted)
    expect(openSealed(await publishTo(pushService), key).json).toMatchObject({
      type: 'groupchat',
      sender: room,
      nickname: 'Hecate',
      message: 'New encrypted message',
      omemo: { keys: ['AQID'], sid: '27183', data: 'BwgJ', iv: 'BAUG' },
    })
  },
)

scenario('a message of an occupant to the account alone is a chat', async ({ juliet, pushService }) => {
  await enable(juliet)
  await juliet.leaves()
  await pushService.sends(xml`<message from="${`${room}/Hecate`}" to="${juliet.account}" type="chat">${body('Psst')}
    <x xmlns="http://jabber.org/protocol/muc#user"/></message>`)
  expect(openSealed(await publishTo(pushService), key).json).toMatchObject({
    type: 'chat',
    sender: room,
    nickname: 'Hecate',
    message: 'Psst',
  })
})

scenario(
  'what a room says to the account is told of whoever is online: none of them has it',
  async ({ juliet, pushService }) => {
    await enable(juliet, listed({}))
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    await speaks(pushService, juliet.account, body('When?'))
    expect(openSealed(await publishTo(pushService), key).json['message']).toBe('When?')
  },
)

scenario('what its own client has in the room makes no push', async ({ juliet, pushService, server }) => {
  await enable(juliet, listed({}))
  await speaks(pushService, juliet.jid, body('When?'))
  expect((await juliet.next()).getChildText('body')).toBe('When?')
  await server.idle()
  expect(pushService.connected).toBe(true)
})

scenario(
  'a room writes to each client that is in it: one push for one that is away, none for one that is there',
  async ({ juliet, pushService, server }) => {
    const phone = await juliet.also('phone')
    await enable(phone, listed({}))
    await juliet.also('laptop').then((laptop) => enable(laptop, listed({})))
    await phone.leaves()
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    const laptop = juliet.account + '/laptop'
    for (const to of [juliet.jid, `${juliet.account}/phone`, laptop]) {
      await speaks(pushService, to, body('When?'), stanzaId('r1'))
    }
    expect(openSealed(await publishTo(pushService), key).json).toMatchObject({ message: 'When?', unread: 1 })
    await server.idle()
    juliet.forgets()
  },
)

scenario('of copies without an id of the room the same id makes one', async ({ juliet, pushService, server }) => {
  const phone = await juliet.also('phone')
  await enable(phone, listed({}))
  const desktop = await juliet.also('desktop')
  await phone.leaves()
  for (const [to, id] of [
    [juliet.jid, 'm1'],
    [desktop.jid, 'm1'],
    [desktop.jid, 'm2'],
  ] as const) {
    await pushService.sends(
      xml`<message from="${`${room}/Hecate`}" to="${to}" type="groupchat" id="${id}">${body(id)}</message>`,
    )
    await server.idle()
  }
  const told = [await publishTo(pushService), await publishTo(pushService)]
  expect(told.map((publish) => openSealed(publish, key).json['message'])).toEqual(['m1', 'm2'])
  juliet.forgets()
})

const past = new Decisions()

scenario(
  'neither what the account writes to a room, nor the past that a room tells who enters, makes a push',
  async ({ juliet, pushService, server }) => {
    const phone = await juliet.also('phone')
    await enable(phone, listed({}))
    await phone.leaves()
    await juliet.sends(xml`<message to="${room}" type="groupchat" id="own1">${body('Good night')}</message>`)
    expect((await pushService.next()).getChildText('body')).toBe('Good night')
    await pushService.sends(
      xml`<message from="${`${room}/Juliet`}" to="${juliet.jid}" type="groupchat" id="own1">${body('Good night')}</message>`,
    )
    await speaks(
      pushService,
      juliet.jid,
      body('Long ago'),
      xml`<delay xmlns="urn:xmpp:delay" from="${room}" stamp="2020-01-01T00:00:00Z"/>`,
    )
    await juliet.next()
    await juliet.next()
    await server.idle()
    expect(past.whys).toEqual(['the account itself wrote it', "it is of the room's past"])
  },
  { extensions: [past.extension] },
)

const live = new Decisions()

scenario(
  'others are told of although they write under an id of the account, or say that they are late',
  async ({ juliet, pushService, server }) => {
    const phone = await juliet.also('phone')
    await enable(phone, listed({}))
    await phone.leaves()
    const long = 'i'.repeat(1025)
    const echo = (text: string, id: string): Promise<void> =>
      pushService.sends(
        xml`<message from="${`${room}/Juliet`}" to="${juliet.jid}" type="groupchat" id="${id}">${body(text)}</message>`,
      )
    for (const [text, id] of [
      ['Good night', '1'],
      ['Good night', long],
    ] as const) {
      await juliet.sends(xml`<message to="${room}" type="groupchat" id="${id}">${body(text)}</message>`)
      expect((await pushService.next()).getChildText('body')).toBe(text)
    }
    const stamp = new Date(Date.now() - 5000).toISOString()
    await echo('Help!', '1')
    expect(openSealed(await publishTo(pushService), key).json['message']).toBe('Help!')
    await echo('Good night', '1')
    await speaks(pushService, juliet.jid, body('Late'), xml`<delay xmlns="urn:xmpp:delay" stamp="${stamp}"/>`)
    expect(openSealed(await publishTo(pushService), key).json['message']).toBe('Late')
    await echo('Good night', long)
    expect(openSealed(await publishTo(pushService), key).json['message']).toBe('Good night')
    await server.idle()
    expect(live.whys).toEqual(['push', 'the account itself wrote it', 'push', 'push'])
    juliet.forgets()
  },
  { extensions: [live.extension] },
)

scenario(
  'what a connection took with it that died is told of, and the room hears no error that late',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, listed({}))
    await juliet.leaves()
    const dead = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
    const jid = await dead.logsIn('juliet', juliet.password, 'test')
    await speaks(pushService, jid, body('When?'))
    expect((await dead.next()).getChildText('body')).toBe('When?')
    dead.leaves()
    expect(openSealed(await publishTo(pushService), key).json['message']).toBe('When?')
    await server.idle()
  },
)

scenario(
  'a room that nobody lists hears no error for what a dead connection took with it',
  async ({ juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    const dead = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
    const jid = await dead.logsIn('juliet', juliet.password, 'test')
    await speaks(pushService, jid, body('When?'))
    await dead.next()
    dead.leaves()
    await dead.closed
    await server.idle()
    expect(pushService.connected).toBe(true)
  },
)

scenario(
  'news of a room for who is not in it (MUC/Sub) are told as what they bring',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, listed({}), xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="7"/>`)
    await juliet.leaves()
    const news = (from: string, inner: string, ...inside: readonly Element[]): Element =>
      xml`<message from="${from}" to="${juliet.account}"><event xmlns="http://jabber.org/protocol/pubsub#event">
        <items node="urn:xmpp:mucsub:nodes:messages"><item id="1"><message xmlns="jabber:client" from="${inner}" type="groupchat" id="i1">
        ${inside}</message></item></items></event></message>`
    await pushService.sends(news(room, `${room}/Hecate`, body('When?'), stanzaId('r7')))
    const expected = { type: 'groupchat', sender: room, nickname: 'Hecate' }
    expect(openSealed(await publishTo(pushService), key).json).toMatchObject({
      ...expected,
      message: 'When?',
      id: 'r7',
    })
    await pushService.sends(news(`heath@${service}`, `${room}/Hecate`, body('forged')))
    await pushService.sends(news(`${room}/Hecate`, `${room}/Hecate`, body('forged')))
    await server.idle()
    const encrypted = xml`<encrypted xmlns="urn:xmpp:omemo:2"><header sid="1"><keys jid="${juliet.account}"><key rid="7">AQID</key></keys></header>
      <payload>BwgJ</payload></encrypted>`
    await pushService.sends(news(room, `${room}/Hecate`, encrypted))
    expect(openSealed(await publishTo(pushService), key).json).toMatchObject({ ...expected, omemo: { data: 'BwgJ' } })
    await server.idle()
    pushService.expectEmpty()
  },
)
