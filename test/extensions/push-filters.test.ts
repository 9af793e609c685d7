// tigase:push:filter:muted:0, :ignore-unknown:0, :groupchat:0, tigase:push:priority:0 and tigase:push:jingle:0: what `<enable/>` may
// ask for, what it is refused, and what comes of it.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { child, children, el, type Element, parse } from '../../server/xml.js'
import { Decisions } from '../helpers/decisions.js'
import { Refusal, scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, notificationOf, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()
const MUTED = 'tigase:push:filter:muted:0'
const UNKNOWN = 'tigase:push:filter:ignore-unknown:0'
const GROUPCHAT = 'tigase:push:filter:groupchat:0'
const PRIORITY = 'tigase:push:priority:0'
const JINGLE = 'tigase:push:jingle:0'

const enable = (user: User, ...asked: readonly Element[]): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="n1">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>${asked}</enable></iq>`)

const says = (user: User, to: User, body: string): Promise<void> =>
  user.sends(xml`<message to="${to.account}" type="chat"><body>${body}</body></message>`)

const calls = (user: User, to: User): Promise<void> =>
  user.sends(xml`<message to="${to.account}" type="chat"><propose xmlns="urn:xmpp:jingle-message:0" id="s1">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose></message>`)

const muted = (...jids: readonly string[]): Element =>
  xml`<muted xmlns="${MUTED}">${jids.map((jid) => xml`<item jid="${jid}"/>`)}</muted>`

scenario('the account announces each of them', async ({ juliet }) => {
  const answer = await juliet.asks(
    xml`<iq type="get" to="${juliet.account}"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
  )
  const query = child(answer, 'query', 'http://jabber.org/protocol/disco#info')
  const features = (query && children(query, 'feature'))?.map(({ attrs }) => String(attrs['var']))
  expect(features).toEqual(expect.arrayContaining([MUTED, UNKNOWN, GROUPCHAT, PRIORITY, JINGLE]))
})

describe('what is read', () => {
  const decisions = new Decisions()
  const options = { extensions: [decisions.extension] }

  scenario(
    'bare JIDs, prepared; unknown children and attributes are passed over',
    async ({ juliet, pushService }) => {
      const rooms = xml`<groupchat xmlns="${GROUPCHAT}" since="ever"><hall/>
        <room jid="Coven@MUC.example/x" allow="always" nick="ignored"/>
        <room jid="heath@muc.example" allow="mentioned" nick=" Juliet "/>
        <room jid="channel@mix.example" allow="mentioned" nick=""/>
        <room jid="cave@muc.example" allow="never"/><room xmlns="other"/></groupchat>`
      const people = xml`<muted xmlns="${MUTED}"><item jid="Romeo@localhost/orchard"/><item jid="romeo@localhost"/>
        <other jid="paris@localhost"/></muted>`
      const asked = [rooms, people, UNKNOWN, PRIORITY, JINGLE].map((one) =>
        typeof one === 'string' ? el(one.split(':').at(-2) ?? '', { xmlns: one }, el('unknown', {}, 'text')) : one,
      )
      await enable(juliet, ...asked)
      expect(decisions.rules).toEqual({
        away: false,
        muted: ['romeo@localhost'],
        ignoreUnknown: true,
        rooms: [
          { room: 'coven@muc.example', nick: undefined },
          { room: 'heath@muc.example', nick: 'Juliet' },
          { room: 'channel@mix.example', nick: '' },
        ],
        priority: true,
        jingle: true,
      })
      expect(pushService.connected).toBe(true)
    },
    options,
  )

  scenario(
    'nothing is nothing, and the same elements of another namespace too; an empty list of rooms is one',
    async ({ juliet, pushService }) => {
      const nothing = { away: false, muted: [], ignoreUnknown: false, rooms: undefined, priority: false, jingle: false }
      await enable(juliet)
      expect(decisions.rules).toEqual(nothing)
      const names = ['muted', 'ignore-unknown', 'groupchat', 'priority', 'jingle']
      await enable(juliet, ...names.map((name) => el(name, { xmlns: 'urn:example:other' })))
      expect(decisions.rules).toEqual(nothing)
      await enable(juliet, xml`<groupchat xmlns="${GROUPCHAT}"/>`, xml`<muted xmlns="${MUTED}"/>`)
      expect(decisions.rules).toEqual({ ...nothing, rooms: [] })
      expect(pushService.connected).toBe(true)
    },
    options,
  )
})

const room = (attributes: Readonly<Record<string, string>>): Element =>
  el('groupchat', { xmlns: GROUPCHAT }, el('room', attributes))
const coven = 'coven@muc.example'
const many = (count: number): readonly Element[] =>
  Array.from({ length: count }, (_, at) => el('item', { jid: `u${at}@example` }))

const refusals: readonly (readonly [what: string, asked: () => readonly Element[], condition: string])[] = [
  ['a muted nobody', () => [xml`<muted xmlns="${MUTED}"><item/></muted>`], 'bad-request'],
  ['an empty JID', () => [muted('')], 'bad-request'],
  ['what is no JID', () => [muted('romeo@localhost', '@@')], 'bad-request'],
  ['two lists of muted', () => [muted('romeo@localhost'), muted()], 'bad-request'],
  ['too many muted', () => [el('muted', { xmlns: MUTED }, ...many(1001))], 'resource-constraint'],
  [
    'names that are too long together',
    () => [muted(...Array.from({ length: 80 }, (_, at) => `${String(at).padEnd(900, 'x')}@example`))],
    'resource-constraint',
  ],
  ['a room without a JID', () => [room({ allow: 'always' })], 'bad-request'],
  ['a room that is no JID', () => [room({ jid: '@', allow: 'always' })], 'bad-request'],
  ['a room without allow', () => [room({ jid: coven })], 'bad-request'],
  ['a room with an unknown allow', () => [room({ jid: coven, allow: 'sometimes' })], 'bad-request'],
  ['an empty allow', () => [room({ jid: coven, allow: '' })], 'bad-request'],
  ['mentioned without a nick', () => [room({ jid: coven, allow: 'mentioned' })], 'bad-request'],
  ['a nick longer than any', () => [room({ jid: coven, allow: 'mentioned', nick: 'n'.repeat(1024) })], 'bad-request'],
  [
    'a room that is named twice',
    () => [
      xml`<groupchat xmlns="${GROUPCHAT}"><room jid="${coven}" allow="always"/><room jid="${coven}/x" allow="never"/></groupchat>`,
    ],
    'bad-request',
  ],
  ...['groupchat', 'ignore-unknown', 'priority', 'jingle'].map((name) => {
    const namespace = { groupchat: GROUPCHAT, 'ignore-unknown': UNKNOWN, priority: PRIORITY, jingle: JINGLE }[name]
    return [`two <${name}/>`, () => [1, 2].map(() => el(name, { xmlns: namespace })), 'bad-request'] as const
  }),
]

for (const [what, asked, condition] of refusals) {
  scenario(
    `${what}: ${condition}, and the registration stays as it was`,
    async ({ romeo, juliet, pushService, server }) => {
      await enable(juliet, muted('romeo@localhost'))
      await expect(enable(juliet, ...asked())).rejects.toMatchObject({ condition, constructor: Refusal })
      await juliet.leaves()
      await says(romeo, juliet, 'still muted')
      await server.idle()
      expect(pushService.connected).toBe(true)
    },
  )
}

scenario('as many as may be are taken', async ({ juliet, pushService }) => {
  const people = Array.from({ length: 1000 }, (_, at) => el('item', { jid: `u${at}@x` }))
  await enable(juliet, el('muted', { xmlns: MUTED }, ...people))
  expect(pushService.connected).toBe(true)
})

/** So many bytes of rules, give or take a few. */
const weighing = (bytes: number): Element =>
  muted(...Array.from({ length: bytes / 512 }, (_, at) => `${String(at).padEnd(500, 'x')}@example`))

scenario('all rules of one registration together are 16 KiB at most', async ({ juliet, server }) => {
  const half = weighing(8 * 1024)
  const rooms = children(half, 'item').map(({ attrs }) => el('room', { jid: attrs['jid'] as string, allow: 'always' }))
  await enable(juliet, half)
  await expect(enable(juliet, half, el('groupchat', { xmlns: GROUPCHAT }, ...rooms))).rejects.toMatchObject({
    condition: 'resource-constraint',
  })
  expect(await server.registrations()).toHaveLength(1)
})

scenario('those of all registrations of an account are 128 KiB at most', async ({ juliet, romeo, server }) => {
  const enables = (user: User, node: number, ...asked: readonly Element[]) =>
    user.asks(
      xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">${asked}</enable></iq>`,
    )
  const heavy = weighing(15 * 1024)
  for (let node = 0; node < 8; node += 1) await enables(juliet, node, heavy)
  await expect(enables(juliet, 8, heavy)).rejects.toMatchObject({ condition: 'resource-constraint' })
  await enables(juliet, 7, heavy)
  await enables(juliet, 8, muted('romeo@localhost'))
  await enables(romeo, 1, heavy)
  expect(await server.registrations()).toHaveLength(10)
})

scenario(
  'who is muted makes no push, nor does a call of theirs',
  async ({ romeo, tybalt, juliet, pushService, server }) => {
    await enable(juliet, muted('romeo@localhost'))
    await juliet.leaves()
    await says(romeo, juliet, 'Art thou there?')
    await calls(romeo, juliet)
    await server.idle()
    await says(tybalt, juliet, 'Peace?')
    expect(openSealed(await pushService.next(), key).json['message']).toBe('Peace?')
  },
)

scenario('the last enable holds: whom it does not mute, it is told of', async ({ romeo, juliet, pushService }) => {
  await enable(juliet, muted('romeo@localhost'))
  await enable(juliet)
  await juliet.leaves()
  await says(romeo, juliet, 'Art thou there?')
  await pushService.next()
})

scenario(
  'whom the roster does not have makes no push; a contact of any subscription does, and so does a message to oneself',
  async ({ romeo, tybalt, juliet, pushService, server }) => {
    await enable(juliet, xml`<ignore-unknown xmlns="${UNKNOWN}"/>`)
    const desktop = await juliet.also('desktop')
    await juliet.leaves()
    await tybalt.sends(xml`<presence to="${juliet.account}" type="subscribe"/>`)
    await says(tybalt, juliet, 'Peace?')
    await calls(tybalt, juliet)
    await server.idle()
    await desktop.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="${romeo.account}"/></query></iq>`)
    await says(romeo, juliet, 'Art thou there?')
    expect(openSealed(await pushService.next(), key).json['message']).toBe('Art thou there?')
    await says(desktop, juliet, 'Buy poison')
    expect(openSealed(await pushService.next(), key).json['message']).toBe('Buy poison')
    desktop.forgets()
    tybalt.forgets()
  },
)

scenario(
  'an invitation by a room is judged by who invites, where it is a room that says so',
  async ({ romeo, tybalt, juliet, pushService, server }) => {
    await juliet.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="${romeo.account}"/></query></iq>`)
    await enable(juliet, xml`<ignore-unknown xmlns="${UNKNOWN}"/>`)
    await juliet.leaves()
    const invitation = (by: User): Element =>
      xml`<x xmlns="http://jabber.org/protocol/muc#user"><invite from="${by.jid}"/></x>`
    const fromRoom = (by: User): Element =>
      xml`<message from="coven@${service}" to="${juliet.account}">${invitation(by)}</message>`
    await pushService.sends(fromRoom(tybalt))
    await tybalt.sends(xml`<message to="${juliet.account}">${invitation(romeo)}</message>`)
    await server.idle()
    await pushService.sends(fromRoom(romeo))
    expect(openSealed(await pushService.next(), key).json).toMatchObject({
      sender: `coven@${service}`,
      message: 'You are invited to a room',
      unread: 1,
    })
  },
)

describe('priority', () => {
  const omemo = `<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/><payload>AA==</payload></encrypted>`
  const told: readonly (readonly [what: string, inside: () => Element])[] = [
    ['a message', () => xml`<body>Art thou there?</body>`],
    ['an OMEMO message', () => parse(omemo)],
    ['a call', () => xml`<propose xmlns="urn:xmpp:jingle-message:0" id="s1"/>`],
    ['an invitation', () => xml`<x xmlns="jabber:x:conference" jid="${coven}"/>`],
  ]
  for (const [what, inside] of told) {
    scenario(
      `${what} is as urgent as any other, and that stands beside the seal`,
      async ({ romeo, juliet, pushService }) => {
        await enable(juliet, xml`<priority xmlns="${PRIORITY}"/>`)
        await juliet.leaves()
        await romeo.sends(xml`<message to="${juliet.account}" type="chat">${inside()}</message>`)
        const notification = notificationOf(await pushService.next())
        expect(notification.getChildElements().map(({ name }) => name)).toEqual(['encrypted', 'priority'])
        expect(child(notification, 'priority', PRIORITY)?.getText()).toBe('high')
      },
    )
  }

  scenario('nobody is told how urgent it is who did not ask', async ({ romeo, juliet, pushService }) => {
    await enable(juliet)
    await juliet.leaves()
    await says(romeo, juliet, 'Art thou there?')
    expect(notificationOf(await pushService.next()).getChild('priority', PRIORITY)).toBeUndefined()
  })

  scenario('what is not sealed says it beside the form', async ({ romeo, juliet, pushService }) => {
    await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}">
      <priority xmlns="${PRIORITY}"/></enable></iq>`)
    await juliet.leaves()
    await says(romeo, juliet, 'Art thou there?')
    const names = notificationOf(await pushService.next()).getChildElements()
    expect(names.map(({ name }) => name)).toEqual(['x', 'priority'])
  })
})

scenario(
  'a client that rings by push alone is pushed a call that it was handed, and no message',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, xml`<jingle xmlns="${JINGLE}"/>`)
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    await says(romeo, juliet, 'Art thou there?')
    await calls(romeo, juliet)
    expect(openSealed(await pushService.next(), key).json).toMatchObject({ type: 'call', sid: 's1', unread: 1 })
    await server.idle()
    juliet.forgets()
  },
)

/** docs/spec-notes.md: what Siskin sends. */
function siskin(): Element {
  const [, found = ''] = /^```xml siskin\n(.*?)^```/ms.exec(readFileSync('docs/spec-notes.md', 'utf8')) ?? []
  return parse(found)
}

test('the notes show what Siskin asks for, with all that it may ask for', () => {
  const [enableElement] = siskin().getChildElements()
  const asked = enableElement?.getChildElements().map((element) => String(element.attrs['xmlns']))
  expect(asked).toEqual(expect.arrayContaining([MUTED, UNKNOWN, GROUPCHAT, PRIORITY, JINGLE, 'tigase:push:encrypt:0']))
})

const heard = new Decisions()

scenario(
  'Siskin is told by its own rules',
  async ({ romeo, paris, juliet, pushService, server }) => {
    await juliet.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="${romeo.account}"/></query></iq>`)
    await juliet.asks(siskin())
    await juliet.leaves()
    await says(paris, juliet, 'muted')
    await server.idle()
    await says(romeo, juliet, 'Art thou there?')
    const publish = await pushService.next()
    expect(
      notificationOf(publish)
        .getChildElements()
        .map(({ name }) => name),
    ).toEqual(['encrypted', 'priority'])
    expect(heard.whys).toEqual(['its sender is muted', 'push'])
  },
  { extensions: [heard.extension] },
)
