// Sealed notifications, opened by readers that are not ours to bend: Node's crypto, WebCrypto, Python, and Siskin's rules (docs/spec-notes.md).

import { randomBytes, createCipheriv } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Notification, openNotification } from '../extensions/notification.js'
import { attr, type Element } from '../server/xml.js'
import {
  asksToSee,
  calls,
  invites,
  type Moment,
  nodeOf,
  plays,
  registersAll,
  says,
  saysInRoom,
  writesOmemo03,
  writesOmemo2,
} from './helpers/evening.js'
import { complaintsAbout, KeyRing } from './helpers/readers/audit.js'
import { nodeReader } from './helpers/readers/node.js'
import { findPython, pythonReader } from './helpers/readers/python.js'
import type { Reader, Sealed } from './helpers/readers/sealed.js'
import { readLikeSiskin, SiskinError, type SiskinPush } from './helpers/readers/siskin.js'
import { webCryptoReader } from './helpers/readers/web-crypto.js'
import { scenario, xml } from './helpers/scenario.js'
import { notificationOf } from './helpers/sealed.js'

const python = findPython()
const readers: readonly Reader[] = [
  nodeReader,
  webCryptoReader,
  ...(python === undefined ? [] : [pythonReader(python)]),
]

/** Not everybody has Python's `cryptography`; whoever sets CI_READERS=all wants to hear of it when it is missing. */
test.skipIf(python === undefined && process.env['CI_READERS'] !== 'all')('Python is at hand as a reader', () => {
  expect(python).toBeDefined()
})

const key = randomBytes(16)

/** Seals as the server does, whatever is given. */
function seal(plain: string | Buffer, type?: string): SiskinPush & Sealed {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { key: key.toString('base64'), iv: iv.toString('base64'), encrypted: encrypted.toString('base64'), type }
}

const sealJson = (json: unknown, type?: string): SiskinPush & Sealed => seal(JSON.stringify(json), type)

/** The same base64, with one bit of its bytes flipped. */
function changed(base64: string, at: number): string {
  const bytes = Buffer.from(base64, 'base64')
  const index = at < 0 ? bytes.length + at : at
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index)
  return bytes.toString('base64')
}

describe.each(readers)('$name', (reader) => {
  const sealed = sealJson({ unread: 1, sender: 'romeo@localhost', message: 'Soft! 🌹' })

  test('reads what was sealed', async () => {
    expect(await reader.read([sealed, seal('{"unread":2}   ')])).toEqual([
      { unread: 1, sender: 'romeo@localhost', message: 'Soft! 🌹' },
      { unread: 2 },
    ])
  })

  test.each([
    ['another key', { ...sealed, key: changed(sealed.key, 0) }],
    ['another iv', { ...sealed, iv: changed(sealed.iv, 0) }],
    ['another text', { ...sealed, encrypted: changed(sealed.encrypted, 0) }],
    ['another tag', { ...sealed, encrypted: changed(sealed.encrypted, -1) }],
  ])('refuses %s', async (_, spoiled) => {
    await expect(reader.read([sealed, spoiled])).rejects.toThrow()
  })
})

const evening: readonly Moment[] = [
  says('romeo', 'yes'),
  says('mercutio', 'O, then, I see Queen Mab hath been with you. 🧚🏽‍♀️ '.repeat(120)),
  writesOmemo03('nurse', 16),
  invites('benvolio', 'balcony@rooms.localhost'),
  calls('romeo', 'call-1', 'audio', 'video'),
  asksToSee('paris'),
  writesOmemo2('tybalt', 900),
  calls('nurse', 'call-2', 'screen'),
  saysInRoom('Balthasar 🗡', '/me will be brief'),
  says('paris', '</message>\u2028"\\ & \u{1F469}\u200D\u{1F680}', 'normal'),
]

/** What a phone has of a publish: the key of its node, and what was in `<encrypted/>`. */
function handedOver(publish: Element, keys: ReadonlyMap<string, string>): Sealed & SiskinPush {
  const encrypted = notificationOf(publish).getChild('encrypted', 'tigase:push:encrypt:0')
  if (encrypted === undefined) throw new Error('it is not sealed')
  const type = attr(encrypted, 'type')
  return {
    key: keys.get(nodeOf(publish)) ?? '',
    iv: attr(encrypted, 'iv') ?? '',
    encrypted: encrypted.text(),
    type,
  }
}

/** What our own reader ought to have made of the JSON: no member lost, none added. */
function notificationFrom(json: unknown): Notification {
  const nothing = { type: undefined, nickname: undefined, sid: undefined, media: undefined, id: undefined }
  const { omemo, ...rest } = json as Notification
  return { ...nothing, ...rest, omemo: omemo && { ...omemo, iv: omemo.iv, prekey: omemo.prekey, ns: omemo.ns } }
}

scenario(
  'whatever an evening brings, every reader reads the same in every notification, and ours does, too',
  async ({ romeo, mercutio, benvolio, nurse, tybalt, paris, juliet, pushService }) => {
    const keys = await registersAll(juliet, pushService.jid)
    await juliet.leaves()
    const people = { romeo, mercutio, benvolio, nurse, tybalt, paris, pushService }
    const publishes = await plays(evening, people, juliet.account)
    const sealed = publishes.map((publish) => handedOver(publish, keys))
    const [first, ...others] = await Promise.all(readers.map((reader) => reader.read(sealed)))
    for (const other of others) expect(other).toEqual(first)
    const ours = await Promise.all(sealed.map((each) => openNotification(each)))
    expect(ours).toEqual(first?.map(notificationFrom))
    const shown = publishes.map((publish, index) =>
      readLikeSiskin(sealed[index] ?? sealJson(''), { knowsSubscribe: nodeOf(publish) === 'omemo' }),
    )
    expect(shown.filter(({ kind }) => kind === 'call')).toHaveLength(keys.size)
    expect(shown).toContainEqual({
      kind: 'message',
      from: 'balcony@push.localhost',
      body: 'will be brief',
      nickname: 'Balthasar 🗡',
    })
    expect(shown[0]).toEqual({ kind: 'message', from: romeo.account, body: 'yes', nickname: undefined })
    expect(shown.find(({ kind }) => kind === 'call')).toEqual({
      kind: 'call',
      from: romeo.jid,
      sid: 'call-1',
      media: ['audio', 'video'],
    })
  },
  { config: { push: { burst: 1000 } } },
)

const message = { unread: 1, sender: 'romeo@localhost', type: 'chat', message: 'hist!' }
const call = { ...message, type: 'call', sender: 'romeo@localhost/balcony', sid: 's1', media: ['audio'] }

/** What the reader says of it. */
function siskinSays(push: SiskinPush, knowsSubscribe = false): string {
  try {
    return readLikeSiskin(push, { knowsSubscribe }).kind
  } catch (reason) {
    if (reason instanceof SiskinError) return reason.effect
    throw reason
  }
}

describe('Siskin', () => {
  test.each([
    ['a message', sealJson(message), 'message'],
    ['a message padded with spaces', seal(`${JSON.stringify(message)}${' '.repeat(500)}`), 'message'],
    ['no type', sealJson({ ...message, type: undefined }), 'message'],
    ['null for what may be missing', sealJson({ ...message, type: null, nickname: null, sid: null }), 'message'],
    ['members that it does not know', sealJson({ ...message, omemo: { keys: [1] }, id: 7 }), 'message'],
    ['a message of a room', sealJson({ ...message, type: 'groupchat', nickname: 'Romeo' }), 'message'],
    ['a call', sealJson(call, 'voip'), 'call'],
    ['the end of a call', sealJson({ ...message, sid: 's1', message: undefined }), 'call is over'],
  ])('shows %s', (_, push, kind) => {
    expect(siskinSays(push)).toBe(kind)
  })

  test.each([
    ['a type that it does not know', sealJson({ ...message, type: 'subscribe' })],
    ['an empty type', sealJson({ ...message, type: '' })],
    ['a type in another case', sealJson({ ...message, type: 'Chat' })],
    ['media of a call that it does not know', sealJson({ ...call, media: ['audio', 'screen'] }, 'voip')],
    ['a call without media', sealJson({ ...call, media: undefined }, 'voip')],
    ['less than a tag', { ...sealJson(message), encrypted: 'AAAA' }],
  ])('crashes on %s', (_, push) => {
    expect(siskinSays(push)).toBe('crash')
  })

  test.each([
    ['without unread', sealJson({ ...message, unread: undefined })],
    ['with unread as a string', sealJson({ ...message, unread: '1' })],
    ['with half a message unread', sealJson({ ...message, unread: 1.5 })],
    ['with a truth for unread', sealJson({ ...message, unread: true })],
    ['without sender', sealJson({ ...message, sender: undefined })],
    ['with an empty sender', sealJson({ ...message, sender: '' })],
    ['with a full JID as the sender of a message', sealJson({ ...message, sender: 'romeo@localhost/balcony' })],
    ['with a sender that is no string', sealJson({ ...message, sender: 7 })],
    ['with a type that is no string', sealJson({ ...message, type: 7 })],
    ['with a nickname that is no string', sealJson({ ...message, nickname: {} })],
    ['without a message', sealJson({ ...message, message: undefined })],
    ['with a message that is no string', sealJson({ ...message, message: ['hist!'] })],
    ['with a sid that is a number', sealJson({ ...message, sid: 7 })],
    ['with media that is no list', sealJson({ ...message, media: 'audio' })],
    ['that is a call without the outer type', sealJson(call)],
    ['with half a character', seal('{"unread":1,"sender":"romeo@localhost","message":"\\ud83d"}')],
    ['with half a character in what it does not read', seal(`{"omemo":"\\udc00",${JSON.stringify(message).slice(1)}`)],
    ['that is a list', sealJson([message])],
    ['that is no JSON', seal('hist!')],
    ['that is padded with zeros', seal(Buffer.concat([Buffer.from(JSON.stringify(message)), Buffer.alloc(8)]))],
    ['that is sealed with another key', { ...sealJson(message), key: randomBytes(16).toString('base64') }],
    ['whose text was changed', { ...sealJson(message), encrypted: changed(sealJson(message).encrypted, 0) }],
    ['with a line break in its base64', { ...sealJson(message), iv: `${sealJson(message).iv}\n` }],
    ['with base64 of URLs', { ...sealJson(message), iv: '____AAAA--AA' }],
    ['without its padding', { ...sealJson(message), encrypted: 'A'.repeat(43) }],
    ['with an outer type that is no way to a phone', sealJson(message, 'chat')],
    ['that rings without a sid', sealJson({ ...call, sid: undefined }, 'voip')],
    ['that rings with a number as its sid', sealJson({ ...call, sid: 7 }, 'voip')],
    ['that rings for a bare JID', sealJson({ ...call, sender: 'romeo@localhost' }, 'voip')],
    ['that rings without a sender', sealJson({ ...call, sender: undefined }, 'voip')],
    ['that rings for nothing', sealJson({ ...call, media: [] }, 'voip')],
    ['that rings and calls itself a chat', sealJson({ ...call, type: 'chat' }, 'voip')],
  ])('drops a push %s', (_, push) => {
    expect(siskinSays(push)).toBe('drop')
  })

  test('a reader newer than Siskin knows a request for a subscription', () => {
    const request = sealJson({ ...message, type: 'subscribe' })
    expect(siskinSays(request, true)).toBe('message')
    expect(siskinSays(sealJson({ ...message, type: 'unsubscribe' }), true)).toBe('crash')
  })

  test('what is wrong is said without what was sealed', () => {
    expect(() => readLikeSiskin(sealJson({ ...message, message: 7, sender: 'secret@localhost' }))).toThrow(
      /^Siskin would drop it: message is no string$/,
    )
  })
})

describe('every scenario reads what its push service was handed, and complains of', () => {
  const base64 = key.toString('base64')

  function ringWith(...inside: readonly Element[]): KeyRing {
    const keys = new KeyRing()
    keys.note(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="push.localhost" node="n">
      <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm"> ${base64.slice(0, 9)} ${base64.slice(9)} </encrypt>${inside}</enable></iq>`)
    return keys
  }

  function publishing({ iv, encrypted, type }: SiskinPush, node = 'n'): Element {
    const sealed = xml`<encrypted xmlns="tigase:push:encrypt:0" iv="${iv}">${encrypted}</encrypted>`
    if (type !== undefined) sealed.attrs['type'] = type
    return xml`<iq xmlns="jabber:component:accept" type="set"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="${node}">
      <item><notification xmlns="urn:xmpp:push:0">${sealed}</notification></item></publish></pubsub></iq>`
  }

  const complaints = (keys: KeyRing, ...publishes: readonly Element[]): string =>
    complaintsAbout('push.localhost', publishes, keys).join('\n')

  const omemo = xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1"/>`
  const request = publishing(sealJson({ ...message, type: 'subscribe' }))

  test('nothing that is as it should be', () => {
    const twice = publishing(sealJson(message))
    expect(complaints(ringWith(), twice, twice, publishing(sealJson(call, 'voip')))).toBe('')
    expect(complaints(ringWith(omemo), request)).toBe('')
    expect(complaints(ringWith(), xml`<iq xmlns="jabber:component:accept" type="get"/>`)).toBe('')
  })

  test('what no key opens', () => {
    expect(complaints(new KeyRing(), publishing(sealJson(message)))).toContain('no key')
    expect(complaints(ringWith(), publishing(sealJson(message), 'another'))).toContain('no key')
    expect(complaints(ringWith(), publishing({ ...sealJson(message), iv: 'AAAAAAAAAAAAAAAA' }))).toContain('no key')
  })

  test('what Siskin would crash on or drop', () => {
    expect(complaints(ringWith(), request)).toContain('crash')
    expect(complaints(ringWith(omemo), publishing(sealJson({ ...message, unread: '1' })))).toContain('drop')
    expect(complaints(ringWith(), publishing(sealJson(call)))).toContain('drop')
  })

  test('an IV that was used before', () => {
    const iv = Buffer.alloc(12)
    const again = (text: string): Element => {
      const cipher = createCipheriv('aes-128-gcm', key, iv)
      const plain = JSON.stringify({ ...message, message: text })
      const encrypted = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64')
      return publishing({ key: base64, iv: iv.toString('base64'), encrypted, type: undefined })
    }
    expect(complaints(ringWith(), again('one'), again('two'))).toContain('IV')
  })
})
