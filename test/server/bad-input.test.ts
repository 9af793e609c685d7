// What bad input gets (RFC 6120 §4.9, §8.3; RFC 7395): the named error, to the sender alone. Nobody else notices.

import { describe, expect } from 'vitest'
import { readError } from '../../server/stanza-error.js'
import { attr, child, type Element, parse } from '../../server/xml.js'
import { RawClient } from '../helpers/raw-client.js'
import {
  any,
  anything,
  type Cast,
  expectSame,
  scenario,
  type ScenarioOptions,
  type User,
  xml,
} from '../helpers/scenario.js'

const OPEN = `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>`
const CLOSE = `<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />`
const PING = `<iq xmlns="jabber:client" type="get" id="p" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`

type Attack = (attacker: RawClient) => void | Promise<void>

/** A frame, or whatever else somebody does to the server. */
type Bad = string | Uint8Array | Attack

/** How far the attacker got before. */
type Place = 'fresh' | 'opened' | 'bound'

const password = 'the password of tybalt'

async function attackerAt(place: Place, raw: Cast['raw']): Promise<RawClient> {
  const attacker = await raw()
  if (place === 'opened') await attacker.opens()
  if (place === 'bound') await attacker.logsIn('tybalt', password)
  return attacker
}

/** The stream error as a client of any make reads it, then the close in the bytes that Strophe knows, then the end. */
async function expectStreamError(attacker: RawClient, condition: string, place: Place): Promise<void> {
  if (place === 'fresh') expect(await attacker.nextFrame()).toMatch(/^<open xmlns="[^"]*" .*version="1.0"/)
  const error = await attacker.nextFrame()
  expect(error).toMatch(/^<stream:error xmlns:stream="http:\/\/etherx\.jabber\.org\/streams">/)
  expect(error).toContain(`><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>`)
  expect(await attacker.nextFrame()).toBe(CLOSE)
  expect(await attacker.closed).toBe(1000)
  expect(attacker.unread).toEqual([])
}

const rosterQuery = xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`
const rosterEntry = xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="juliet@localhost" name="J"/></query></iq>`
const waitingMessage = xml`<message to="juliet@localhost" type="chat" id="m1"><body>Art thou there?</body></message>`

async function rosterOf(user: User): Promise<Element> {
  const query = child(await user.asks(rosterQuery), 'query', 'jabber:iq:roster')
  if (query === undefined) throw new Error('there is no roster in the answer')
  return query
}

/** Somebody has a roster, somebody else has a message waiting; after whatever happens both find them as they were. */
async function undisturbed(
  { romeo, juliet, server }: Pick<Cast, 'romeo' | 'juliet' | 'server'>,
  whatever: () => Promise<void>,
): Promise<void> {
  await romeo.asks(rosterEntry)
  await romeo.sends(waitingMessage)
  await server.idle()
  const before = await rosterOf(romeo)
  await whatever()
  await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
  expectSame(await rosterOf(romeo), before)
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  await juliet.receivesAll(
    xml`<presence from="${juliet.jid}" to="${any}"/>`,
    xml`<message from="${romeo.jid}" to="juliet@localhost" type="chat" id="m1">${anything}</message>`,
  )
}

const cast: ScenarioOptions = { offline: ['juliet', 'tybalt'] }

function refused(title: string, condition: string, place: Place, bad: Bad, options: ScenarioOptions = {}): void {
  scenario(
    title,
    async ({ romeo, juliet, server, raw }) => {
      await undisturbed({ romeo, juliet, server }, async () => {
        const attacker = await attackerAt(place, raw)
        if (typeof bad === 'string') attacker.send(bad)
        else if (typeof bad === 'function') await bad(attacker)
        else attacker.sendBytesAsText(bad)
        await expectStreamError(attacker, condition, place)
      })
    },
    { ...cast, ...options },
  )
}

const message = (inside: string): string => `<message xmlns="jabber:client" to="romeo@localhost">${inside}</message>`

/** A message of exactly so many bytes. */
function messageOf(bytes: number): string {
  const empty = message('<body></body>').length
  return message(`<body>${'x'.repeat(bytes - empty)}</body>`)
}

/** A message whose elements nest so deep, itself included. */
const nested = (depth: number): string => message(`${'<a xmlns="urn:x">'.repeat(depth - 1)}${'</a>'.repeat(depth - 1)}`)

describe('what is not XML ends the stream with not-well-formed', () => {
  const condition = 'not-well-formed'
  refused(
    'a frame that ends too early',
    condition,
    'bound',
    `<message xmlns="jabber:client" to="romeo@localhost"><body>x`,
  )
  refused('a frame with two roots', condition, 'bound', PING + PING)
  refused('a frame with text after its root', condition, 'bound', `${PING}x`)
  refused('a frame of white space', condition, 'bound', ' \n')
  refused('an empty frame', condition, 'bound', '')
  refused('an entity that XML does not know', condition, 'bound', message('<body>&nbsp;</body>'))
  refused('a reference to a character that XML does not allow', condition, 'bound', message('<body>&#0;</body>'))
  refused('a tag that another one closes', condition, 'bound', message('<body></subject>'))
  refused('an attribute twice', condition, 'bound', message('<body a="1" a="2"/>'))
  refused('a prefix that nobody declared', condition, 'bound', message('<x:body/>'))
  refused('bytes that are not UTF-8', condition, 'bound', Buffer.from(message('<body>\xff\xfe</body>'), 'latin1'))
  refused(
    'half of a surrogate pair in UTF-8',
    condition,
    'bound',
    Buffer.from(message('<body>\xed\xa0\x80</body>'), 'latin1'),
  )
  refused('the same before login', condition, 'opened', '<auth')
  refused('the same before the stream is open', condition, 'fresh', 'GET / HTTP/1.1')
})

describe('what XMPP does not allow of XML ends the stream with restricted-xml', () => {
  const condition = 'restricted-xml'
  refused('a comment', condition, 'bound', message('<!-- psst --><body>x</body>'))
  refused('a processing instruction', condition, 'bound', message('<?php echo 1 ?><body>x</body>'))
  refused('a document type', condition, 'bound', `<!DOCTYPE m [<!ENTITY a "b">]>${message('<body>&a;</body>')}`)
  refused('an XML declaration', condition, 'fresh', `<?xml version="1.0"?>${OPEN}`)
})

describe('what goes too far ends the stream with policy-violation', () => {
  const condition = 'policy-violation'
  const exact = 262_144
  refused('a stanza of more than 256 KiB', condition, 'bound', messageOf(exact + 1))
  refused('a stanza of many times that', condition, 'bound', messageOf(exact * 8))
  refused('a stanza of more than 256 KiB in fragments', condition, 'bound', (attacker) => {
    const whole = messageOf(exact + 1)
    attacker.sendFragments(whole.slice(0, exact / 2), whole.slice(exact / 2))
  })
  refused(
    'more than 16 KiB before login',
    condition,
    'opened',
    `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl">${'x'.repeat(16_384)}</auth>`,
  )
  refused('more than 16 KiB before the stream is open', condition, 'fresh', `<open a="${'x'.repeat(16_384)}"/>`)
  refused('elements that nest deeper than 64', condition, 'bound', nested(65))
  refused('a binary frame', condition, 'bound', (attacker) => attacker.send(Buffer.from(PING)))
  refused('a binary frame before login', condition, 'fresh', (attacker) => attacker.send(Buffer.from(OPEN)))
  refused('the fifth failed login', condition, 'opened', async (attacker) => {
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const answer = await attacker.authenticates('tybalt', 'a guess')
      expect(answer.getChild('not-authorized')).toBeDefined()
    }
  })
  refused('what the operator allows less of', condition, 'bound', messageOf(10_001), {
    config: { limits: { stanzaBytes: 10_000 } },
  })

  scenario(
    'what is just within the limits is delivered whole',
    async ({ romeo, raw }) => {
      await romeo.sends(xml`<presence/>`)
      await romeo.next()
      const sender = await attackerAt('bound', raw)
      sender.send(messageOf(exact))
      expect((await romeo.next()).getChildText('body')).toHaveLength(exact - message('<body></body>').length)
      sender.send(nested(64))
      expect((await romeo.next()).getChild('a')).toBeDefined()
    },
    { offline: ['tybalt'] },
  )
})

describe('who speaks in a name that is not his ends with invalid-from', () => {
  const from = (name: string): string =>
    `<message xmlns="jabber:client" from="${name}" to="romeo@localhost"><body>x</body></message>`
  refused('the name of somebody else', 'invalid-from', 'bound', from('juliet@localhost'))
  refused('the name of the server', 'invalid-from', 'bound', from('localhost'))
  refused('another resource of the own account', 'invalid-from', 'bound', from('tybalt@localhost/other'))
  refused('what is no name at all', 'invalid-from', 'bound', from('@/'))

  scenario(
    'the own bare and full name may be said, and the full one is what others see',
    async ({ romeo, raw }) => {
      await romeo.sends(xml`<presence/>`)
      await romeo.next()
      const sender = await attackerAt('bound', raw)
      for (const name of ['tybalt@localhost', 'tybalt@localhost/raw', 'TYBALT@localhost']) {
        sender.send(from(name))
        expect(attr(await romeo.next(), 'from')).toBe('tybalt@localhost/raw')
      }
    },
    { offline: ['tybalt'] },
  )
})

describe('what belongs to no protocol here ends the stream', () => {
  const bad = 'invalid-namespace'
  refused('a stanza without a namespace', bad, 'bound', `<message to="romeo@localhost"><body>x</body></message>`)
  refused('a stanza in another namespace', bad, 'bound', `<message xmlns="jabber:server" to="romeo@localhost"/>`)
  refused('an unknown element before login', bad, 'opened', `<login xmlns="urn:x"/>`)
  refused(
    'a stream header of TCP',
    bad,
    'fresh',
    `<stream:stream xmlns:stream="http://etherx.jabber.org/streams" to="localhost"/>`,
  )
  refused('an <open/> without its namespace', bad, 'fresh', `<open to="localhost" version="1.0"/>`)
  refused('a stanza that XMPP does not have', 'unsupported-stanza-type', 'bound', `<chat xmlns="jabber:client"/>`)
  refused('a second <open/>', 'bad-format', 'bound', OPEN)
  refused('a domain that is not served here', 'host-unknown', 'fresh', OPEN.replace('localhost', 'example.org'))
  refused('a domain that is none', 'host-unknown', 'fresh', OPEN.replace('localhost', 'a b'))
  refused(
    'an account where the domain should be',
    'host-unknown',
    'fresh',
    OPEN.replace('localhost', 'tybalt@localhost'),
  )
})

describe('who has not logged in', () => {
  refused('may not send a message', 'not-authorized', 'opened', message('<body>x</body>'))
  refused('may not ask', 'not-authorized', 'opened', PING)
  refused(
    'may not bind',
    'not-authorized',
    'opened',
    `<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`,
  )

  scenario(
    'may not send a message between login and binding either',
    async ({ romeo, raw }) => {
      const early = await attackerAt('opened', raw)
      expect((await early.authenticates('tybalt', password)).name).toBe('success')
      await early.opens()
      early.send(message('<body>x</body>'))
      await expectStreamError(early, 'not-authorized', 'opened')
      await romeo.receivesNothing()
    },
    { offline: ['tybalt'] },
  )

  scenario(
    'has so much time, wherever he stopped',
    async ({ raw, romeo }) => {
      const [fresh, opened, authenticated] = await Promise.all([raw(), raw(), raw()])
      await opened.opens()
      await authenticated.opens()
      await authenticated.authenticates('tybalt', password)
      await Promise.all([
        expectStreamError(fresh, 'connection-timeout', 'fresh'),
        expectStreamError(opened, 'connection-timeout', 'opened'),
        expectStreamError(authenticated, 'connection-timeout', 'opened'),
      ])
      await romeo.receivesNothing()
    },
    { offline: ['tybalt'], config: { limits: { loginSeconds: 1 } } },
  )
})

describe('the WebSocket', () => {
  scenario('without the subprotocol xmpp is refused in HTTP', async ({ server }) => {
    expect(await RawClient.refusal(server.url, [])).toBe(400)
    expect(await RawClient.refusal(server.url, ['chat', 'mqtt'])).toBe(400)
  })

  scenario('is refused in HTTP where there is none', async ({ server }) => {
    expect(await RawClient.refusal(server.url.replace('xmpp-websocket', 'websocket'))).toBe(404)
    expect(await RawClient.refusal(server.url.replace('xmpp-websocket', ''))).toBe(404)
  })

  scenario('is at both usual paths, and picks xmpp among the protocols', async ({ server }) => {
    for (const path of ['xmpp-websocket', 'ws', 'ws?token=1']) {
      const client = await RawClient.connect(server.url.replace('xmpp-websocket', path), ['mqtt', 'xmpp'])
      expect(client.socket.protocol).toBe('xmpp')
      expect((await client.opens()).open.name).toBe('open')
      client.leaves()
    }
  })

  scenario('is not to be had by a plain GET, and nothing takes a POST', async ({ server }) => {
    const url = server.url.replace(/^ws/, 'http')
    expect((await fetch(url)).status).toBe(426)
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405)
    expect((await fetch(new URL('/no/such/page', url))).status).toBe(404)
  })

  scenario(
    'takes a stanza in fragments, also when one ends inside a character',
    async ({ romeo, raw }) => {
      await romeo.sends(xml`<presence/>`)
      await romeo.next()
      const sender = await attackerAt('bound', raw)
      const whole = Buffer.from(message('<body>Zwölf Boxkämpfer 🥊</body>'))
      const cut = whole.indexOf('🥊') + 2
      sender.sendFragments(whole.subarray(0, 10), whole.subarray(10, cut), whole.subarray(cut))
      expect((await romeo.next()).getChildText('body')).toBe('Zwölf Boxkämpfer 🥊')
    },
    { offline: ['tybalt'] },
  )

  scenario(
    'is closed in the bytes that Strophe knows',
    async ({ raw }) => {
      const client = await raw()
      expect(await client.logsIn('tybalt', password)).toBe('tybalt@localhost/raw')
      client.send(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`)
      expect(await client.nextFrame()).toBe(CLOSE)
      expect(await client.closed).toBe(1000)
    },
    { offline: ['tybalt'] },
  )
})

interface BadStanza {
  readonly what: string
  readonly stanza: string
  readonly condition: string
  readonly type: string
}

const badStanzas: readonly BadStanza[] = [
  {
    what: 'a question to the server that nobody understands',
    stanza: '<iq type="get" id="e" to="localhost"><query xmlns="urn:x"/></iq>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'a question to the own account that nobody understands',
    stanza: '<iq type="set" id="e"><query xmlns="urn:x"/></iq>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'a question to the account of somebody else that nobody understands',
    stanza: '<iq type="get" id="e" to="romeo@localhost"><query xmlns="urn:x"/></iq>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'the same question to an account that is not there',
    stanza: '<iq type="get" id="e" to="nobody@localhost"><query xmlns="urn:x"/></iq>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'a question to a resource that is not there',
    stanza: '<iq type="get" id="e" to="romeo@localhost/gone"><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'a question to a domain that nobody knows',
    stanza: '<iq type="get" id="e" to="example.org"><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'remote-server-not-found',
    type: 'cancel',
  },
  {
    what: 'a question to a service that is not connected',
    stanza: '<iq type="get" id="e" to="away.localhost"><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'a message to a user who does not exist',
    stanza: '<message type="chat" id="e" to="nobody@localhost"><body>x</body></message>',
    condition: 'service-unavailable',
    type: 'cancel',
  },
  {
    what: 'a message to a domain that nobody knows',
    stanza: '<message type="chat" id="e" to="a@example.org"><body>x</body></message>',
    condition: 'remote-server-not-found',
    type: 'cancel',
  },
  {
    what: 'a message to an address without a localpart',
    stanza: '<message type="chat" id="e" to="@localhost"><body>x</body></message>',
    condition: 'jid-malformed',
    type: 'modify',
  },
  {
    what: 'a message to an address with a forbidden character',
    stanza: '<message type="chat" id="e" to="a&amp;b@localhost"><body>x</body></message>',
    condition: 'jid-malformed',
    type: 'modify',
  },
  {
    what: 'a message to an address that is too long',
    stanza: `<message type="chat" id="e" to="${'a'.repeat(1024)}@localhost"><body>x</body></message>`,
    condition: 'jid-malformed',
    type: 'modify',
  },
  {
    what: 'a question to an empty address',
    stanza: '<iq type="get" id="e" to=""><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'jid-malformed',
    type: 'modify',
  },
  {
    what: 'presence to what is no address',
    stanza: '<presence id="e" to="a@b@c/"/>',
    condition: 'jid-malformed',
    type: 'modify',
  },
  {
    what: 'an iq without a type',
    stanza: '<iq id="e" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'bad-request',
    type: 'modify',
  },
  {
    what: 'an iq of an unknown type',
    stanza: '<iq type="fetch" id="e" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'bad-request',
    type: 'modify',
  },
  {
    what: 'a question without content',
    stanza: '<iq type="get" id="e" to="localhost"/>',
    condition: 'bad-request',
    type: 'modify',
  },
  {
    what: 'two questions in one',
    stanza: '<iq type="get" id="e" to="localhost"><ping xmlns="urn:xmpp:ping"/><ping xmlns="urn:xmpp:ping"/></iq>',
    condition: 'bad-request',
    type: 'modify',
  },
  {
    what: 'presence of an unknown type',
    stanza: '<presence type="asleep" id="e"/>',
    condition: 'bad-request',
    type: 'modify',
  },
  {
    what: 'presence of an unknown type to somebody',
    stanza: '<presence type="asleep" id="e" to="romeo@localhost"/>',
    condition: 'bad-request',
    type: 'modify',
  },
]

const inClient = (stanza: string): string => stanza.replace(/^<(\w+)/, '<$1 xmlns="jabber:client"')

function errorOf(stanza: Element): { readonly condition: string; readonly type: string | undefined } {
  return readError(child(stanza, 'error', 'jabber:client'))
}

const away: ScenarioOptions = {
  offline: ['tybalt'],
  config: { components: { 'away.localhost': 'secret' }, componentPort: 0 },
}

describe('a stanza that cannot be handled is answered with an error, to its sender, and the stream goes on', () => {
  for (const { what, stanza, condition, type } of badStanzas) {
    scenario(
      `${what}: ${condition}`,
      async ({ romeo, raw }) => {
        await romeo.sends(xml`<presence/>`)
        await romeo.next()
        const sender = await attackerAt('bound', raw)
        sender.send(inClient(stanza))
        const answer = parse(await sender.nextFrame())
        expect({
          name: answer.name,
          id: attr(answer, 'id'),
          to: attr(answer, 'to'),
          type: attr(answer, 'type'),
        }).toEqual({
          name: /^<(\w+)/.exec(stanza)?.[1],
          id: 'e',
          to: 'tybalt@localhost/raw',
          type: 'error',
        })
        expect(errorOf(answer)).toEqual({ condition, type })
        sender.send(PING)
        expect(attr(await sender.next(), 'type')).toBe('result')
        await romeo.receivesNothing()
      },
      away,
    )
  }

  scenario(
    'the error comes from the address that was written to, and has a condition in its own namespace',
    async ({ romeo, raw }) => {
      const sender = await attackerAt('bound', raw)
      sender.send(inClient('<message id="e" to="nobody@localhost/x" type="chat"><body>x</body></message>'))
      expectSame(
        await sender.next(),
        xml`<message type="error" id="e" from="nobody@localhost/x" to="tybalt@localhost/raw">
              <error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>
            </message>`,
      )
      await romeo.receivesNothing()
    },
    away,
  )

  scenario(
    'an iq without an id is refused',
    async ({ raw }) => {
      const sender = await attackerAt('bound', raw)
      sender.send(inClient('<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>'))
      const answer = await sender.next()
      expect(attr(answer, 'to')).toBe('tybalt@localhost/raw')
      expect(errorOf(answer)).toEqual({ condition: 'bad-request', type: 'modify' })
    },
    away,
  )

  const errorInside = '<error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>'
  const unanswered = [
    ['an error to the server', `<iq type="error" id="e" to="localhost">${errorInside}</iq>`],
    ['an error without an address', `<iq type="error" id="e">${errorInside}</iq>`],
    ['an error to an account', `<iq type="error" id="e" to="romeo@localhost">${errorInside}</iq>`],
    [
      'an error to a resource that is not there',
      `<iq type="error" id="e" to="romeo@localhost/gone">${errorInside}</iq>`,
    ],
    ['an error to a domain that nobody knows', `<iq type="error" id="e" to="example.org">${errorInside}</iq>`],
    ['an error to a malformed address', `<iq type="error" id="e" to="@">${errorInside}</iq>`],
    ['an error without an id', `<iq type="error" to="localhost">${errorInside}</iq>`],
    ['a result that nobody asked for', '<iq type="result" id="e" to="localhost"/>'],
    ['a result to nobody', '<iq type="result" id="e" to="nobody@localhost/x"/>'],
    ['a result to a service that is not connected', '<iq type="result" id="e" to="away.localhost"/>'],
    ['an error message to nobody', `<message type="error" id="e" to="nobody@localhost">${errorInside}</message>`],
    [
      'an error message to a domain that nobody knows',
      `<message type="error" to="a@example.org">${errorInside}</message>`,
    ],
    ['error presence to nobody', `<presence type="error" to="nobody@localhost">${errorInside}</presence>`],
    ['error presence to a malformed address', `<presence type="error" to="@">${errorInside}</presence>`],
  ] as const
  for (const [what, stanza] of unanswered) {
    scenario(
      `${what} is not answered`,
      async ({ romeo, raw }) => {
        const sender = await attackerAt('bound', raw)
        sender.send(inClient(stanza))
        sender.send(PING)
        expectSame(await sender.next(), xml`<iq type="result" id="p" from="localhost" to="tybalt@localhost/raw"/>`)
        await romeo.receivesNothing()
        expect(sender.unread).toEqual([])
      },
      away,
    )
  }
})

describe('a name is the same name however it is written', () => {
  const spellings = ['ROMEO@LOCALHOST', 'ｒｏｍｅｏ@localhost', 'rOmEo@localhost']
  scenario(
    'in an address',
    async ({ romeo, raw }) => {
      await romeo.sends(xml`<presence/>`)
      await romeo.next()
      const sender = await attackerAt('bound', raw)
      for (const name of spellings) {
        sender.send(`<message xmlns="jabber:client" type="chat" to="${name}"><body>${name}</body></message>`)
        expect((await romeo.next()).getChildText('body')).toBe(name)
      }
    },
    away,
  )

  scenario(
    'at login',
    async ({ raw }) => {
      for (const name of ['TYBALT', 'ｔｙｂａｌｔ']) {
        const client = await raw()
        expect(await client.logsIn(name, password)).toBe('tybalt@localhost/raw')
      }
    },
    away,
  )

  scenario('when an account is made', async ({ romeo, server }) => {
    for (const name of ['ROMEO@localhost', 'ｒｏｍｅｏ@localhost']) {
      await expect(server.users.create(name, 'x')).rejects.toMatchObject({ code: 'exists' })
    }
    expect(await server.users.list()).toEqual([romeo.account])
  })
})
