// Contract §4.2: what makes a push and what does not, in a table that the page shows as well; and for whom.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Reader } from '../../extensions/push/audience.js'
import { decide, type World } from '../../extensions/push/decide.js'
import type { Decision } from '../../extensions/push/hooks.js'
import { Mentions } from '../../extensions/push/mention.js'
import { Rooms } from '../../extensions/push/rooms.js'
import { read } from '../../extensions/push/trigger.js'
import { Content, type Message, type Presence, reviveStanza } from '../../server/stanza.js'
import { el } from '../../server/xml.js'
import type { PushRules, Registration } from '../../storage/push.js'

const account = 'juliet@localhost'
const now = Date.UTC(2026, 0, 1)
const rules: PushRules = {
  away: false,
  muted: [],
  ignoreUnknown: false,
  rooms: undefined,
  priority: false,
  jingle: false,
}

const registrationWith = (wanted: Partial<PushRules> = {}): Registration => ({
  account,
  service: 'push.example',
  node: 'n1',
  sealing: undefined,
  omemoDevice: undefined,
  publishOptions: undefined,
  rules: { ...rules, ...wanted },
  client: { resource: 'phone', chosen: true, userAgent: undefined },
  created: now,
  state: 'active',
  reason: undefined,
  disabledAt: undefined,
  told: false,
  sealedCount: 0,
  usedAt: now,
  lastResult: undefined,
})

const nobodyThere: World = {
  account,
  readers: [],
  online: [],
  others: 'always',
  at: now,
  now,
  isKnown: true,
  isOver: false,
  wasTold: () => false,
}

function stanza(xml: string): Message | Presence {
  const revived = reviveStanza(xml)
  if (revived.kind === 'iq') throw new Error('an iq makes no push')
  return revived
}

function decided(xml: string, wanted: Partial<PushRules> = {}, world: Partial<World> = {}): Decision {
  return decide(read(stanza(xml), account), registrationWith(wanted), { ...nobodyThere, ...world })
}

/** As the page has it: `yes` and what it is, or `no` and why. */
function said(decision: Decision): readonly [string, string] {
  return decision.push ? ['yes', decision.kind] : ['no', decision.why]
}

const whyNot = (decision: Decision): string => (decision.push ? '' : decision.why)

const from = (jid: string, inside: string, type = 'chat'): string =>
  `<message xmlns="jabber:client" from="${jid}" to="${account}" type="${type}">${inside}</message>`
const fromRomeo = (inside: string, type?: string): string => from('romeo@localhost/orchard', inside, type)
const fromRoom = (inside: string): string => from('coven@muc.example/Hecate', inside, 'groupchat')
const omemo = (inside: string): string => `<encrypted xmlns="eu.siacs.conversations.axolotl">${inside}</encrypted>`
const body = '<body>Art thou there?</body>'
const payload = '<header sid="1"/><payload>AA==</payload>'
const jingle = (name: string, inside = ''): string =>
  `<${name} xmlns="urn:xmpp:jingle-message:0" id="s1">${inside}</${name}>`
const delayed = (seconds: number, by = 'hecate@example/cave'): string =>
  `<delay xmlns="urn:xmpp:delay" from="${by}" stamp="${new Date(now - seconds * 1000).toISOString()}"/>`
const invite = '<x xmlns="http://jabber.org/protocol/muc#user"><invite from="hecate@example/cave"/></x>'
const carbon = (direction: string, inside: string): string =>
  `<${direction} xmlns="urn:xmpp:carbons:2"><forwarded xmlns="urn:xmpp:forward:0">${inside}</forwarded></${direction}>`
const event = (inner: string, node = 'urn:xmpp:mucsub:nodes:messages'): string =>
  `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="${node}"><item id="1">${inner}</item></items></event>`

const coven: Partial<PushRules> = { rooms: [{ room: 'coven@muc.example', nick: undefined }] }

const notListed = 'the room is not among those that it is told of'
const silent = 'it says nothing that a person would read'

/** What comes, for a registration that is told of all that the room `coven@muc.example` says; and whether it is told. */
const table: readonly (readonly [what: string, xml: string, answer: 'yes' | 'no', kindOrWhy: string])[] = [
  ['a `chat` message with a `<body/>`', fromRomeo(body), 'yes', 'message'],
  ['a `normal` message with a `<body/>`', fromRomeo(body, 'normal'), 'yes', 'message'],
  ['one with an empty `<body/>`, or without', fromRomeo('<body/>'), 'no', silent],
  ['a chat state, a receipt, a marker', fromRomeo('<received xmlns="urn:xmpp:receipts" id="1"/>'), 'no', silent],
  ['a headline, also a PEP event', fromRomeo(body, 'headline'), 'no', 'it is a message of type headline'],
  ['an error', fromRomeo(body, 'error'), 'no', 'it is a message of type error'],
  [
    'what carries `<no-store/>`',
    fromRomeo(`${body}<no-store xmlns="urn:xmpp:hints"/>`),
    'no',
    'it asks not to be kept',
  ],
  ['an OMEMO message with a `<payload/>`', fromRomeo(omemo(payload)), 'yes', 'omemo'],
  [
    'one without, whatever `<body/>` it carries',
    fromRomeo(`${omemo('<header sid="1"/>')}${body}`),
    'no',
    'it only moves OMEMO keys',
  ],
  ['a call: XEP-0353 `<propose/>`', fromRomeo(jingle('propose')), 'yes', 'call'],
  [
    'one that is older than 60 s by its `<delay/>`',
    fromRomeo(`${jingle('propose')}${delayed(61)}`),
    'no',
    'the call is too old to ring',
  ],
  ['any other step of a call', fromRomeo(jingle('retract')), 'no', silent],
  [
    'an invitation to a room, by a friend (XEP-0249)',
    fromRomeo('<x xmlns="jabber:x:conference" jid="coven@muc.example"/>', 'normal'),
    'yes',
    'invitation',
  ],
  ['one by the room (XEP-0045 §7.8.2)', from('coven@muc.example', invite, 'normal'), 'yes', 'invitation'],
  [
    'a request for a subscription',
    `<presence xmlns="jabber:client" from="romeo@localhost" to="${account}" type="subscribe"/>`,
    'yes',
    'request',
  ],
  ['a message in a room that is listed', fromRoom(body), 'yes', 'groupchat'],
  ['one in a room that is not', fromRoom(body).replace('coven@', 'heath@'), 'no', notListed],
  [
    'one of a room’s past, with a `<delay/>` by the room',
    fromRoom(`${body}${delayed(5, 'coven@muc.example')}`),
    'no',
    "it is of the room's past",
  ],
  [
    'one with a `<delay/>` by anybody, of more than 60 s',
    fromRoom(`${body}${delayed(61)}`),
    'no',
    "it is of the room's past",
  ],
  ['one with a `<delay/>` by the writer, of less', fromRoom(`${body}${delayed(59)}`), 'yes', 'groupchat'],
  ['a room’s new subject', fromRoom('<subject>Macbeth</subject>'), 'no', silent],
  [
    'a message of an occupant to the account alone',
    from('coven@muc.example/Hecate', `${body}<x xmlns="http://jabber.org/protocol/muc#user"/>`),
    'yes',
    'message',
  ],
  [
    'a copy of what came for the account (XEP-0280), from the account itself',
    from(account, carbon('received', fromRomeo(body))),
    'yes',
    'message',
  ],
  [
    'a copy of what the account wrote, from the account itself',
    from(account, carbon('sent', fromRomeo(body))),
    'no',
    'the account itself wrote it, with another client',
  ],
  [
    'either from anybody else, without a `<body/>` of its own',
    fromRomeo(carbon('received', fromRomeo(body))),
    'no',
    silent,
  ],
  [
    'news of a room that is listed (MUC/Sub), from the room',
    from('coven@muc.example', event(fromRoom(body)), 'normal'),
    'yes',
    'groupchat',
  ],
  ['the same from anybody else', from('heath@muc.example', event(fromRoom(body)), 'normal'), 'no', silent],
]

describe('what makes a push', () => {
  test.each(table)('%s', (_, xml, answer, kindOrWhy) => {
    expect(said(decided(xml, coven))).toEqual([answer, kindOrWhy])
  })

  test('a client of the account does not speak for the account', () => {
    const forged = from(`${account}/desktop`, carbon('received', fromRomeo(body)))
    expect(whyNot(decided(forged))).toBe(silent)
    expect(decided(from(`${account}/desktop`, `${carbon('sent', fromRomeo(''))}${body}`)).push).toBe(true)
  })

  test.each([
    ['no message', '<presence xmlns="jabber:client" from="coven@muc.example/Hecate"/>'],
    ['one of no JID', '<message xmlns="jabber:client" from="@" type="groupchat"/>'],
    ['nobody’s', `<message xmlns="jabber:client" type="groupchat">${body}</message>`],
    ['a chat', fromRoom(body).replace('groupchat', 'chat')],
  ])('news of a room that bring what is none are nothing: %s', (_, inner) => {
    expect(whyNot(decided(from('coven@muc.example', event(inner), 'normal'), coven))).toBe(silent)
  })

  test('what it brings must not ask not to be kept', () => {
    const hinted = fromRoom(`${body}<no-store xmlns="urn:xmpp:hints"/>`)
    expect(whyNot(decided(from('coven@muc.example', event(hinted), 'normal'), coven))).toBe('it asks not to be kept')
  })

  test('the page shows this very table', () => {
    const page = readFileSync('docs/extensions/push.md', 'utf8')
    const [, section = ''] = /^## What makes a push\n(.*?)^## /ms.exec(page) ?? []
    const shown = [...section.matchAll(/^\| (.+?) +\| (yes|no) +\| (.+?) +\|$/gm)].map((row) => row.slice(1))
    expect(shown).toEqual(table.map(([what, , answer, kindOrWhy]) => [what, answer, kindOrWhy]))
  })
})

const readerAt = (resource: string, isAway = false): Reader => ({ resource, userAgent: undefined, isAway })
const message = fromRomeo(body)

describe('for whom', () => {
  const [phone, desktop, idle] = [readerAt('phone'), readerAt('desktop'), readerAt('laptop', true)]
  const awake = 'juliet@localhost/desktop is online, and not away'

  test.each([
    ['nobody has it', {}, {}, ''],
    ['its own client has it', {}, { readers: [desktop, phone] }, 'its own client has it, as juliet@localhost/phone'],
    ['others have it: always', {}, { readers: [desktop] }, ''],
    ['others have it: never', {}, { readers: [idle], others: 'never' }, 'juliet@localhost/laptop is online'],
    ['others have it: away, and one is not', {}, { readers: [idle, desktop], others: 'away' }, awake],
    ['others have it: away, and all are', {}, { readers: [idle], others: 'away' }, ''],
    ['others have it: as the registration says', { away: true }, { readers: [desktop] }, awake],
  ] as const)('%s', (_, wanted, world, why) => {
    expect(whyNot(decided(message, wanted, world))).toBe(why)
  })

  test('a client that is told of calls by push alone is told although it has the call', () => {
    const world = { readers: [phone] }
    expect(decided(fromRomeo(jingle('propose')), { jingle: true }, world).push).toBe(true)
    expect(decided(message, { jingle: true }, world).push).toBe(false)
    const andOthers = { readers: [phone, desktop], others: 'never' } as const
    expect(whyNot(decided(fromRomeo(jingle('propose')), { jingle: true }, andOthers))).toBe(
      'juliet@localhost/desktop is online',
    )
  })

  test('a copy that a room sent to another client is not for one that is online itself', () => {
    expect(whyNot(decided(fromRoom(body), coven, { readers: [desktop], online: [desktop, phone] }))).toContain(
      'its own client is online, as juliet@localhost/phone',
    )
    expect(decided(fromRoom(body), coven, { readers: [desktop], online: [desktop] }).push).toBe(true)
  })

  test('of several copies of a message of a room one is told', () => {
    expect(whyNot(decided(fromRoom(body), coven, { wasTold: () => true }))).toBe(
      'it is told of the copy for another client',
    )
  })

  test('what the account wrote to a room does not come back as a push', () => {
    expect(whyNot(decided(fromRoom(body), coven, { isOver: true }))).toBe('the account itself wrote it')
  })
})

describe('calls', () => {
  const call = fromRomeo(jingle('propose'))

  test('a call stands alone, for 30 s; all else is one topic, for a day', () => {
    expect(decided(call)).toEqual({
      push: true,
      kind: 'call',
      topic: 'call romeo@localhost s1',
      lifetimeMs: 30_000,
    })
    for (const xml of [message, fromRoom(body)]) {
      expect(decided(xml, coven)).toMatchObject({ push: true, topic: 'message', lifetimeMs: 24 * 60 * 60 * 1000 })
    }
  })

  test('a call that is over does not ring, nor one that came too long ago', () => {
    expect(whyNot(decided(call, {}, { isOver: true }))).toBe('the call is over')
    expect(decided(call, {}, { now: now + 29_999 }).push).toBe(true)
    expect(whyNot(decided(call, {}, { now: now + 30_000 }))).toBe('the call is too old to ring')
  })

  test('a session whose name is longer than any is no call', () => {
    expect(whyNot(decided(call.replace('"s1"', `"${'s'.repeat(257)}"`)))).toBe(silent)
  })
})

describe('whom it does not want to be told of', () => {
  const stranger = { isKnown: false }
  const request = `<presence xmlns="jabber:client" from="romeo@localhost" to="${account}" type="subscribe"/>`
  const call = fromRomeo(jingle('propose'))

  test.each([message, fromRomeo(omemo(payload)), call, request])('nothing is told of who is muted: %s', (xml) => {
    expect(decided(xml).push).toBe(true)
    expect(whyNot(decided(xml, { muted: ['romeo@localhost'] }))).toBe('its sender is muted')
  })

  test('a muted room says nothing, nor do its occupants; nor does a room for somebody who is muted', () => {
    const muted = ['coven@muc.example']
    expect(whyNot(decided(fromRoom(body), { ...coven, muted }))).toBe('the room is muted')
    expect(whyNot(decided(from('coven@muc.example/Hecate', body), { muted }))).toBe('its sender is muted')
    const invitation = from('coven@muc.example', invite, 'normal')
    expect(whyNot(decided(invitation, { muted: ['hecate@example'] }))).toBe('its sender is muted')
  })

  test.each([message, call, request])('who is not in the roster is not told of where that is asked: %s', (xml) => {
    expect(decided(xml, {}, stranger).push).toBe(true)
    expect(decided(xml, { ignoreUnknown: true }).push).toBe(true)
    expect(whyNot(decided(xml, { ignoreUnknown: true }, stranger))).toBe('its sender is not in the roster')
  })

  test('a room that is listed need not be in the roster', () => {
    expect(decided(fromRoom(body), { ...coven, ignoreUnknown: true }, stranger).push).toBe(true)
  })

  test('without a list no room is told of', () => {
    expect(whyNot(decided(fromRoom(body)))).toBe(notListed)
    expect(whyNot(decided(fromRoom(body), { rooms: [] }))).toBe(notListed)
  })

  test('a room whose nick is to be mentioned is told of when it is, as far as that can be read', () => {
    const mentioned = { rooms: [{ room: 'coven@muc.example', nick: 'Juliet' }] }
    expect(decided(fromRoom('<body>juliet: where art thou?</body>'), mentioned).push).toBe(true)
    expect(whyNot(decided(fromRoom(body), mentioned))).toBe('it is told of the room when its nick is mentioned')
    expect(whyNot(decided(fromRoom(`<body>Juliet</body>${omemo(payload)}`), mentioned))).toContain('cannot be read')
  })
})

describe('a mention', () => {
  const mentioned = { rooms: [{ room: 'coven@muc.example', nick: 'Juliet Capulet' }] }
  const mentions = (text: string, nick: string): boolean =>
    new Mentions({ content: Content.of(el('body', { xmlns: 'jabber:client' }, text)) }).names(nick)
  const references = (count: number, to: (index: number) => string): string =>
    Array.from(
      { length: count },
      (_, index) => `<reference xmlns="urn:xmpp:reference:0" type="mention" uri="xmpp:${encodeURI(to(index))}"/>`,
    ).join('')
  const reference = (uri: string, type = 'mention'): string =>
    fromRoom(`${body}<reference xmlns="urn:xmpp:reference:0" type="${type}" uri="${uri}"/>`)

  test.each(['xmpp:juliet@localhost', 'xmpp:Juliet@localhost?message', 'xmpp:coven@muc.example/Juliet%20Capulet'])(
    'by reference: %s, also beside an OMEMO message',
    (uri) => {
      expect(decided(reference(uri), mentioned).push).toBe(true)
      expect(decided(reference(uri).replace(body, omemo(payload)), mentioned).push).toBe(true)
    },
  )

  test.each([
    'xmpp:romeo@localhost',
    'xmpp:coven@muc.example',
    'juliet@localhost',
    'xmpp:%E0',
    '',
    'xmpp:heath@muc.example/Juliet%20Capulet',
  ])('not by a reference to somebody else: %s', (uri) => expect(decided(reference(uri), mentioned).push).toBe(false))

  test('not by a reference of another kind, nor by no nick', () => {
    expect(decided(reference('xmpp:juliet@localhost', 'data'), mentioned).push).toBe(false)
    const nameless = { rooms: [{ room: 'coven@muc.example', nick: '' }] }
    expect(decided(fromRoom(body), nameless).push).toBe(false)
    expect(decided(reference('xmpp:juliet@localhost'), nameless).push).toBe(true)
  })

  test.each([
    ['Juliet', 'Juliet'],
    ['JULIET, come', 'Juliet'],
    ["that is Juliet's", 'Juliet'],
    ['@Juliet!', 'Juliet'],
    ['nor Julietta, but Juliet', 'Juliet'],
    ['朱丽叶你好', '朱丽叶'],
    ['줄리엣아 안녕', '줄리엣'],
    ['Zoe\u0308 comes', 'Zoë'],
    ['so [Juliet] said', '[Juliet]'],
    ['x[Juliet]y', '[Juliet]'],
    ['𝔄𝔟 Al', 'al'],
    ['The Nurse is here', 'the nurse'],
  ])('%s names %s', (text, nick) => expect(mentions(text, nick)).toBe(true))

  test.each([
    ['Julietta', 'Juliet'],
    ['MissJuliet', 'Juliet'],
    ['also', 'Al'],
    ['Al2', 'Al'],
    ['al_', 'Al'],
    ['Ал\u0301', 'Ал'],
    ['', 'Juliet'],
    ['anything', ''],
  ])('%s does not name %s', (text, nick) => expect(mentions(text, nick)).toBe(false))

  test('so much of a text is looked through and no more', () => {
    expect(mentions(`${' '.repeat(4000)} Juliet`, 'Juliet')).toBe(true)
    expect(mentions(`${' '.repeat(4096)} Juliet`, 'Juliet')).toBe(false)
    expect(mentions(`${'\uFDFA'.repeat(500)} Juliet`, 'Juliet')).toBe(false)
    expect(mentions(`${'also '.repeat(99)} Al`, 'Al')).toBe(true)
    expect(mentions(`${'also '.repeat(100)} Al`, 'Al')).toBe(false)
  })

  test('so many references are looked at and no more', () => {
    const refers = (count: number): boolean => {
      const others = references(count, (index) => `user${String(index)}@localhost`)
      return decided(fromRoom(body + others + references(1, () => account)), mentioned).push
    }
    expect([refers(49), refers(50)]).toEqual([true, false])
  })

  test.each([
    ['a text that grows', `<body>${'\uFDFA'.repeat(16_384)}</body>`, 'ل'],
    ['a text of one word after the other', `<body>${'al'.repeat(24_000)}</body>`, 'al'],
    ['a text that is nearly the name, again and again', `<body>${'a'.repeat(49_000)}</body>`, 'b' + 'a'.repeat(1000)],
    ['references', `${body}${references(2200, (index) => `user${String(index)}é@host.example/x`)}`, 'ل'],
    ['delays', `${body}${`<delay xmlns="urn:xmpp:delay" from="é@host.example"/>`.repeat(2200)}`, 'ل'],
    ['ids', `${body}${`<stanza-id xmlns="urn:xmpp:sid:0" id="1" by="é@host.example"/>`.repeat(2200)}`, 'ل'],
  ])('many registrations that are told when they are mentioned cost little: %s', (_, inside, nick) => {
    const registrations = Array.from({ length: 32 }, (_, index) => ({
      ...registrationWith({ rooms: [{ room: 'coven@muc.example', nick }] }),
      node: String(index),
    }))
    const rooms = new Rooms()
    const message = stanza(fromRoom(inside))
    if (message.kind !== 'message') throw new Error('a room writes messages')
    const wasTold = (registration: Registration): boolean => rooms.wasTold(registration, message, Date)
    const begun = process.cpuUsage()
    const reading = read(message, account)
    const told = registrations.map((one) => decide(reading, one, { ...nobodyThere, wasTold }).push)
    const { user, system } = process.cpuUsage(begun)
    expect(told).not.toContain(true)
    expect((user + system) / 1000).toBeLessThan(200)
  })

  test('a nick between spaces is always found, whatever it is', () => {
    const nick = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => /[\p{L}\p{N}]/u.test(text))
    fc.assert(fc.property(nick, fc.string(), (name, text) => mentions(`${text} ${name.trim()} ${text}`, name.trim())))
  })
})

test('what is decided quotes nothing of what was written', () => {
  const secret = 'fpzqrs'
  fc.assert(
    fc.property(fc.constantFrom(...table), ([, xml]) => {
      const written = xml.replace('Art thou there?', secret)
      expect(JSON.stringify(decided(written, { muted: ['romeo@localhost'] }))).not.toContain(secret)
    }),
  )
})

test('why there is no push names nobody but the own clients of the account', () => {
  const rooms = [{ room: 'coven@muc.example', nick: 'Nobody' }]
  const speakers = ['romeo@localhost', 'hecate@example', 'coven@muc.example', 'heath@muc.example']
  const rule = fc.constantFrom<Partial<PushRules>>({ muted: speakers }, { ignoreUnknown: true }, { rooms }, coven)
  fc.assert(
    fc.property(fc.constantFrom(...table), rule, ([, xml], wanted) => {
      expect(whyNot(decided(xml, wanted, { isKnown: false }))).not.toMatch(/romeo|hecate|coven|heath/i)
    }),
  )
})
