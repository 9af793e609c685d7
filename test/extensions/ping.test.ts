// Pings (XEP-0199): the server answers for itself and for the sender's own account, and for nobody else.

import { describe, expect } from 'vitest'
import { any, expectSame, scenario, xml } from '../helpers/scenario.js'

describe('ping', () => {
  scenario('the server answers a ping', async ({ romeo }) => {
    const answer = await romeo.asks(xml`<iq type="get" id="p1" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    expectSame(answer, xml`<iq type="result" id="p1" from="localhost" to="romeo@localhost/test"/>`)
  })

  scenario('the server answers for the own account, with and without an address', async ({ romeo }) => {
    const named = await romeo.asks(xml`<iq type="get" to="romeo@localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    expectSame(named, xml`<iq type="result" id="${any}" from="romeo@localhost" to="romeo@localhost/test"/>`)
    const unnamed = await romeo.asks(xml`<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>`)
    expectSame(unnamed, xml`<iq type="result" id="${any}" from="romeo@localhost" to="romeo@localhost/test"/>`)
  })

  scenario(
    'an account that exists and one that does not refuse a stranger in the same words',
    async ({ romeo, juliet }) => {
      for (const account of [juliet.account, 'nobody@localhost']) {
        const question = xml`<iq type="get" to="${account}"><ping xmlns="urn:xmpp:ping"/></iq>`
        await expect(romeo.asks(question)).rejects.toMatchObject({ condition: 'forbidden', type: 'auth' })
      }
    },
  )

  scenario('a ping to a connected client reaches it, and its answer comes back', async ({ romeo, juliet }) => {
    const answer = await romeo.asks(xml`<iq type="get" id="p1" to="${juliet.jid}"><ping xmlns="urn:xmpp:ping"/></iq>`)
    await juliet.receives(
      xml`<iq type="get" id="p1" from="${romeo.jid}" to="${juliet.jid}"><ping xmlns="urn:xmpp:ping"/></iq>`,
    )
    expectSame(answer, xml`<iq type="result" id="p1" from="${juliet.jid}" to="${romeo.jid}"/>`)
  })
})
