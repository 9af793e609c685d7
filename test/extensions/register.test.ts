// In-band registration (XEP-0077): an account made before login, its password changed and the account removed after it.

import { describe, expect, test } from 'vitest'
import { Allowance, networkOf } from '../../extensions/register/allowance.js'
import { attr, child, type Element, serialize } from '../../server/xml.js'
import { befriend, rosterGet } from '../helpers/friends.js'
import { HeldTime } from '../helpers/held-time.js'
import { RawClient } from '../helpers/raw-client.js'
import { any, expectSame, scenario, type ScenarioOptions, xml } from '../helpers/scenario.js'

const NS = 'jabber:iq:register'
const FEATURE = 'http://jabber.org/features/iq-register'
const open: ScenarioOptions = { config: { registration: 'open' } }

const ask = (inside: Element | string = '', id = 'r1') =>
  `<iq xmlns="jabber:client" type="get" id="${id}"><query xmlns="${NS}">${String(inside)}</query></iq>`
const set = (inside: string, id = 'r2') =>
  `<iq xmlns="jabber:client" type="set" id="${id}"><query xmlns="${NS}">${inside}</query></iq>`
const fields = (username: string, password: string) =>
  set(`<username>${username}</username><password>${password}</password>`)

async function answerTo(client: RawClient, frame: string): Promise<Element> {
  client.send(frame)
  return client.next()
}

/** The condition of the error that comes back. */
async function refusalOf(client: RawClient, frame: string): Promise<string> {
  const answer = await answerTo(client, frame)
  expect(attr(answer, 'type')).toBe('error')
  return child(answer, 'error')?.getChildElements()[0]?.name ?? ''
}

async function expectLogin(client: RawClient, username: string, password: string, is: 'success' | 'failure') {
  expect((await client.authenticates(username, password)).name).toBe(is)
}

describe('closed registration', () => {
  scenario('a closed server does not offer registration, and says so to whoever asks', async ({ raw, server }) => {
    const client = await raw()
    const { features } = await client.opens()
    expect(child(features, 'register', FEATURE)).toBeUndefined()
    expect(await refusalOf(client, ask())).toBe('service-unavailable')
    expect(await refusalOf(client, fields('paris', 'secret'))).toBe('service-unavailable')
    expect(await server.users.list()).toEqual([])
  })

  scenario('after login there is no registration on a closed server, either', async ({ romeo }) => {
    for (const to of ['localhost', romeo.account]) {
      const question = xml`<iq type="get" to="${to}"><query xmlns="${NS}"/></iq>`
      await expect(romeo.asks(question)).rejects.toMatchObject({ condition: 'service-unavailable' })
    }
    await expect(romeo.asks(xml`<iq type="set"><query xmlns="${NS}"><remove/></query></iq>`)).rejects.toMatchObject({
      condition: 'service-unavailable',
    })
  })
})

describe('an account made before login', () => {
  scenario(
    'an open server offers registration before login and by service discovery',
    async ({ raw, romeo }) => {
      const client = await raw()
      const { features } = await client.opens()
      expect(child(features, 'register', FEATURE)).toBeDefined()
      const info = await romeo.asks(
        xml`<iq type="get" to="localhost"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
      )
      expect(serialize(info)).toContain(`<feature var="${NS}"/>`)
    },
    open,
  )

  scenario(
    'who asks is told what is required, as fields and as a form',
    async ({ raw }) => {
      const client = await raw()
      await client.opens()
      expectSame(
        await answerTo(client, ask()),
        xml`<iq xmlns="jabber:client" type="result" id="r1">
              <query xmlns="${NS}">
                <instructions>${any}</instructions><username/><password/>
                <x xmlns="jabber:x:data" type="form">
                  <title>${any}</title><instructions>${any}</instructions>
                  <field type="hidden" var="FORM_TYPE"><value>${NS}</value></field>
                  <field type="text-single" var="username" label="${any}"><required/></field>
                  <field type="text-private" var="password" label="${any}"><required/></field>
                </x>
              </query>
            </iq>`,
      )
    },
    open,
  )

  scenario(
    'who fills in the fields has an account, and logs in on the same stream',
    async ({ raw, server, log }) => {
      const client = await raw()
      await client.opens()
      await expectLogin(client, 'paris', 'pearl', 'failure')
      expectSame(
        await answerTo(client, fields('Paris', 'pearl')),
        xml`<iq xmlns="jabber:client" type="result" id="r2"/>`,
      )
      expect(await server.users.list()).toEqual(['paris@localhost'])
      await expectLogin(client, 'paris', 'pearl', 'success')
      expect(log.lines.map(({ message }) => message)).toContain('somebody registered')
      expect(JSON.stringify(log.lines)).not.toContain('pearl')
    },
    open,
  )

  scenario(
    'a form goes before the fields beside it',
    async ({ raw, server }) => {
      const client = await raw()
      await client.opens()
      const form = `<x xmlns="jabber:x:data" type="submit">
        <field var="FORM_TYPE"><value>${NS}</value></field>
        <field var="username"><value>paris</value></field>
        <field var="password"><value>pearl</value></field>
        <field var="email"><value>paris@example.org</value></field></x>`
      const both = set(`<username>tybalt</username><password>knife</password>${form}`)
      expect(attr(await answerTo(client, both), 'type')).toBe('result')
      expect(await server.users.list()).toEqual(['paris@localhost'])
      await expectLogin(client, 'paris', 'pearl', 'success')
    },
    open,
  )

  const cancelled = '<x xmlns="jabber:x:data" type="cancel"><field var="username"><value>paris</value></field></x>'
  const refused: readonly (readonly [what: string, condition: string, inside: string])[] = [
    ['without anything', 'not-acceptable', ''],
    ['without a password', 'not-acceptable', '<username>paris</username>'],
    ['with an empty password', 'not-acceptable', '<username>paris</username><password/>'],
    ['without a user name', 'not-acceptable', '<password>pearl</password>'],
    ['with an empty user name', 'not-acceptable', '<username></username><password>pearl</password>'],
    ['with a form that is cancelled', 'not-acceptable', `${cancelled}<username>paris</username>`],
    ['with an address for a name', 'not-acceptable', '<username>paris@localhost</username><password>pearl</password>'],
    ['with a name that nobody can have', 'not-acceptable', '<username>pa ris</username><password>pearl</password>'],
    ['with a password of nothing to see', 'not-acceptable', '<username>paris</username><password>\u{AD}</password>'],
    ['with a name that somebody has', 'conflict', '<username>ＪＵＬＩＥＴ</username><password>pearl</password>'],
    ['of a removal', 'unexpected-request', '<remove/>'],
  ]
  for (const [what, condition, inside] of refused) {
    scenario(
      `a registration ${what} is refused with ${condition}, and makes nothing`,
      async ({ raw, server, juliet }) => {
        const client = await raw()
        await client.opens()
        expect(await refusalOf(client, set(inside))).toBe(condition)
        expect(await server.users.list()).toEqual([juliet.account])
        await expectLogin(client, 'juliet', juliet.password, 'success')
      },
      open,
    )
  }

  scenario(
    'what is not a registration still ends a stream that has not logged in',
    async ({ raw }) => {
      for (const frame of [
        '<iq xmlns="jabber:client" type="get" id="p"><ping xmlns="urn:xmpp:ping"/></iq>',
        `<message xmlns="jabber:client"><query xmlns="${NS}"/></message>`,
      ]) {
        const client = await raw()
        await client.opens()
        expect((await answerTo(client, frame)).getChild('not-authorized')).toBeDefined()
      }
    },
    open,
  )

  scenario(
    'a registration is for the domain of the stream, and for no other',
    async ({ raw, server }) => {
      const client = await raw()
      await client.opens('verona.example')
      const to = (domain: string) => fields('paris', 'pearl').replace('type=', `to="${domain}" type=`)
      expect(await refusalOf(client, to('localhost'))).toBe('service-unavailable')
      expect(attr(await answerTo(client, to('verona.example')), 'type')).toBe('result')
      expect(await server.users.list()).toEqual(['paris@verona.example'])
    },
    { config: { registration: 'open', domain: ['localhost', 'verona.example'] } },
  )

  scenario(
    'where others can read along there is no registration',
    async ({ server }) => {
      const headers = { 'x-forwarded-for': '198.51.100.7' }
      const client = await RawClient.connect(server.url, ['xmpp'], { headers })
      const { features } = await client.opens()
      expect(child(features, 'register', FEATURE)).toBeUndefined()
      expect(await refusalOf(client, ask())).toBe('service-unavailable')
      expect(await refusalOf(client, fields('paris', 'pearl'))).toBe('service-unavailable')
      expect(await server.users.list()).toEqual([])
      client.leaves()
    },
    open,
  )

  scenario(
    'who has asked for the form has time to fill it in',
    async ({ raw }) => {
      const [person, idler] = [await raw(), await raw()]
      await person.opens()
      await answerTo(person, ask())
      await idler.opens()
      expect((await idler.next()).getChild('connection-timeout')).toBeDefined()
      expect(attr(await answerTo(person, fields('paris', 'pearl')), 'type')).toBe('result')
    },
    { config: { registration: 'open', limits: { loginSeconds: 0.2 } } },
  )
})

describe('how often', () => {
  const clock = new HeldTime()
  scenario(
    'an address that has tried often enough waits for an hour, and no other address does',
    async ({ server }) => {
      const from = async (address: string) => {
        const headers = { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' }
        const client = await RawClient.connect(server.url, ['xmpp'], { headers })
        await client.opens()
        return client
      }
      const busy = await from('198.51.100.7')
      await answerTo(busy, fields('paris', 'pearl'))
      expect(await refusalOf(busy, fields('paris', 'pearl'))).toBe('conflict')
      expect(await refusalOf(busy, fields('tybalt', 'knife'))).toBe('resource-constraint')
      const again = await from('198.51.100.7')
      expect(await refusalOf(again, fields('tybalt', 'knife'))).toBe('resource-constraint')
      const other = await from('198.51.100.8')
      expect(attr(await answerTo(other, fields('tybalt', 'knife')), 'type')).toBe('result')
      clock.goesOn(60 * 60_000)
      expect(attr(await answerTo(busy, fields('rosaline', 'rose')), 'type')).toBe('result')
      for (const client of [busy, again, other]) client.leaves()
    },
    { config: { registration: 'open', trustedProxies: '127.0.0.1', limits: { registrationsPerHour: 2 }, clock } },
  )

  test('the addresses of one IPv6 network count as one', () => {
    const allowance = new Allowance(1)
    expect(allowance.take('2001:db8:0:1::1', clock)).toBe(true)
    expect(allowance.take('2001:db8:0:1:ffff:ffff:ffff:ffff', clock)).toBe(false)
    expect(allowance.take('2001:db8:0:2::1', clock)).toBe(true)
  })

  test.each([
    ['2001:DB8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['1:2:3:4:5:6:7::', '1:2:3:4'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s lies in the network %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test('of very many addresses the one that asked longest ago is forgotten', () => {
    const allowance = new Allowance(1)
    for (let count = 0; count <= 10_000; count += 1) allowance.take(`host ${count}`, clock)
    expect(allowance.take('host 10000', clock)).toBe(false)
    expect(allowance.take('host 0', clock)).toBe(true)
  })
})

describe('after login', () => {
  scenario(
    'who is registered is told so, by name and without a password',
    async ({ romeo }) => {
      for (const to of ['localhost', romeo.account]) {
        expectSame(
          await romeo.asks(xml`<iq type="get" to="${to}"><query xmlns="${NS}"/></iq>`),
          xml`<iq type="result" id="${any}" from="${to}" to="${romeo.jid}">
                <query xmlns="${NS}"><registered/><instructions>${any}</instructions><username>romeo</username><password/></query>
              </iq>`,
        )
      }
    },
    open,
  )

  const change = (username: string, password: string) =>
    xml`<iq type="set" to="localhost"><query xmlns="${NS}"><username>${username}</username><password>${password}</password></query></iq>`

  scenario(
    'a changed password is the only one that fits, and every session but the one that asked ends',
    async ({ romeo, raw }) => {
      const phone = await romeo.also('phone')
      await romeo.asks(change('Romeo', 'rosaline no more'))
      expect(await phone.ended()).toBe('not-authorized')
      await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
      const client = await raw()
      await client.opens()
      await expectLogin(client, 'romeo', romeo.password, 'failure')
      await expectLogin(client, 'romeo', 'rosaline no more', 'success')
    },
    open,
  )

  scenario(
    'a change of password that will not do is refused, and the old one stays',
    async ({ romeo, juliet, raw }) => {
      const refusals: readonly (readonly [Element, string])[] = [
        [change('romeo', ''), 'bad-request'],
        [change('', 'secret'), 'bad-request'],
        [change('juliet', 'secret'), 'not-allowed'],
        [change('nobody', 'secret'), 'not-allowed'],
        [change('ro meo', 'secret'), 'not-acceptable'],
        [change('romeo', '\u{AD}'), 'not-acceptable'],
      ]
      for (const [request, condition] of refusals)
        await expect(romeo.asks(request)).rejects.toMatchObject({ condition })
      for (const { account, password } of [romeo, juliet]) {
        const client = await raw()
        await client.opens()
        await expectLogin(client, account.replace('@localhost', ''), password, 'success')
      }
    },
    open,
  )

  scenario(
    'a password is changed a number of times in an hour, and then not',
    async ({ romeo }) => {
      await romeo.asks(change('romeo', 'one'))
      await expect(romeo.asks(change('romeo', 'two'))).rejects.toMatchObject({ condition: 'resource-constraint' })
    },
    { config: { registration: 'open', limits: { registrationsPerHour: 1 } } },
  )

  scenario(
    'who removes their account has the answer, and is gone for everybody; the name inherits nothing',
    async ({ romeo, juliet, server, raw }) => {
      await befriend(romeo, juliet)
      await juliet.asks(rosterGet)
      for (const user of [juliet, romeo]) await user.sends(xml`<presence/>`)
      await server.idle()
      const phone = await romeo.also('phone')
      for (const user of [juliet, romeo]) user.forgets()
      await romeo.asks(xml`<iq type="set"><query xmlns="${NS}"><remove/></query></iq>`)
      expect(await romeo.ended()).toBe('not-authorized')
      expect(await phone.ended()).toBe('not-authorized')
      await server.idle()
      expect(await server.users.list()).toEqual([juliet.account])
      await juliet.receives(xml`<presence type="unavailable" from="${romeo.jid}" to="${any}"/>`)
      expect(serialize(await juliet.asks(rosterGet))).toContain('subscription="none"')
      juliet.forgets()
      const client = await raw()
      await client.opens()
      expect(attr(await answerTo(client, fields('romeo', 'again')), 'type')).toBe('result')
      const other = await raw()
      const jid = await other.logsIn('romeo', 'again')
      const roster = '<iq xmlns="jabber:client" type="get" id="g"><query xmlns="jabber:iq:roster"/></iq>'
      const answer = await answerTo(other, roster)
      expect(attr(answer, 'to')).toBe(jid)
      expect(child(answer, 'query', 'jabber:iq:roster')?.getChildElements()).toEqual([])
    },
    open,
  )

  scenario(
    'a removal with anything beside it is refused, and removes nothing',
    async ({ romeo, server }) => {
      const request = xml`<iq type="set"><query xmlns="${NS}"><remove/><username>romeo</username></query></iq>`
      await expect(romeo.asks(request)).rejects.toMatchObject({ condition: 'bad-request' })
      expect(await server.users.list()).toEqual([romeo.account])
    },
    open,
  )

  scenario(
    'asking twice to be removed removes once',
    async ({ raw, server }) => {
      await server.users.create('paris@localhost', 'pearl')
      const client = await raw()
      await client.logsIn('paris', 'pearl')
      for (const id of ['r1', 'r2']) client.send(set('<remove/>', id))
      expect([await client.next(), await client.next()].map((one) => attr(one, 'type'))).toEqual(['result', 'result'])
      expect((await client.next()).getChild('not-authorized')).toBeDefined()
      await server.idle()
      expect(await server.users.list()).toEqual([])
    },
    open,
  )

  scenario(
    'nobody is registered at another domain, and no component anywhere',
    async ({ romeo, pushService, server }) => {
      const remove = (to: string) => xml`<iq type="set" to="${to}"><query xmlns="${NS}"><remove/></query></iq>`
      await expect(romeo.asks(remove('verona.example'))).rejects.toMatchObject({ condition: 'registration-required' })
      await expect(pushService.asks(remove('localhost'))).rejects.toMatchObject({ condition: 'registration-required' })
      await expect(romeo.asks(remove('juliet@localhost'))).rejects.toMatchObject({ condition: 'forbidden' })
      expect(await server.users.list()).toEqual([romeo.account])
    },
    { config: { registration: 'open', domain: ['localhost', 'verona.example'] } },
  )
})
