// Contract §4.2: written is not received. What no answer confirmed is kept, and makes its push; who reads live touches no disk.

import { expect } from 'vitest'
import type { Element } from '../../server/xml.js'
import { RawClient } from '../helpers/raw-client.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()

const enable = (user: User, attributes: { readonly away?: string } = {}): Promise<Element> => {
  const question = xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${user.jid}">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt></enable></iq>`
  const element = question.getChild('enable')
  if (element !== undefined && attributes.away !== undefined) element.attrs['away'] = attributes.away
  return user.asks(question)
}

const says = (user: User, to: string, body: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>${body}</body></message>`)

/** A client of the account that reads, but answers no ping. */
async function silentClient(server: { readonly url: string }, user: User, resource = 'silent'): Promise<RawClient> {
  const client = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
  await client.logsIn(user.account.split('@')[0] ?? '', user.password, resource)
  client.send('<presence xmlns="jabber:client"/>')
  await client.next()
  return client
}

async function nextMessage(user: { next(): Promise<Element> }): Promise<Element> {
  let stanza = await user.next()
  while (stanza.name !== 'message') stanza = await user.next()
  return stanza
}

/** Whatever was sent to the user before has been read. A client that answers no ping would keep idle() waiting. */
const ping = (user: User): Promise<Element> =>
  user.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)

const idOf = (message: Element): unknown => message.getChild('stanza-id')?.attrs['id']

scenario(
  'a message handed to a connection that died without a word comes again, under the same id',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    const dead = await silentClient(server, juliet)
    await says(romeo, juliet.account, 'Art thou there?')
    const first = await nextMessage(dead)
    dead.leaves()
    await dead.closed
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    const again = await nextMessage(juliet)
    expect([again.getChildText('body'), idOf(again)]).toEqual(['Art thou there?', idOf(first)])
    expect(again.getChild('delay')).toBeDefined()
    await server.idle()
    juliet.forgets()
  },
)

scenario(
  'what a connection took with it comes again in order, before what came later',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    const dead = await silentClient(server, juliet)
    for (const body of ['one', 'two', 'three']) await says(romeo, juliet.account, body)
    for (let count = 0; count < 3; count += 1) await nextMessage(dead)
    dead.leaves()
    await dead.closed
    await server.idle()
    await says(romeo, juliet.account, 'four')
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    const bodies: (string | null)[] = []
    while (bodies.length < 4) bodies.push((await nextMessage(juliet)).getChildText('body'))
    expect(bodies).toEqual(['one', 'two', 'three', 'four'])
    await server.idle()
    juliet.forgets()
  },
)

scenario(
  'a message handed to a connection that died makes its push',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    const dead = await silentClient(server, juliet, 'test')
    await says(romeo, juliet.account, 'Art thou there?')
    const first = await nextMessage(dead)
    dead.leaves()
    const { json } = openSealed(await pushService.next(), key)
    expect(json).toMatchObject({ message: 'Art thou there?', id: idOf(first), unread: 1 })
  },
)

scenario(
  'a session that keeps silent is ended, and its messages are kept and pushed',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    const silent = await silentClient(server, juliet, 'test')
    await says(romeo, juliet.account, 'Art thou there?')
    await nextMessage(silent)
    expect((await silent.next()).getChildElements()[0]?.name).toBe('connection-timeout')
    expect(openSealed(await pushService.next(), key).json['message']).toBe('Art thou there?')
    await silent.closed
  },
  { config: { limits: { answerSeconds: 0.3 } } },
)

scenario('what one client answered for does not come again because another died', async ({ romeo, juliet, server }) => {
  await juliet.sends(xml`<presence/>`)
  await juliet.next()
  const dead = await silentClient(server, juliet)
  await says(romeo, juliet.account, 'Art thou there?')
  await nextMessage(juliet)
  await nextMessage(dead)
  await juliet.leaves()
  dead.leaves()
  await dead.closed
  await server.idle()
  juliet.forgets()
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
  await server.idle()
})

scenario(
  'what a polite client has read just before it closed does not come again',
  async ({ romeo, juliet, server }) => {
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    await says(romeo, juliet.account, 'Art thou there?')
    await nextMessage(juliet)
    await juliet.leaves()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${juliet.account}"/>`)
    await server.idle()
  },
)

scenario(
  'a message to a connection that dies goes to the session that came meanwhile',
  async ({ romeo, juliet, server }) => {
    await juliet.leaves()
    const dead = await silentClient(server, juliet)
    await says(romeo, juliet.account, 'Art thou there?')
    await nextMessage(dead)
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await ping(juliet)
    juliet.forgets()
    dead.leaves()
    expect((await nextMessage(juliet)).getChildText('body')).toBe('Art thou there?')
    await server.idle()
    juliet.forgets()
  },
)

/** The phone has registered and is away; the desktop is online, perhaps with a show. */
async function phoneAndDesktop(
  juliet: User,
  options: { readonly away?: string; readonly show?: string } = {},
): Promise<User> {
  const phone = await juliet.also('phone')
  await enable(phone, options)
  await phone.leaves()
  const show = options.show === undefined ? [] : [xml`<show>${options.show}</show>`]
  await juliet.sends(xml`<presence>${show}</presence>`)
  await juliet.next()
  return phone
}

const rules: readonly (readonly [
  rule: 'always' | 'away' | 'never',
  away: string | undefined,
  show: string | undefined,
  isPushed: boolean,
])[] = [
  ['always', undefined, undefined, true],
  ['away', undefined, undefined, false],
  ['away', undefined, 'dnd', false],
  ['away', undefined, 'away', true],
  ['away', undefined, 'xa', true],
  ['never', undefined, 'away', false],
  ['always', 'true', undefined, false],
  ['always', '1', 'away', true],
  ['never', 'true', 'xa', true],
  ['never', 'false', 'xa', false],
]

for (const [rule, away, show, isPushed] of rules) {
  const asked = away === undefined ? '' : `, the registration asks for away='${away}'`
  scenario(
    `others online (${show ?? 'here'}), the rule is ${rule}${asked}: ${isPushed ? 'a push' : 'no push'}`,
    async ({ romeo, juliet, pushService, server }) => {
      await phoneAndDesktop(juliet, {
        ...(away === undefined ? {} : { away }),
        ...(show === undefined ? {} : { show }),
      })
      await says(romeo, juliet.account, 'Art thou there?')
      const live = await nextMessage(juliet)
      if (isPushed) expect(openSealed(await pushService.next(), key).json).toMatchObject({ id: idOf(live), unread: 1 })
      await server.idle()
      expect(pushService.connected).toBe(true)
    },
    { config: { push: { whenOthersOnline: rule } } },
  )
}

scenario(
  'the phone that died gets its push, though the desktop has the message, and gets it once',
  async ({ romeo, juliet, pushService, server }) => {
    const phone = await phoneAndDesktop(juliet)
    await phone.leaves()
    const dead = await silentClient(server, juliet, 'phone')
    await ping(juliet)
    juliet.forgets()
    await says(romeo, juliet.account, 'Art thou there?')
    await nextMessage(juliet)
    await nextMessage(dead)
    dead.leaves()
    expect(openSealed(await pushService.next(), key).json['message']).toBe('Art thou there?')
    await server.idle()
    juliet.forgets()
  },
)

scenario('away is a boolean', async ({ juliet, server }) => {
  await expect(enable(juliet, { away: 'perhaps' })).rejects.toMatchObject({ condition: 'bad-request' })
  expect(await server.registrations()).toEqual([])
})
