// Unavailable on every kind of end (RFC 6121 §4.5, §4.6.3): to contacts, to the own sessions, and to who was sent directed presence.

import { expect } from 'vitest'
import { subscribe } from '../helpers/friends.js'
import { type Cast, scenario, type User, xml } from '../helpers/scenario.js'
import type { RawClient } from '../helpers/raw-client.js'
import type { Element } from '../../server/xml.js'

const available = (from: string, to: string): Element => xml`<presence from="${from}" to="${to}"/>`
const unavailable = (from: string, to: string): Element => xml`<presence from="${from}" to="${to}" type="unavailable"/>`

async function appears(user: User): Promise<void> {
  await user.sends(xml`<presence/>`)
  await user.receives(available(user.jid, user.account))
}

type End = (client: RawClient, cast: Pick<Cast, 'server'>) => void | Promise<void>

const ends: Readonly<Record<string, End>> = {
  'is told that it is over': (client) => client.send(`<presence xmlns="jabber:client" type="unavailable"/>`),
  'closes its stream': (client) => client.send(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`),
  'closes its WebSocket alone': (client) => client.socket.close(),
  'breaks without a word': (client) => client.leaves(),
  'sends what is no XML': (client) => client.send('<presence'),
  'sends what is no stanza': (client) => client.send('<thing xmlns="urn:example:thing"/>'),
  'opens its stream a second time': (client) =>
    client.send(`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="elsewhere.example" version="1.0"/>`),
  'has its password changed': (_, { server }) => server.users.setPassword('juliet@localhost', 'another'),
}

for (const [what, end] of Object.entries(ends)) {
  scenario(
    `a session that ${what} is unavailable to all who knew it, once`,
    async ({ romeo, mercutio, juliet, raw, server }) => {
      await subscribe(romeo, juliet)
      await juliet.leaves()
      await appears(romeo)
      const client = await raw()
      const jid = await client.logsIn('juliet', juliet.password, 'chamber')
      client.send(`<presence xmlns="jabber:client"/>`)
      await romeo.receives(available(jid, romeo.account))
      client.send(`<presence xmlns="jabber:client" to="${mercutio.jid}"/>`)
      client.send(`<presence xmlns="jabber:client" to="${romeo.jid}"/>`)
      await mercutio.receives(available(jid, mercutio.jid))
      await romeo.receives(available(jid, romeo.jid))
      await end(client, { server })
      await romeo.receives(unavailable(jid, romeo.account))
      await mercutio.receives(unavailable(jid, mercutio.jid))
      client.leaves()
      await server.idle()
      romeo.expectEmpty()
      mercutio.expectEmpty()
    },
  )
}

scenario('who was sent directed presence hears of no broadcast, but of the end', async ({ romeo, juliet }) => {
  await appears(romeo)
  await romeo.sends(xml`<presence to="${juliet.jid}"/>`)
  await juliet.receives(available(romeo.jid, juliet.jid))
  await romeo.sends(xml`<presence><show>away</show></presence>`)
  await romeo.next()
  await juliet.receivesNothing()
  await romeo.sends(xml`<presence type="unavailable"><status>gone</status></presence>`)
  await juliet.receives(
    xml`<presence from="${romeo.jid}" to="${juliet.jid}" type="unavailable"><status>gone</status></presence>`,
  )
})

scenario(
  'a contact who was sent directed presence goes on hearing of broadcasts, also after it was told unavailable',
  async ({ romeo, juliet }) => {
    await subscribe(juliet, romeo)
    await appears(juliet)
    await appears(romeo)
    await juliet.receives(available(romeo.jid, juliet.account))
    await romeo.sends(xml`<presence to="${juliet.account}" type="unavailable"/>`)
    await juliet.receives(unavailable(romeo.jid, juliet.account))
    await romeo.sends(xml`<presence><show>away</show></presence>`)
    await romeo.next()
    await juliet.receives(xml`<presence from="${romeo.jid}" to="${juliet.account}"><show>away</show></presence>`)
  },
)

scenario('presence of a type that is none is refused with bad-request', async ({ romeo }) => {
  await romeo.sends(xml`<presence id="p" type="available"/>`)
  const answer = await romeo.next()
  expect([answer.attrs['type'], answer.getChild('error')?.getChildElements()[0]?.name]).toEqual([
    'error',
    'bad-request',
  ])
})

scenario('an extension of presence that the server does not know is passed on as it is', async ({ romeo, juliet }) => {
  await subscribe(juliet, romeo)
  await appears(juliet)
  const said = (to: string): Element =>
    xml`<presence from="${romeo.jid}" to="${to}"><status xml:lang="it">a Verona</status><x xmlns="urn:example:mood"><happy/></x></presence>`
  await romeo.sends(
    xml`<presence><status xml:lang="it">a Verona</status><x xmlns="urn:example:mood"><happy/></x></presence>`,
  )
  await romeo.receives(said(romeo.account))
  await juliet.receives(said(juliet.account))
})
