// An account is removed: the services of its registrations are told, and its removal waits for none of them.

import { expect } from 'vitest'
import type { Element } from '../../server/xml.js'
import { any, scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey } from '../helpers/sealed.js'

const service = 'push.localhost'

const enable = (user: User, node: string, ...inside: readonly Element[]): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">${inside}</enable></iq>`)

const goodbye = (node: string, form: readonly Element[], options: readonly Element[] = []): Element =>
  xml`<iq type="set" from="localhost" to="${service}" id="${any}">
    <pubsub xmlns="http://jabber.org/protocol/pubsub">
      <publish node="${node}"><item id="${any}"><notification xmlns="urn:xmpp:push:0">
        ${form}<event xmlns="http://tigase.org/protocol/account#event" name="account-removed"/>
      </notification></item></publish>${options}
    </pubsub></iq>`

const emptySummary = xml`<x xmlns="jabber:x:data" type="submit">
  <field var="FORM_TYPE" type="hidden"><value>urn:xmpp:push:summary</value></field>
  <field var="message-count"><value>0</value></field></x>`

const options = xml`<x xmlns="jabber:x:data" type="submit">
  <field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field>
  <field var="secret"><value>s3cret</value></field></x>`

scenario(
  'the services of a removed account are told that its nodes are over, and nothing else of it',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, 'plain', options)
    const sealing = xml`<encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${freshKey()}</encrypt>`
    await enable(juliet, 'sealed', sealing)
    await server.users.remove(juliet.account)
    expect(await juliet.ended()).toBe('not-authorized')
    await pushService.receives(
      goodbye(
        'plain',
        [emptySummary],
        [xml`<publish-options xmlns="http://jabber.org/protocol/pubsub">${options}</publish-options>`],
      ),
    )
    await pushService.receives(goodbye('sealed', []))
    expect(await server.registrations()).toEqual([])
  },
)

scenario('a removal waits for no service, and fails for none', async ({ juliet, romeo, pushService, server }) => {
  let answer: (given: { readonly error: 'internal-server-error' }) => void = () => undefined
  pushService.answers(() => new Promise((resolve) => (answer = resolve)))
  await enable(juliet, 'n1')
  await server.users.remove(juliet.account)
  await juliet.ended()
  await pushService.next()
  expect(await server.users.list()).not.toContain(juliet.account)
  answer({ error: 'internal-server-error' })
  await server.idle()

  await enable(romeo, 'n2')
  await pushService.leaves()
  await server.users.remove(romeo.account)
  await romeo.ended()
  await server.idle()
  await pushService.arrives()
  await server.users.create(romeo.account, romeo.password)
  expect(await server.registrations(romeo.account)).toEqual([])
})

scenario(
  'a service that has ended a registration itself is not told again',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await enable(juliet, 'n2')
    pushService.answers((iq) => (iq.toString().includes('"n1"') ? { error: 'gone' } : 'result'))
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
    await pushService.next()
    await pushService.next()
    await server.idle()
    await server.users.remove(juliet.account)
    await pushService.receives(goodbye('n2', [emptySummary]))
    await server.idle()
  },
)
