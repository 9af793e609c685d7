// RFC 6121 §8: which sessions get a message, or nobody; XEP-0359: under which id.

import { expect } from 'vitest'
import { any, scenario, type User, xml } from '../helpers/scenario.js'
import type { Element } from '../../server/xml.js'

const present = async (user: User, priority = 0): Promise<void> => {
  await user.sends(xml`<presence><priority>${priority}</priority></presence>`)
  await user.next()
}

/** The same account on several devices, each with its priority; every inbox is empty afterwards. */
async function devices(
  user: User,
  server: { idle(): Promise<void> },
  ...priorities: readonly number[]
): Promise<readonly User[]> {
  const others: User[] = []
  for (const [index, priority] of priorities.entries()) {
    const device = index === 0 ? user : await user.also(`device${index}`)
    await device.sends(xml`<presence><priority>${priority}</priority></presence>`)
    others.push(device)
  }
  await server.idle()
  for (const device of others) device.forgets()
  return others
}

const message = (to: string, type: string, body = 'hist!'): Element =>
  type === 'normal'
    ? xml`<message to="${to}"><body>${body}</body></message>`
    : xml`<message to="${to}" type="${type}"><body>${body}</body></message>`

const stanzaId = (account: string): Element => xml`<stanza-id xmlns="urn:xmpp:sid:0" by="${account}" id="${any}"/>`

/** As it arrives: what is worth keeping bears the id under which it would be kept. */
const arriving = (from: User, to: string, type: string): Element => {
  const expected = message(to, type)
  expected.attrs['from'] = from.jid
  if (type === 'chat' || type === 'normal') expected.cnode(stanzaId(to.split('/', 1)[0] ?? ''))
  return expected
}

for (const type of ['chat', 'normal', 'headline']) {
  scenario(
    `a ${type} message to the account goes to every session that is not negative`,
    async ({ romeo, juliet, server }) => {
      const [one, two, negative] = await devices(juliet, server, 0, 5, -1)
      await romeo.sends(message(juliet.account, type))
      await one?.receives(arriving(romeo, juliet.account, type))
      await two?.receives(arriving(romeo, juliet.account, type))
      await server.idle()
      negative?.expectEmpty()
    },
  )
}

for (const type of ['chat', 'normal', 'headline', 'groupchat']) {
  scenario(
    `a ${type} message to a resource goes to that resource alone, also if its priority is negative`,
    async ({ romeo, juliet, server }) => {
      const [, other] = await devices(juliet, server, 0, -1)
      if (other === undefined) throw new Error('there are two devices')
      await romeo.sends(message(other.jid, type))
      await other.receives(arriving(romeo, other.jid, type))
      await server.idle()
      juliet.expectEmpty()
    },
  )
}

for (const type of ['chat', 'normal']) {
  scenario(`a ${type} message to a resource that is gone goes to the account`, async ({ romeo, juliet }) => {
    await present(juliet)
    const to = `${juliet.account}/gone`
    await romeo.sends(message(to, type))
    await juliet.receives(arriving(romeo, to, type))
  })
}

for (const type of ['headline', 'error']) {
  scenario(
    `a message of type ${type} to a resource that is gone goes nowhere, without a word`,
    async ({ romeo, juliet, server }) => {
      await present(juliet)
      await romeo.sends(message(`${juliet.account}/gone`, type))
      await romeo.sends(message(`nobody@localhost/gone`, type))
      await server.idle()
    },
  )
}

scenario('a message of type error to the account goes nowhere', async ({ romeo, juliet, server }) => {
  await present(juliet)
  await romeo.sends(message(juliet.account, 'error'))
  await server.idle()
})

scenario('a groupchat message that is not for a session there is refused', async ({ romeo, juliet }) => {
  await present(juliet)
  for (const to of [juliet.account, `${juliet.account}/gone`]) {
    await romeo.sends(message(to, 'groupchat'))
    await romeo.receives(xml`<message type="error" from="${to}" to="${romeo.jid}"><error type="cancel">
      <service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>`)
  }
})

for (const [whom, to, condition, type] of [
  ['a user who does not exist', 'nobody@localhost', 'service-unavailable', 'cancel'],
  ['the server itself', 'localhost', 'service-unavailable', 'cancel'],
  ['a domain that nobody knows', 'juliet@elsewhere.example', 'remote-server-not-found', 'cancel'],
  ['a component that is not connected', 'anybody@gateway.localhost', 'service-unavailable', 'cancel'],
] as const) {
  scenario(
    `a message to ${whom} is answered with ${condition}`,
    async ({ romeo }) => {
      const sent = message(to, 'chat')
      sent.attrs['id'] = 'm1'
      await romeo.sends(sent)
      const answer = await romeo.receives(
        xml`<message type="error" id="m1" from="${to}" to="${romeo.jid}">${errorOf(condition, type)}</message>`,
      )
      expect(answer.attrs['type']).toBe('error')
    },
    { config: { components: { 'gateway.localhost': 'secret' } } },
  )
}

function errorOf(condition: string, type: string): Element {
  const text = `<error xmlns="jabber:client" type="${type}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
  return xml(Object.assign([text], { raw: [text] }))
}

scenario('a message without `to` is one to the own account', async ({ romeo }) => {
  await present(romeo)
  await romeo.sends(xml`<message type="chat"><body>note</body></message>`)
  await romeo.receives(
    xml`<message type="chat" from="${romeo.jid}" to="${romeo.account}"><body>note</body>${stanzaId(romeo.account)}</message>`,
  )
})

scenario('a message of an unknown type is a normal one', async ({ romeo, juliet }) => {
  await present(juliet)
  await romeo.sends(message(juliet.account, 'whisper'))
  await juliet.receives(arriving(romeo, juliet.account, 'normal'))
})

scenario('what the sender wrote arrives as it was written', async ({ romeo, juliet }) => {
  await present(juliet)
  const inside = xml`<message to="${juliet.account}" type="chat" id="${'a "quoted" & <odd> id'}" xml:lang="it">
    <subject>Verona</subject><body>${'O Romeo & <Juliet> ]]\u003e "quoted" 🥀'}</body><thread parent="p">t</thread>
    <x:foreign xmlns:x="urn:example:x" x:attribute="1"><x:inside>deep</x:inside></x:foreign></message>`
  await romeo.sends(inside)
  inside.attrs['from'] = romeo.jid
  inside.cnode(stanzaId(juliet.account))
  await juliet.receives(inside)
})

scenario(
  'a stanza-id forged in the name of the account is removed, one of somebody else stays',
  async ({ romeo, juliet }) => {
    await present(juliet)
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body>
    <stanza-id xmlns="urn:xmpp:sid:0" by="${juliet.account}" id="forged"/>
    <stanza-id xmlns="urn:xmpp:sid:0" by="JULIET@LocalHost" id="forged in other letters"/>
    <stanza-id xmlns="urn:xmpp:sid:0" by="room@muc.example" id="theirs"/></message>`)
    await juliet.receives(xml`<message from="${romeo.jid}" to="${juliet.account}" type="chat"><body>hist!</body>
    <stanza-id xmlns="urn:xmpp:sid:0" by="room@muc.example" id="theirs"/>${stanzaId(juliet.account)}</message>`)
  },
)

scenario('a component speaks for its domain, both ways', async ({ romeo, pushService }) => {
  await present(romeo)
  await romeo.sends(message(`somebody@${pushService.jid}`, 'chat'))
  await pushService.receives(
    xml`<message xmlns="jabber:component:accept" type="chat" from="${romeo.jid}" to="somebody@${pushService.jid}"><body>hist!</body></message>`,
  )
  await pushService.sends(
    xml`<message xmlns="jabber:component:accept" type="chat" from="somebody@${pushService.jid}/r" to="${romeo.account}"><body>aye</body></message>`,
  )
  await romeo.receives(
    xml`<message type="chat" from="somebody@${pushService.jid}/r" to="${romeo.account}"><body>aye</body>${stanzaId(romeo.account)}</message>`,
  )
})

scenario(
  'an iq between two sessions goes through, and one to a session that is gone is refused',
  async ({ romeo, juliet }) => {
    await romeo.asks(xml`<iq type="get" to="${juliet.jid}"><ping xmlns="urn:xmpp:ping"/></iq>`)
    expect((await juliet.next()).getChild('ping')).toBeDefined()
    await expect(
      romeo.asks(xml`<iq type="get" to="${juliet.account}/gone"><ping xmlns="urn:xmpp:ping"/></iq>`),
    ).rejects.toMatchObject({ condition: 'service-unavailable' })
  },
)
