// Contract §4.2, calls: whoever calls somebody whom nobody can tell hears of it, once, if they may know; and nothing rings that is over.

import { expect } from 'vitest'
import type { Element } from '../../server/xml.js'
import { Decisions } from '../helpers/decisions.js'
import { RawClient } from '../helpers/raw-client.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()

const enable = (user: User, node = 'n1', ...asked: readonly Element[]): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>${asked}</enable></iq>`)

const signal = (user: User, to: string, name: string, sid = 's1'): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat" id="${`${name}-${sid}`}"><${name} xmlns="urn:xmpp:jingle-message:0" id="${sid}">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></${name}><store xmlns="urn:xmpp:hints"/></message>`)

/** From now on `caller` sees the presence of `called`. Neither is available. */
async function befriend(caller: User, called: User): Promise<void> {
  await caller.sends(xml`<presence type="subscribe" to="${called.account}"/>`)
  await called.sends(xml`<presence type="subscribed" to="${caller.account}"/>`)
  await Promise.all(
    [caller, called].map((user) => user.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)),
  )
  caller.forgets()
  called.forgets()
}

const unreached = (caller: User, from: string, sid = 's1'): Element =>
  xml`<message type="error" from="${from}" to="${caller.jid}" id="${`propose-${sid}`}"><error type="wait">
    <recipient-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>
    <text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">nobody could be told of the call</text></error></message>`

scenario(
  'a call to somebody who is away and has no push is answered, and waits for them all the same',
  async ({ romeo, juliet, server }) => {
    await befriend(romeo, juliet)
    await juliet.leaves()
    await signal(romeo, juliet.account, 'propose')
    await romeo.receives(unreached(romeo, juliet.account))
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    const seen = [await juliet.next(), await juliet.next()]
    expect(seen.find(({ name }) => name === 'message')?.getChild('propose')?.attrs['id']).toBe('s1')
    await server.idle()
    romeo.forgets()
  },
)

scenario('a call to a session that is gone is answered from there', async ({ romeo, juliet, server }) => {
  await befriend(romeo, juliet)
  const { jid } = juliet
  await juliet.leaves()
  await signal(romeo, jid, 'propose')
  await romeo.receives(unreached(romeo, jid))
  await server.idle()
})

scenario(
  'who may not see the presence of whom they call learns nothing of it by a call',
  async ({ romeo, juliet, server }) => {
    await befriend(juliet, romeo)
    await juliet.leaves()
    await signal(romeo, juliet.account, 'propose')
    await server.idle()
  },
)

scenario('what is no call is answered by nobody', async ({ romeo, juliet, server }) => {
  await befriend(romeo, juliet)
  await juliet.leaves()
  for (const name of ['retract', 'accept', 'ringing']) await signal(romeo, juliet.account, name)
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
  await server.idle()
})

scenario('a call that a session takes is its to answer', async ({ romeo, juliet, server }) => {
  await befriend(romeo, juliet)
  await juliet.sends(xml`<presence/>`)
  await signal(romeo, juliet.account, 'propose')
  await server.idle()
  juliet.forgets()
  romeo.forgets()
})

scenario('a call that a push came through for is not answered', async ({ romeo, juliet, pushService, server }) => {
  await befriend(romeo, juliet)
  await enable(juliet)
  await juliet.leaves()
  await signal(romeo, juliet.account, 'propose')
  expect(openSealed(await pushService.next(), key).json['sid']).toBe('s1')
  await server.idle()
})

scenario(
  'a call for which every push was refused is answered, once',
  async ({ romeo, juliet, pushService, server }) => {
    await befriend(romeo, juliet)
    await enable(juliet, 'n1')
    await enable(juliet, 'n2')
    await juliet.leaves()
    pushService.answers({ error: 'item-not-found' })
    await signal(romeo, juliet.account, 'propose')
    await pushService.next()
    await pushService.next()
    await romeo.receives(unreached(romeo, juliet.account))
    await server.idle()
  },
)

scenario('one push that came through is enough', async ({ romeo, juliet, pushService, server }) => {
  await befriend(romeo, juliet)
  await enable(juliet, 'n1')
  await enable(juliet, 'n2')
  await juliet.leaves()
  let count = 0
  pushService.answers(() => ((count += 1) === 1 ? { error: 'item-not-found' } : 'result'))
  await signal(romeo, juliet.account, 'propose')
  await pushService.next()
  await pushService.next()
  await server.idle()
})

scenario(
  'a call of somebody who is muted is answered as one that nobody hears',
  async ({ romeo, juliet, pushService, server }) => {
    await befriend(romeo, juliet)
    await enable(juliet, 'n1', xml`<muted xmlns="tigase:push:filter:muted:0"><item jid="${romeo.account}"/></muted>`)
    await juliet.leaves()
    await signal(romeo, juliet.account, 'propose')
    await romeo.receives(unreached(romeo, juliet.account))
    await server.idle()
    expect(pushService.connected).toBe(true)
  },
)

scenario('a call that was taken back is not answered', async ({ romeo, juliet, pushService, server }) => {
  await befriend(romeo, juliet)
  await enable(juliet)
  await juliet.leaves()
  await pushService.leaves()
  await signal(romeo, juliet.account, 'propose')
  await signal(romeo, juliet.account, 'retract')
  await server.idle()
  await pushService.arrives()
  await server.idle()
})

scenario(
  'a call that was collected before any push came through is not answered',
  async ({ romeo, juliet, pushService, server }) => {
    await befriend(romeo, juliet)
    await enable(juliet)
    await juliet.leaves()
    await pushService.leaves()
    await signal(romeo, juliet.account, 'propose')
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await server.idle()
    const messages = [await juliet.next(), await juliet.next()].filter(({ name }) => name === 'message')
    expect(messages).toHaveLength(1)
  },
)

const decisions = new Decisions()

for (const [how, end] of [
  ['taken back', 'retract'],
  ['accepted elsewhere', 'proceed'],
] as const) {
  scenario(
    `a call that was ${how} does not ring when the connection that it was handed to is found dead`,
    async ({ romeo, juliet, pushService, server }) => {
      decisions.forgets()
      await befriend(romeo, juliet)
      await enable(juliet)
      const desktop = await juliet.also('desktop')
      await juliet.leaves()
      const dead = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
      await dead.logsIn('juliet', juliet.password, 'test')
      dead.send('<presence xmlns="jabber:client"/>')
      await dead.next()
      await signal(romeo, juliet.account, 'propose')
      for (let stanza = await dead.next(); stanza.getChild('propose') === undefined;) stanza = await dead.next()
      if (end === 'retract') await signal(romeo, juliet.account, end)
      else await signal(desktop, romeo.jid, end)
      for (const user of [romeo, desktop])
        await user.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
      dead.leaves()
      await dead.closed
      await server.idle()
      romeo.forgets()
      expect(decisions.whys).toContain('the call is over')
      expect(decisions.whys).not.toContain('push')
      expect(pushService.connected).toBe(true)
    },
    { extensions: [decisions.extension] },
  )
}

scenario('a call that died with the connection it was handed to is answered', async ({ romeo, juliet, server }) => {
  await befriend(romeo, juliet)
  await juliet.leaves()
  const dead = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
  await dead.logsIn('juliet', juliet.password, 'test')
  dead.send('<presence xmlns="jabber:client"/>')
  await dead.next()
  await signal(romeo, juliet.account, 'propose')
  for (let stanza = await dead.next(); stanza.getChild('propose') === undefined;) stanza = await dead.next()
  dead.leaves()
  await dead.closed
  for (let stanza = await romeo.next(); ; stanza = await romeo.next()) {
    if (stanza.name !== 'message') continue
    expect(stanza.attrs['type']).toBe('error')
    break
  }
  await server.idle()
  romeo.forgets()
})
