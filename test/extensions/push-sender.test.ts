// What may come between the keeping of a push and its answer: a call that is over, two answers at once, a service that is asked again.

import { expect } from 'vitest'
import type { Element } from '../../server/xml.js'
import { scenario, type User, xml } from '../helpers/scenario.js'

const enable = (user: User, jid = 'push.localhost'): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${jid}" node="n1"/></iq>`)

const propose = (user: User, to: User, sid: string): Promise<void> =>
  user.sends(xml`<message to="${to.account}" type="chat"><propose xmlns="urn:xmpp:jingle-message:0" id="${sid}">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose></message>`)

const retract = (user: User, to: User, sid: string): Promise<void> =>
  user.sends(
    xml`<message to="${to.account}" type="chat"><retract xmlns="urn:xmpp:jingle-message:0" id="${sid}"/></message>`,
  )

const says = (user: User, to: User, body: string): Promise<void> =>
  user.sends(xml`<message to="${to.account}" type="chat"><body>${body}</body></message>`)

scenario(
  'a call that is taken back in the same breath does not ring',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    for (let call = 0; call < 10; call += 1) {
      const sid = `s${String(call)}`
      await Promise.all([propose(romeo, juliet, sid), retract(romeo, juliet, sid)])
      await server.idle()
    }
    expect(pushService.seen.filter(({ attrs }) => attrs['type'] === 'set')).toEqual([])
  },
)

scenario(
  'two doubtful answers to what was asked at the same time are one doubt, and the registration lives',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    const open: ((answer: { readonly error: 'bad-request' }) => void)[] = []
    pushService.answers(() => new Promise((resolve) => open.push(resolve)))
    await says(romeo, juliet, 'Art thou there?')
    await propose(romeo, juliet, 's1')
    await pushService.next()
    await pushService.next()
    // The clock has gone on since they were asked.
    const then = Date.now()
    while (Date.now() <= then + 1);
    for (const answer of open) answer({ error: 'bad-request' })
    await server.idle()
    expect(await server.registrations(juliet.account)).toMatchObject([
      { state: 'active', lastResult: { outcome: 'bad-request' } },
    ])
  },
)

scenario(
  'a service that passes and one doubtful answer after it end nothing',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    pushService.answers({ error: 'policy-violation', type: 'wait' })
    await says(romeo, juliet, 'one')
    await pushService.next()
    await server.idle()
    pushService.answers({ error: 'bad-request', type: 'modify' })
    await says(romeo, juliet, 'two')
    await pushService.next()
    await server.idle()
    expect(await server.registrations(juliet.account)).toMatchObject([{ state: 'active' }])
  },
)

scenario(
  'services that nobody is registered with any more are forgotten, however many there were',
  async ({ romeo, juliet, pushService, server }) => {
    const phone = await juliet.also('phone')
    for (let number = 0; number < 100; number += 1) {
      const jid = `push.localhost/r${String(number)}`
      await enable(phone, jid)
      await says(romeo, juliet, 'hist!')
      await pushService.next()
      await server.idle()
      await phone.asks(xml`<iq type="set"><disable xmlns="urn:xmpp:push:0" jid="${jid}"/></iq>`)
    }
    const response = await fetch(new URL('/metrics', server.url.replace(/^ws/, 'http')))
    const [, remembered] = /^sealpost_push_services (\d+)$/m.exec(await response.text()) ?? []
    expect(Number(remembered)).toBeLessThan(70)
    await phone.leaves()
  },
)
