// Last activity (XEP-0012): of accounts for those who may see their presence, of clients for the same, of the server for everybody.

import { describe, expect } from 'vitest'
import { attr, child, text } from '../../server/xml.js'
import { befriend, subscribe } from '../helpers/friends.js'
import { HeldTime } from '../helpers/held-time.js'
import { any, expectSame, scenario, type User, xml } from '../helpers/scenario.js'

const NS = 'jabber:iq:last'
const question = (to: string) => xml`<iq type="get" to="${to}"><query xmlns="${NS}"/></iq>`

/** What is said of an account or a server: the seconds, and the status. */
async function last(asker: User, to: string): Promise<readonly [seconds: string | undefined, status: string]> {
  const query = child(await asker.asks(question(to)), 'query', NS)
  if (query === undefined) throw new Error('there is no query in the answer')
  return [attr(query, 'seconds'), text(query)]
}

/** Is here for a moment, and says something when it goes. */
async function visits(user: User, status = ''): Promise<void> {
  await user.sends(xml`<presence/>`)
  const said =
    status === ''
      ? xml`<presence type="unavailable"/>`
      : xml`<presence type="unavailable"><status>${status}</status></presence>`
  await user.sends(said)
}

describe('the last activity of an account', () => {
  const clock = new HeldTime()
  scenario(
    'a contact learns how long ago somebody went, and what they said',
    async ({ romeo, juliet, server }) => {
      await befriend(romeo, juliet)
      await visits(juliet, 'Parting is such sweet sorrow')
      await server.idle()
      clock.goesOn(90_900)
      expect(await last(romeo, juliet.account)).toEqual(['90', 'Parting is such sweet sorrow'])
      expect(await last(juliet, juliet.account)).toEqual(['90', 'Parting is such sweet sorrow'])
      juliet.forgets()
    },
    { config: { clock } },
  )

  scenario(
    'while one session is available it is zero seconds, and the last one to go counts',
    async ({ romeo, juliet, server }) => {
      await subscribe(romeo, juliet)
      const phone = await juliet.also('phone')
      await phone.sends(xml`<presence/>`)
      await visits(juliet, 'to the window')
      await server.idle()
      clock.goesOn(5000)
      expectSame(
        await romeo.asks(question(juliet.account)),
        xml`<iq type="result" id="${any}" from="${juliet.account}" to="${romeo.jid}"><query xmlns="${NS}" seconds="0"/></iq>`,
      )
      await phone.leaves()
      clock.goesOn(7000)
      expect(await last(romeo, juliet.account)).toEqual(['7', ''])
      juliet.forgets()
    },
    { config: { clock } },
  )

  scenario(
    'a session that is only connected, and says nothing of itself, does not show',
    async ({ romeo, juliet, server }) => {
      await subscribe(romeo, juliet)
      await visits(juliet)
      await server.idle()
      clock.goesOn(3000)
      expect(await last(romeo, juliet.account)).toEqual(['3', ''])
      juliet.forgets()
    },
    { config: { clock } },
  )

  scenario('a status of more than 1,024 characters is not kept', async ({ romeo, server }) => {
    await visits(romeo, 'x'.repeat(1025))
    await server.idle()
    expect((await last(romeo, romeo.account))[1]).toBe('')
    await visits(romeo, 'x'.repeat(1024))
    await server.idle()
    expect((await last(romeo, romeo.account))[1]).toHaveLength(1024)
    romeo.forgets()
  })

  scenario('somebody who has never been here has no last activity', async ({ romeo }) => {
    await expect(romeo.asks(question(romeo.account))).rejects.toMatchObject({ condition: 'item-not-found' })
  })

  scenario(
    'whoever may not see the presence is refused with forbidden, and so is the question for nobody',
    async ({ romeo, juliet, mercutio, pushService, server }) => {
      await visits(juliet)
      await server.idle()
      juliet.forgets()
      await subscribe(juliet, mercutio)
      for (const to of [juliet.account, 'nobody@localhost']) {
        await expect(romeo.asks(question(to))).rejects.toMatchObject({ condition: 'forbidden', type: 'auth' })
        await expect(mercutio.asks(question(to))).rejects.toMatchObject({ condition: 'forbidden', type: 'auth' })
        await expect(pushService.asks(question(to))).rejects.toMatchObject({ condition: 'forbidden', type: 'auth' })
      }
    },
  )

  scenario('whoever takes the name of somebody who is gone was never here', async ({ romeo, server }) => {
    await visits(romeo)
    await server.idle()
    await server.users.remove(romeo.account)
    expect(await romeo.ended()).toBe('not-authorized')
    romeo.forgets()
    await server.users.create(romeo.account, romeo.password)
    await romeo.arrives()
    await expect(romeo.asks(question(romeo.account))).rejects.toMatchObject({ condition: 'item-not-found' })
  })
})

describe('the last activity of a client', () => {
  scenario('the question of a contact reaches the client, which answers for itself', async ({ romeo, juliet }) => {
    await subscribe(romeo, juliet)
    await expect(romeo.asks(question(juliet.jid))).rejects.toMatchObject({ condition: 'service-unavailable' })
    await juliet.receives(
      xml`<iq type="get" id="${any}" from="${romeo.jid}" to="${juliet.jid}"><query xmlns="${NS}"/></iq>`,
    )
  })

  scenario(
    'the question of a stranger does not reach the client, whether there is one or not',
    async ({ romeo, juliet }) => {
      for (const to of [juliet.jid, `${juliet.account}/gone`, 'nobody@localhost/gone']) {
        await expect(romeo.asks(question(to))).rejects.toMatchObject({ condition: 'forbidden', type: 'auth' })
      }
      await juliet.receivesNothing()
    },
  )

  scenario('a client that is gone is answered for with service-unavailable', async ({ romeo }) => {
    await expect(romeo.asks(question(`${romeo.account}/gone`))).rejects.toMatchObject({
      condition: 'service-unavailable',
    })
  })
})

describe('the last activity of the server', () => {
  const clock = new HeldTime()
  scenario(
    'the server says how long it has been up, and that it knows the protocol',
    async ({ romeo }) => {
      clock.goesOn(3_600_000)
      expect(await last(romeo, 'localhost')).toEqual(['3600', ''])
      for (const to of ['localhost', romeo.account]) {
        const info = await romeo.asks(
          xml`<iq type="get" to="${to}"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
        )
        const features = info.getChildElements().flatMap((query) => query.getChildElements())
        expect(features.map((feature) => String(feature.attrs['var']))).toContain(NS)
      }
    },
    { config: { clock } },
  )
})
