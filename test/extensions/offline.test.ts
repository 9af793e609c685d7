// XEP-0160 with the contract's rule: written is not received. What waits is handed over in order, and goes at the answer.

import { expect } from 'vitest'
import { any, scenario, type User, xml } from '../helpers/scenario.js'
import { RawClient } from '../helpers/raw-client.js'
import { defineExtension } from '../../server/extension.js'
import type { Element } from '../../server/xml.js'

const says = (user: User, to: string, body: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>${body}</body></message>`)

/** The value, after so many turns of the event loop. */
async function later<T>(value: T, turns: number): Promise<T> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  return value
}

const bodyOf = (stanza: Element): string | undefined => stanza.getChildText('body') ?? undefined

/** Sends presence, and gives the bodies of so many messages, in the order in which they came. */
async function collects(user: User, count: number): Promise<readonly (string | undefined)[]> {
  await user.sends(xml`<presence/>`)
  const bodies: (string | undefined)[] = []
  while (bodies.length < count) {
    const stanza = await user.next()
    if (stanza.name === 'message') bodies.push(bodyOf(stanza))
  }
  return bodies
}

scenario(
  'messages wait for an absent contact, in order, with the time at which they came',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    for (const body of ['one', 'two', 'three']) await says(romeo, juliet.account, body)
    await juliet.arrives()
    expect(await collects(juliet, 3)).toEqual(['one', 'two', 'three'])
    await server.idle()
    juliet.forgets()
  },
)

scenario('what was collected does not come again', async ({ romeo, juliet, server }) => {
  await juliet.leaves()
  await says(romeo, juliet.account, 'one')
  await juliet.arrives()
  await collects(juliet, 1)
  await server.idle()
  juliet.forgets()
  await juliet.leaves()
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
  await server.idle()
})

scenario(
  'a session of negative priority collects nothing, until its priority is not negative any more',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    await says(romeo, juliet.account, 'one')
    await juliet.arrives()
    await juliet.sends(xml`<presence><priority>-1</priority></presence>`)
    await juliet.next()
    await server.idle()
    juliet.expectEmpty()
    expect(await collects(juliet, 1)).toEqual(['one'])
    await server.idle()
    juliet.forgets()
  },
)

scenario('a message that was kept bears the delay and its stanza-id', async ({ romeo, juliet }) => {
  await juliet.leaves()
  await says(romeo, juliet.account, 'one')
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  await juliet.receivesAll(
    xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`,
    xml`<message type="chat" from="${romeo.jid}" to="${juliet.account}"><body>one</body>
      <stanza-id xmlns="urn:xmpp:sid:0" by="${juliet.account}" id="${any}"/>
      <delay xmlns="urn:xmpp:delay" from="localhost" stamp="${any}"/></message>`,
  )
})

scenario(
  'a reader that goes before it has answered loses nothing, and gets the same message under the same id',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    await says(romeo, juliet.account, 'one')
    const silent = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
    await silent.logsIn('juliet', juliet.password, 'silent')
    silent.send('<presence xmlns="jabber:client"/>')
    let first = await silent.next()
    while (first.name !== 'message') first = await silent.next()
    silent.leaves()
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    let again = await juliet.next()
    while (again.name !== 'message') again = await juliet.next()
    expect(again.getChild('stanza-id')?.attrs['id']).toBe(first.getChild('stanza-id')?.attrs['id'])
    await server.idle()
    juliet.forgets()
  },
)

scenario(
  'a reader that closes politely has answered: what it collected does not come again',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    await says(romeo, juliet.account, 'one')
    await juliet.arrives()
    await collects(juliet, 1)
    await juliet.leaves()
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
    await server.idle()
  },
)

scenario(
  'a full box refuses more, and keeps what it has',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    for (const body of ['one', 'two', 'three']) await says(romeo, juliet.account, body)
    await romeo.receives(xml`<message type="error" from="${juliet.account}" to="${romeo.jid}"><error type="cancel">
      <service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>`)
    await juliet.arrives()
    expect(await collects(juliet, 2)).toEqual(['one', 'two'])
    await server.idle()
    juliet.forgets()
  },
  { config: { limits: { offlineMessages: 2 } } },
)

const passing: readonly (readonly [what: string, type: string, inside: string])[] = [
  ['a chat state', 'chat', '<active xmlns="http://jabber.org/protocol/chatstates"/><thread>t</thread>'],
  ['a message that asks not to be kept', 'chat', '<body>psst</body><no-store xmlns="urn:xmpp:hints"/>'],
  ['a headline', 'headline', '<body>News</body>'],
  ['nothing at all', 'chat', ''],
]

for (const [what, type, inside] of passing) {
  scenario(`${what} is not kept, and nobody is told`, async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    const text = `<message to="${juliet.account}" type="${type}">${inside}</message>`
    await romeo.sends(xml(Object.assign([text], { raw: [text] })))
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
    await server.idle()
  })
}

scenario('what moves OMEMO keys alone is kept', async ({ romeo, juliet, server }) => {
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat">
    <encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"><key rid="2">AAAA</key></header></encrypted></message>`)
  await juliet.arrives()
  await collects(juliet, 1)
  await server.idle()
  juliet.forgets()
})

scenario('what comes while messages are handed over goes after them', async ({ romeo, juliet, server }) => {
  await juliet.leaves()
  const bodies = Array.from({ length: 150 }, (_, index) => String(index))
  for (const body of bodies.slice(0, 100)) await says(romeo, juliet.account, body)
  await juliet.arrives()
  const collected = collects(juliet, 150)
  for (const body of bodies.slice(100)) await says(romeo, juliet.account, body)
  expect(await collected).toEqual(bodies)
  await server.idle()
  juliet.forgets()
})

scenario(
  'a box of many megabytes is handed over in portions, and what comes meanwhile goes after it',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    const large = 'x'.repeat(200_000)
    for (let count = 0; count < 25; count += 1) await says(romeo, juliet.account, `${String(count)} ${large}`)
    await server.idle()
    await juliet.arrives()
    const collected = collects(juliet, 50)
    for (let count = 25; count < 50; count += 1) {
      await says(romeo, juliet.account, `${String(count)} late`)
      await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    }
    expect((await collected).map((body) => Number(body?.split(' ', 1)[0]))).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    )
    await server.idle()
    juliet.forgets()
  },
)

scenario(
  'a reader whose answer is late, and who came back meanwhile, still gets what was kept while it was away',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    await says(romeo, juliet.account, 'one')
    const late = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
    const questions: Buffer[] = []
    late.socket.on('ping', (question) => questions.push(question))
    await late.logsIn('juliet', juliet.password, 'late')
    const body = async (): Promise<string | null> => {
      let stanza = await late.next()
      while (stanza.name !== 'message') stanza = await late.next()
      return stanza.getChildText('body')
    }
    late.send('<presence xmlns="jabber:client"/>')
    expect(await body()).toBe('one')
    late.send('<presence xmlns="jabber:client" type="unavailable"/>')
    late.send('<iq xmlns="jabber:client" type="get" id="p" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>')
    while ((await late.next()).attrs['id'] !== 'p') continue
    await says(romeo, juliet.account, 'two')
    await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    late.send('<presence xmlns="jabber:client"/>')
    late.socket.on('ping', (question) => late.socket.pong(question))
    for (const question of questions) late.socket.pong(question)
    expect(await body()).toBe('two')
    late.leaves()
    await late.closed
    await server.idle()
  },
)

scenario('a message that asks for no permanent store waits all the same', async ({ romeo, juliet, server }) => {
  await juliet.leaves()
  await romeo.sends(
    xml`<message to="${juliet.account}" type="chat"><body>one</body><no-permanent-store xmlns="urn:xmpp:hints"/></message>`,
  )
  await juliet.arrives()
  expect(await collects(juliet, 1)).toEqual(['one'])
  await server.idle()
  juliet.forgets()
})

scenario(
  'messages are kept in the order in which they came, however long it takes to find out who is owed a push for each',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    const bodies = Array.from({ length: 20 }, (_, index) => String(index))
    const raw = await RawClient.connect(server.url)
    await raw.logsIn('romeo', romeo.password)
    for (const body of bodies) {
      raw.send(`<message xmlns="jabber:client" to="${juliet.account}" type="chat"><body>${body}</body></message>`)
    }
    raw.send('<iq xmlns="jabber:client" type="get" id="p" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>')
    await raw.next()
    raw.leaves()
    await juliet.arrives()
    expect(await collects(juliet, 20)).toEqual(bodies)
    await server.idle()
    juliet.forgets()
  },
  {
    extensions: [
      defineExtension({
        name: 'slow',
        on: {
          'message:debts': async (debts, { message }) =>
            later(debts, 100 * (20 - Number(message.content.find('body', 'jabber:client')?.getText()))),
        },
      }),
    ],
  },
)
