// `sealpost/notification`, what apps import: sealed here with node:crypto, opened there with WebCrypto.
import { createCipheriv, randomBytes, webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import ts from 'typescript'
import { describe, expect, test, vi } from 'vitest'
import {
  decryptOmemo,
  NotificationError,
  omemoMessages,
  openNotification,
  openPayload03,
  openPayload2,
  type DecryptKey,
  type Notification,
  type OmemoPart,
  type SealedNotification,
} from '../../extensions/notification.js'
import { envelope, seal } from '../helpers/omemo/sce.js'

const OMEMO_03 = 'eu.siacs.conversations.axolotl'
const OMEMO_2 = 'urn:xmpp:omemo:2'
const JULIET = 'juliet@capulet.lit'

const LEAST = { unread: 1, sender: JULIET, message: 'Art thou not Romeo?' }
const PART = { keys: ['AQID'], prekey: [true], sid: '27183', data: 'BAUG', iv: 'AAAAAAAAAAAAAAAA', ns: OMEMO_03 }

function gcm(key: Uint8Array, iv: Uint8Array, plain: string | Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function sealed(plain: string | Uint8Array, ivLength = 12): SealedNotification {
  const key = randomBytes(16)
  const iv = randomBytes(ivLength)
  const encrypted = gcm(key, iv, plain).toString('base64')
  return { key: key.toString('base64'), iv: iv.toString('base64'), encrypted }
}

function sealedJson(json: unknown): SealedNotification {
  return sealed(JSON.stringify(json))
}

function changed(text: string, at: number): string {
  const bytes = Buffer.from(text, 'base64')
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  return bytes.toString('base64')
}

async function reasonOf(opening: Promise<unknown>): Promise<string> {
  const failure: unknown = await opening.then(
    () => 'it was opened',
    (reason: unknown) => reason,
  )
  return failure instanceof NotificationError ? failure.reason : `not a NotificationError: ${String(failure)}`
}

function isWhole({ unread, sender, message }: Notification): boolean {
  return Number.isSafeInteger(unread) && unread >= 0 && sender !== '' && typeof message === 'string'
}

describe('opening a sealed push', () => {
  test('every member of a message arrives as it was sealed', async () => {
    const json = { ...LEAST, type: 'groupchat', nickname: 'Nurse', id: 's-1', omemo: PART }
    expect(await openNotification(sealedJson(json))).toEqual({ ...json, sid: undefined, media: undefined })
  })

  test('every member of a call arrives as it was sealed', async () => {
    const json = { ...LEAST, sender: `${JULIET}/balcony`, type: 'call', sid: 'ca3cf894', media: ['audio', 'video'] }
    const call = await openNotification(sealedJson(json))
    expect(call).toEqual({ ...json, nickname: undefined, id: undefined, omemo: undefined })
  })

  test('what a plain Tigase server sends, without id, ns and prekey, is read', async () => {
    const { keys, sid, data, iv } = PART
    const { omemo } = await openNotification(sealedJson({ ...LEAST, omemo: { keys, sid, data, iv } }))
    expect(omemo).toEqual({ keys, sid, data, iv, ns: undefined, prekey: undefined })
  })

  test('the spaces that hide the length do not matter', async () => {
    const notification = await openNotification(sealed(JSON.stringify(LEAST).padEnd(2200, ' ')))
    expect(notification.message).toBe(LEAST.message)
  })

  test('white space around and within the base64 is ignored', async () => {
    const { key, iv, encrypted } = sealedJson(LEAST)
    const lines = (text: string): string => `\n  ${text.replace(/.{7}/g, '$&\r\n\t')} `
    const notification = await openNotification({ key: lines(key), iv: lines(iv), encrypted: lines(encrypted) })
    expect(notification.message).toBe(LEAST.message)
  })

  test('a 16-byte iv is as good as one of 12', async () => {
    expect((await openNotification(sealed(JSON.stringify(LEAST), 16))).message).toBe(LEAST.message)
  })

  test('any text comes through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (message) => {
        expect((await openNotification(sealedJson({ ...LEAST, message }))).message).toBe(message)
      }),
    )
  })

  test('a file without any import, Node or DOM is all that a service worker needs', async () => {
    const source = await readFile(new URL('../../extensions/notification.ts', import.meta.url), 'utf8')
    const module = ts.ModuleKind.CommonJS
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module, target: ts.ScriptTarget.ES2023 } })
    const exports: { openNotification?: typeof openNotification } = {}
    const worker = createContext({ exports, crypto: webcrypto, atob, TextDecoder, TextEncoder })
    runInContext(outputText, worker)
    expect(await exports.openNotification?.(sealedJson(LEAST))).toMatchObject(LEAST)
  })
})

describe('what cannot be opened says why', () => {
  const good = sealedJson(LEAST)
  const bytes = (count: number): string => randomBytes(count).toString('base64')
  const length = Buffer.from(good.encrypted, 'base64').length

  test.each<[string, Partial<Record<keyof SealedNotification, unknown>>, string]>([
    ['another key', { key: bytes(16) }, 'tag'],
    ['another iv', { iv: bytes(12) }, 'tag'],
    ['a changed first byte', { encrypted: changed(good.encrypted, 0) }, 'tag'],
    ['a changed last byte of the tag', { encrypted: changed(good.encrypted, length - 1) }, 'tag'],
    ['a byte too many', { encrypted: Buffer.from(`${good.encrypted}AAAA`, 'base64').toString('base64') }, 'tag'],
    ['nothing but a tag', { encrypted: bytes(16) }, 'tag'],
    ['less than a tag', { encrypted: bytes(15) }, 'encrypted'],
    ['no text', { encrypted: '' }, 'encrypted'],
    ['text that is not base64', { encrypted: '<encrypted/>' }, 'encrypted'],
    ['a missing text', { encrypted: undefined }, 'encrypted'],
    ['a text that no push can carry', { encrypted: bytes(65_536) }, 'encrypted'],
    ['a short key', { key: bytes(15) }, 'key'],
    ['a key for AES-256', { key: bytes(32) }, 'key'],
    ['a key that is not base64', { key: 'ключ' }, 'key'],
    ['a missing key', { key: null }, 'key'],
    ['a short iv', { iv: bytes(11) }, 'iv'],
    ['a long iv', { iv: bytes(17) }, 'iv'],
    ['an iv that is not text', { iv: 12 }, 'iv'],
  ])('%s', async (_, change, reason) => {
    expect(await reasonOf(openNotification({ ...good, ...change } as SealedNotification))).toBe(reason)
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'unread: 1'],
    ['JSON that ends early', '{"unread":1'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22)],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"unread"'],
    ['no unread', '{"sender":"a@b","message":""}'],
    ['a negative unread', '{"unread":-1,"sender":"a@b","message":""}'],
    ['half an unread', '{"unread":0.5,"sender":"a@b","message":""}'],
    ['an unread in words', '{"unread":"1","sender":"a@b","message":""}'],
    ['an endless unread', '{"unread":1e999,"sender":"a@b","message":""}'],
    ['no sender', '{"unread":1,"message":""}'],
    ['an empty sender', '{"unread":1,"sender":"","message":""}'],
    ['a sender that is an object', '{"unread":1,"sender":{},"message":""}'],
    ['members of a prototype', '{"__proto__":{"unread":1,"sender":"a@b","message":""}}'],
  ])('sealed was %s', async (_, plain) => {
    expect(await reasonOf(openNotification(sealed(plain)))).toBe('json')
  })

  test('the error tells nothing of what was sealed', async () => {
    const failure: unknown = await openNotification(sealed('{"message":"wherefore"')).catch((reason: unknown) => reason)
    expect(String(failure)).toMatch(/^NotificationError: /)
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('wherefore')
    expect(failure).not.toHaveProperty('cause')
  })

  test('whatever JSON was sealed, it becomes a notification or a NotificationError', async () => {
    const member = fc.constantFrom('unread', 'sender', 'message', 'type', 'media', 'id', 'sid', 'omemo', 'keys', 'data')
    const { hostile } = fc.letrec((tie) => ({
      hostile: fc.oneof(
        { maxDepth: 3 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(member, tie('hostile')),
        fc.array(tie('hostile'), { maxLength: 3 }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(fc.boolean(), hostile, async (likely, json) => {
        const whole = likely && typeof json === 'object' ? Object.assign({ ...LEAST }, json) : json
        const outcome = await openNotification(sealedJson(whole)).catch((reason: unknown) => reason)
        if (outcome instanceof NotificationError) expect(outcome.reason).toBe('json')
        else expect(outcome).toSatisfy(isWhole)
      }),
    )
  })
})

describe('optional members that are malformed are absent', () => {
  test.each<[string, object, Partial<Notification>]>([
    ['a type of tomorrow', { type: 'hologram' }, { type: undefined }],
    ['a nickname that is a number', { nickname: 7 }, { nickname: undefined }],
    ['an id that is a list', { id: ['s-1'] }, { id: undefined }],
    ['media that are a text', { media: 'audio' }, { media: undefined }],
    ['media of tomorrow', { media: ['smell', 'video', 7, null] }, { media: ['video'] }],
    ['an unknown member', { badge: 'x' }, {}],
    ['no message', { message: undefined }, { message: '' }],
    ['omemo without keys', { omemo: { ...PART, keys: [] } }, { omemo: undefined }],
    ['omemo with a key that is a number', { omemo: { ...PART, keys: [1] } }, { omemo: undefined }],
    ['omemo without data', { omemo: { ...PART, data: undefined } }, { omemo: undefined }],
    ['omemo of device 0', { omemo: { ...PART, sid: '0' } }, { omemo: undefined }],
    ['omemo of device 2³²', { omemo: { ...PART, sid: '4294967296' } }, { omemo: undefined }],
    ['omemo of a device in words', { omemo: { ...PART, sid: 'two' } }, { omemo: undefined }],
    ['omemo that is a list', { omemo: [PART] }, { omemo: undefined }],
    ['a sid that is a number', { omemo: { ...PART, sid: 4294967295 } }, { omemo: { ...PART, sid: '4294967295' } }],
    ['fewer flags than keys', { omemo: { ...PART, prekey: [] } }, { omemo: { ...PART, prekey: undefined } }],
    ['flags in words', { omemo: { ...PART, prekey: ['true'] } }, { omemo: { ...PART, prekey: undefined } }],
  ])('%s', async (_, change, expected) => {
    const notification = await openNotification(sealedJson({ ...LEAST, ...change }))
    expect(notification).toMatchObject({ unread: 1, sender: JULIET, ...expected })
  })
})

function withOmemo(omemo: Partial<OmemoPart> | undefined, type: Notification['type'] = 'chat'): Notification {
  const absent = { nickname: undefined, sid: undefined, media: undefined, id: undefined }
  return { ...LEAST, ...absent, type, omemo: omemo && { ...PART, ...omemo } }
}

describe('what an OMEMO library is given', () => {
  test('each key of OMEMO 0.3 with its flag, the sender’s device, the iv and the payload', () => {
    const messages = omemoMessages(withOmemo({ keys: ['AQID', 'BwgJ'], prekey: [true, false] }))
    const iv = new Uint8Array(12)
    const shared = { version: '0.3', sender: JULIET, senderDevice: 27183, iv, payload: Uint8Array.of(4, 5, 6) }
    expect(messages).toEqual([
      { ...shared, key: Uint8Array.of(1, 2, 3), isPreKey: true },
      { ...shared, key: Uint8Array.of(7, 8, 9), isPreKey: false },
    ])
  })

  test('OMEMO 2 has no iv', () => {
    const [message] = omemoMessages(withOmemo({ ns: OMEMO_2, iv: undefined }))
    expect(message).toMatchObject({ version: '2', senderDevice: 27183, isPreKey: true })
    expect(message).not.toHaveProperty('iv')
  })

  test('without a namespace the iv tells which OMEMO it is', () => {
    expect(omemoMessages(withOmemo({ ns: undefined }))[0]?.version).toBe('0.3')
    expect(omemoMessages(withOmemo({ ns: undefined, iv: undefined }))[0]?.version).toBe('2')
  })

  test('a notification without OMEMO gives nothing', async () => {
    const asked = vi.fn<DecryptKey>()
    expect(omemoMessages(withOmemo(undefined))).toEqual([])
    expect(await decryptOmemo(withOmemo(undefined), asked)).toBeUndefined()
    expect(asked).not.toHaveBeenCalled()
  })

  test.each<[string, Partial<OmemoPart>]>([
    ['an OMEMO of tomorrow', { ns: 'urn:xmpp:omemo:3' }],
    ['OMEMO 0.3 without iv', { iv: undefined }],
    ['a key that is not base64', { keys: ['AQID', '%'] }],
    ['data that is not base64', { data: '?' }],
    ['an iv that is not base64', { iv: '!' }],
  ])('%s cannot be read, and no key is tried', async (_, omemo) => {
    const asked = vi.fn<DecryptKey>()
    expect(await reasonOf(decryptOmemo(withOmemo(omemo), asked))).toBe('omemo')
    expect(asked).not.toHaveBeenCalled()
  })
})

describe('trying the keys', () => {
  const key = randomBytes(16)
  const iv = randomBytes(12)
  const whole = gcm(key, iv, 'O gentle Romeo')
  const tag = whole.subarray(whole.length - 16)
  const data = whole.subarray(0, whole.length - 16).toString('base64')
  const part = { keys: ['AQ==', 'Ag==', 'Aw=='], prekey: [false, false, false], data, iv: iv.toString('base64') }

  test('stops at the first that decrypts, for a ratchet must not be moved twice', async () => {
    const decryptKey = vi.fn<DecryptKey>((message) =>
      message.key[0] === 2 ? Promise.resolve(Buffer.concat([key, tag])) : Promise.reject(new Error('not mine')),
    )
    expect(await decryptOmemo(withOmemo(part), decryptKey)).toBe('O gentle Romeo')
    expect(decryptKey).toHaveBeenCalledTimes(2)
  })

  test('tries no other key when one decrypts and the payload does not fit', async () => {
    const decryptKey = vi.fn<DecryptKey>(() => Promise.resolve(randomBytes(32)))
    expect(await reasonOf(decryptOmemo(withOmemo(part), decryptKey))).toBe('payload')
    expect(decryptKey).toHaveBeenCalledTimes(1)
  })

  test('keeps why each of them failed', async () => {
    const failure: unknown = await decryptOmemo(withOmemo(part), ({ key: [first] }) =>
      Promise.reject(new Error(`no session ${String(first)}`)),
    ).catch((reason: unknown) => reason)
    expect(failure).toMatchObject({ reason: 'session', cause: { errors: [{ message: 'no session 1' }, {}, {}] } })
  })

  test('takes an ArrayBuffer as well, as libsignal gives it', async () => {
    const opened = Uint8Array.from(Buffer.concat([key, tag])).buffer
    expect(await decryptOmemo(withOmemo(part), () => Promise.resolve(opened))).toBe('O gentle Romeo')
  })
})

describe('the payload of OMEMO 0.3', () => {
  const key = randomBytes(16)
  const iv = randomBytes(12)
  const whole = gcm(key, iv, 'My bounty is as boundless as the sea 🌊')
  const payload = whole.subarray(0, whole.length - 16)
  const tag = whole.subarray(whole.length - 16)

  test('opens with the tag behind the key', async () => {
    const text = await openPayload03(Buffer.concat([key, tag]), iv, payload)
    expect(text).toBe('My bounty is as boundless as the sea 🌊')
  })

  test('opens with the tag behind the payload, as old clients send it', async () => {
    expect(await openPayload03(key, iv, whole)).toBe('My bounty is as boundless as the sea 🌊')
  })

  test.each<[string, Uint8Array, Uint8Array, Uint8Array]>([
    ['another tag', Buffer.concat([key, randomBytes(16)]), iv, payload],
    ['half a tag', Buffer.concat([key, tag.subarray(0, 8)]), iv, payload],
    ['a tag too long', Buffer.concat([key, tag, tag]), iv, payload],
    ['no key', Buffer.alloc(0), iv, payload],
    ['no iv', Buffer.concat([key, tag]), Buffer.alloc(0), payload],
    ['no payload and no tag', key, iv, Buffer.alloc(0)],
  ])('%s is refused', async (_, secret, vector, data) => {
    expect(await reasonOf(openPayload03(secret, vector, data))).toBe('payload')
  })
})

describe('the payload of OMEMO 2', () => {
  const text = (...of: Parameters<typeof envelope>): string => envelope(...of).toString()
  const ROOM = 'verona@rooms.montague.lit'

  function read(xml: string, type: Notification['type'] = 'chat', sender = JULIET): Promise<unknown> {
    const { secret, payload } = seal(xml)
    const part = { ns: OMEMO_2, iv: undefined, data: payload.toString('base64') }
    return decryptOmemo({ ...withOmemo(part, type), sender }, () => Promise.resolve(secret))
  }

  const head = "<envelope xmlns='urn:xmpp:sce:1'><content>"
  const foot = `</content><rpad>abc</rpad><from jid='${JULIET}'/></envelope>`
  const body = "<body xmlns='jabber:client'>Sweet, good night!</body>"

  test('any text comes through, whatever it contains', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (said) => {
        expect(await read(text(said, JULIET))).toBe(said)
      }),
    )
  })

  test.each([
    [
      'with prefixes',
      `<s:envelope xmlns:s="urn:xmpp:sce:1" xmlns="jabber:client"><s:content><body>Sweet</body></s:content></s:envelope>`,
    ],
    ['with CDATA', `${head}<body xmlns="jabber:client">Sw<![CDATA[e]]>et</body>${foot}`],
    ['with references', `${head}<body xmlns="jabber:client">&#83;w&#x65;et</body>${foot}`],
    ['laid out in lines', `${head}\n  <x a = '1'\n b="&gt;"/>\n  <body  xmlns='jabber:client' >Sweet</body >\n${foot}`],
    [
      'with other content before',
      `${head}<body xmlns='urn:other'>no</body><x><body xmlns='jabber:client'>no</body></x><body xmlns='jabber:client'>Sweet</body>${foot}`,
    ],
    ['with a second body', `${head}<body xmlns='jabber:client'>Sweet</body>${body}${foot}`],
    ['with a second content', `${head}<body xmlns='jabber:client'>Sweet</body></content><content>${body}${foot}`],
  ])('an envelope %s is read', async (_, xml) => {
    expect(await read(xml)).toBe('Sweet')
  })

  test('an envelope without a body, as a receipt has it, has no text', async () => {
    expect(await read(`${head}<received xmlns='urn:xmpp:receipts' id='1'/>${foot}`)).toBeUndefined()
  })

  test.each([
    ['no XML', 'Sweet'],
    ['nothing', ''],
    ['another root', `<message xmlns='jabber:client'>${body}</message>`],
    ['another namespace', `<envelope xmlns='urn:xmpp:sce:0'><content>${body}</content></envelope>`],
    ['an end that is missing', `${head}${body}`],
    ['ends that cross', `${head}<body xmlns='jabber:client'>a<b></body></b>${foot}`],
    ['two roots', `${head}${body}${foot}${head}${body}${foot}`],
    ['a comment', `${head}<!-- -->${body}${foot}`],
    ['a DTD', `<!DOCTYPE envelope [<!ENTITY a 'b'>]>${head}${body}${foot}`],
    ['an unknown entity', `${head}<body xmlns='jabber:client'>&a;</body>${foot}`],
    ['a lone ampersand', `${head}<body xmlns='jabber:client'>Romeo & Juliet</body>${foot}`],
    ['a reference to no character', `${head}<body xmlns='jabber:client'>&#x110000;</body>${foot}`],
    ['another sender', `${head}${body}</content><from jid='tybalt@capulet.lit'/></envelope>`],
  ])('%s is refused', async (_, xml) => {
    expect(await reasonOf(read(xml))).toBe('envelope')
  })

  test('the sender may be written with a resource, or in capitals', async () => {
    expect(await read(text('ay me', 'Juliet@capulet.lit/balcony'))).toBe('ay me')
  })

  test('in a room the envelope has to name the room', async () => {
    expect(await read(text('to all', JULIET, ROOM), 'groupchat', ROOM)).toBe('to all')
    expect(await reasonOf(read(text('to you', JULIET), 'groupchat', ROOM))).toBe('envelope')
    expect(await reasonOf(read(text('to others', JULIET, 'mantua@rooms.montague.lit'), 'groupchat', ROOM))).toBe(
      'envelope',
    )
  })

  test('a changed payload, a changed HMAC and a key of another length are refused', async () => {
    const { secret, payload } = seal(text('good night', JULIET))
    const spoiled = (bytes: Buffer): Buffer =>
      Buffer.from(changed(bytes.toString('base64'), bytes.length - 1), 'base64')
    expect(await openPayload2(secret, payload)).toContain('good night')
    expect(await reasonOf(openPayload2(secret, spoiled(payload)))).toBe('payload')
    expect(await reasonOf(openPayload2(spoiled(secret), payload))).toBe('payload')
    expect(await reasonOf(openPayload2(secret.subarray(0, 47), payload))).toBe('payload')
    expect(await reasonOf(openPayload2(secret, Buffer.alloc(0)))).toBe('payload')
  })
})
