// Several domains in one process: their people are apart, and together.

import { expect } from 'vitest'
import { scenario, xml, type Cast } from './helpers/scenario.js'
import { notificationOf } from './helpers/sealed.js'
import { User } from './helpers/user.js'

const two = { config: { domain: ['localhost', 'verona.example'] } }

/** Somebody of the other domain: the scenario's own people are all of the first. */
async function ofVerona(username: string, server: Cast['server']): Promise<User> {
  const password = `the password of ${username} of Verona`
  await server.users.create(`${username}@verona.example`, password)
  const { url } = server
  const settle = (): Promise<void> => server.idle()
  const options = {
    url,
    domain: 'verona.example',
    username,
    password,
    mechanism: 'PLAIN',
    settle,
    sends: () => undefined,
  }
  const user = new User(options)
  await user.arrives()
  return user
}

scenario(
  'the same name on two domains is two people, and they write to each other',
  async ({ romeo, server }) => {
    const other = await ofVerona('romeo', server)
    expect([romeo.jid, other.jid]).toEqual(['romeo@localhost/test', 'romeo@verona.example/test'])
    await romeo.sends(xml`<message to="${other.jid}" type="headline"><body>Who art thou?</body></message>`)
    await other.receives(
      xml`<message from="${romeo.jid}" to="${other.jid}" type="headline"><body>Who art thou?</body></message>`,
    )
    await other.sends(xml`<message to="${romeo.jid}" type="headline"><body>Thyself.</body></message>`)
    await romeo.receives(
      xml`<message from="${other.jid}" to="${romeo.jid}" type="headline"><body>Thyself.</body></message>`,
    )
    await other.leaves()
  },
  two,
)

scenario(
  'each domain is asked about by its own name, and a third is not here',
  async ({ romeo, raw }) => {
    for (const domain of ['localhost', 'verona.example']) {
      const info = await romeo.asks(
        xml`<iq type="get" to="${domain}"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
      )
      expect(info.attrs['from']).toBe(domain)
    }
    const stranger = await raw(['xmpp'])
    stranger.send('<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="padua.example" version="1.0"/>')
    expect((await stranger.next()).attrs['from']).toBe('localhost')
    expect((await stranger.next()).getChild('host-unknown')).toBeDefined()
  },
  two,
)

scenario(
  'a password of one domain is none of the other',
  async ({ romeo, raw }) => {
    const client = await raw()
    await expect(client.logsIn('romeo', romeo.password, 'x', 'verona.example')).rejects.toThrow('not-authorized')
  },
  two,
)

scenario(
  'who has logged in on one domain cannot go on as somebody of the other',
  async ({ romeo, raw }) => {
    const client = await raw()
    await client.opens('localhost')
    expect((await client.authenticates('romeo', romeo.password)).name).toBe('success')
    client.send('<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="verona.example" version="1.0"/>')
    expect((await client.next()).getChild('host-unknown')).toBeDefined()
  },
  two,
)

scenario(
  'what waited is stamped by the domain of its reader',
  async ({ romeo, server }) => {
    const juliet = await ofVerona('juliet', server)
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Later</body></message>`)
    await server.idle()
    await juliet.arrives()
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    expect((await juliet.next()).getChild('delay')?.attrs['from']).toBe('verona.example')
    await juliet.leaves()
  },
  two,
)

scenario(
  'people of two domains subscribe to each other',
  async ({ romeo, server }) => {
    const juliet = await ofVerona('juliet', server)
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"/>`)
    await juliet.receives(xml`<presence from="${romeo.account}" to="${juliet.account}" type="subscribe"/>`)
    await juliet.sends(xml`<presence to="${romeo.account}" type="subscribed"/>`)
    await server.idle()
    const roster = await romeo.asks(xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`)
    expect(roster.getChild('query')?.getChild('item')?.attrs).toMatchObject({ jid: juliet.account, subscription: 'to' })
    await juliet.leaves()
  },
  two,
)

scenario(
  'a push is published in the name of the domain that its account is of',
  async ({ romeo, pushService, server }) => {
    const juliet = await ofVerona('juliet', server)
    await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${pushService.jid}" node="n"/></iq>`)
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Later</body></message>`)
    const publish = await pushService.next()
    expect(publish.attrs['from']).toBe('verona.example')
    expect(notificationOf(publish)).toBeDefined()
  },
  two,
)
