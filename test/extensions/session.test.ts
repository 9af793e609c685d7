// RFC 3921's session: not offered, and answered all the same.

import { expect } from 'vitest'
import { scenario, xml } from '../helpers/scenario.js'

scenario(
  'a client that asks for a session gets a result, to whomever it asks: nobody, the domain, itself',
  async ({ juliet }) => {
    for (const to of [undefined, 'localhost', juliet.account]) {
      const question = xml`<iq type="set" id="s1"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>`
      if (to !== undefined) question.attrs['to'] = to
      const answer = await juliet.asks(question)
      expect([answer.attrs['type'], answer.getChildElements()]).toEqual(['result', []])
    }
  },
)

scenario('nobody asks for a session of another', async ({ romeo, juliet }) => {
  const question = xml`<iq type="set" to="${juliet.account}"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>`
  await expect(romeo.asks(question)).rejects.toMatchObject({ condition: 'forbidden', type: 'auth' })
})

scenario('a session that is only asked about is not there', async ({ juliet }) => {
  const question = xml`<iq type="get"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>`
  await expect(juliet.asks(question)).rejects.toMatchObject({ condition: 'service-unavailable' })
})
