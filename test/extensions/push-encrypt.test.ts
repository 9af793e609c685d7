// tigase:push:encrypt:0: what <encrypt/> and <omemo/> may say, how often a key seals, and what becomes of one that is lost.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDecipheriv } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { openNotification } from '../../extensions/notification.js'
import type { Summary } from '../../extensions/push/hooks.js'
import { pushEncrypt } from '../../extensions/push-encrypt/index.js'
import { dataConfig, startConfig } from '../../server/cli/flags.js'
import { withAdministration } from '../../server/cli/open-administration.js'
import { createServer } from '../../server/index.js'
import { child, type Element, parse, text } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import { Connection } from '../../storage/sqlite/connection.js'
import { FILE } from '../../storage/sqlite/database.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { credentials, juliet, registration } from '../storage/contract/samples.js'
import { freshKey, openSealed } from '../helpers/sealed.js'
import { Refusal, scenario, type User, xml } from '../helpers/scenario.js'

const service = 'push.localhost'
const NS = 'tigase:push:encrypt:0'
const key = freshKey()
const other = freshKey()

const enable = (user: User, inside: string, node = 'phone'): Promise<Element> =>
  user.asks(
    parse(
      `<iq xmlns="jabber:client" type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">${inside}</enable></iq>`,
    ),
  )

const encrypt = (value: string, attributes = 'alg="aes-128-gcm"', namespace = NS): string =>
  `<encrypt xmlns="${namespace}" ${attributes}>${value}</encrypt>`

const omemo = (attributes: string, namespace = 'tigase:push:encrypt:omemo:0'): string =>
  `<omemo xmlns="${namespace}" ${attributes}/>`

async function answerTo(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return 'result'
  } catch (reason) {
    if (reason instanceof Refusal) return reason.condition
    throw reason
  }
}

const bytes = (length: number): string => Buffer.alloc(length, 0xfb).toString('base64')

type Case = readonly [what: string, inside: string, answer: string]

const badKeys: readonly Case[] = [
  ['no key', ''],
  ['white space for a key', ' \n\t '],
  ['nothing but padding', '===='],
  ['a key of 15 bytes', bytes(15)],
  ['a key of 17 bytes', bytes(17)],
  ['a key of 32 bytes', bytes(32)],
  ['a key of 100,000 bytes', bytes(100_000)],
  ['a key in hexadecimal', 'fb'.repeat(16)],
  ['a key in base64 for URLs', bytes(16).replaceAll('+', '-').replaceAll('/', '_')],
  ['padding within', `${bytes(16).slice(0, 10)}==${bytes(16).slice(10, 22)}`],
  ['padding before', `==${bytes(16).slice(0, 22)}`],
  ['padding beyond', `${bytes(16)}=`],
  ['bits beyond the last byte', `${bytes(16).slice(0, 21)}/==`],
  ['one character too few', bytes(16).slice(0, 21)],
  ['a character that is none of base64', `${bytes(16).slice(0, 21)}é==`],
  ['an escaped null', `${bytes(16).slice(0, 21)}\\0==`],
].map(([what = '', value = '']) => [what, encrypt(value), 'bad-request'] as const)

const badAlgorithms: readonly Case[] = [
  ['no alg', encrypt(key, ''), 'bad-request'],
  ['an empty alg', encrypt(key, 'alg=""'), 'bad-request'],
  ...[
    'aes-256-gcm',
    'AES-128-GCM',
    'aes-128-cbc',
    ' aes-128-gcm',
    'aes-128-gcm aes-gcm',
    'none',
    'x'.repeat(10_000),
  ].map((alg) => [`alg ${alg.slice(0, 20)}`, encrypt(key, `alg="${alg}"`), 'feature-not-implemented'] as const),
]

const badSizes: readonly Case[] = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '255',
    '16385',
    '99999',
    '100000',
    '9'.repeat(400),
    '-300',
    '+300',
    '-0',
    '3e3',
    '0x100',
    '0b1',
  ],
  ...[
    '300.0',
    '300,5',
    '3 000',
    ' 300 ',
    '300 ',
    '&#10;300',
    '00300',
    '٣٠٠',
    '３００',
    'NaN',
    'Infinity',
    'null',
    'many',
  ],
].map((size) => [
  `max-size ${JSON.stringify(size.slice(0, 20))}`,
  encrypt(key, `alg="aes-128-gcm" max-size="${size}"`),
  'bad-request',
])

const badDevices: readonly Case[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '+1',
    '01',
    '1.0',
    '1.5',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '4294967296',
    '9'.repeat(400),
    'x',
    '１',
  ],
]
  .map((id): Case => [
    `deviceId ${JSON.stringify(id.slice(0, 20))}`,
    encrypt(key) + omemo(`deviceId="${id}"`),
    'bad-request',
  ])
  .concat([
    ['no deviceId', encrypt(key) + omemo(''), 'bad-request'],
    ['a deviceid in lower case', encrypt(key) + omemo('deviceid="1"'), 'bad-request'],
  ])

const badTogether: readonly Case[] = [
  ['two <encrypt/> that are the same', encrypt(key) + encrypt(key), 'bad-request'],
  ['two <encrypt/> with text between', `${encrypt(key)}x${encrypt(other)}`, 'bad-request'],
  ['a right <encrypt/> and a wrong one', encrypt(key) + encrypt('', ''), 'bad-request'],
  ['two <omemo/>', encrypt(key) + omemo('deviceId="1"') + omemo('deviceId="2"'), 'bad-request'],
  ['<omemo/> alone', omemo('deviceId="1"'), 'bad-request'],
  [
    '<omemo/> with an <encrypt/> of another namespace',
    encrypt(key, '', 'urn:x') + omemo('deviceId="1"'),
    'bad-request',
  ],
  ['<omemo/> within <encrypt/>', encrypt(`${omemo('deviceId="1"')}!`), 'bad-request'],
  ['<omemo/> before a wrong <encrypt/>', omemo('deviceId="1"') + encrypt('!'), 'bad-request'],
]

const refused = [...badKeys, ...badAlgorithms, ...badSizes, ...badDevices, ...badTogether]

scenario(
  'what is wrong in <encrypt/> or <omemo/> is refused, and the registration that is there stays as it was, key and all',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, encrypt(other, 'alg="aes-128-gcm" max-size="1000"') + omemo('deviceId="7"'))
    const before = await server.registrations()
    const answers: Case[] = []
    for (const [what, inside] of refused) answers.push([what, inside, await answerTo(enable(juliet, inside))])
    expect(answers).toEqual(refused)
    expect(await server.registrations()).toEqual(before)
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body></message>`)
    expect(openSealed(await pushService.next(), other).json['message']).toBe('hist!')
  },
)

scenario('what is wrong in a first <enable/> leaves nothing', async ({ juliet, server }) => {
  for (const [, inside] of refused) await answerTo(enable(juliet, inside))
  expect(await server.registrations()).toEqual([])
})

const lines = `&#13;&#10;${key.slice(0, 5)}\n\t${key.slice(5, 11)} &#13;${key.slice(11)}\n`

const taken: readonly (readonly [what: string, inside: string, maxSize: number | undefined, device?: number])[] = [
  ['a key with line breaks in it', encrypt(lines), 3000],
  ['a key without its padding', encrypt(key.replaceAll('=', '')), 3000],
  ['a key as CDATA', encrypt(`<![CDATA[${key}]]>`), 3000],
  ['the old name of the algorithm', encrypt(key, 'alg="aes-gcm"'), 3000],
  ['the least max-size', encrypt(key, 'alg="aes-128-gcm" max-size="256"'), 256],
  ['the most', encrypt(key, 'alg="aes-128-gcm" max-size="16384"'), 16384],
  ['the least device', encrypt(key) + omemo('deviceId="1"'), 3000, 1],
  ['the last device', omemo('deviceId="4294967295"') + encrypt(key), 3000, 4294967295],
  ['an attribute that nobody knows', encrypt(key, 'alg="aes-128-gcm" hint="unknown-marker"'), 3000],
  ['children that nobody knows', encrypt(`<unknown-marker/>${key}<x xmlns="urn:x">unknown-marker</x>`), 3000],
  ['neighbours that nobody knows', `${encrypt(key)}<unknown-marker xmlns="urn:x"/>unknown-marker`, 3000],
  ['an <encrypt/> of another namespace', encrypt(key, 'alg="aes-128-gcm"', 'urn:unknown-marker'), undefined],
  ['an <encrypt/> of the namespace of push', encrypt(key, 'alg="aes-128-gcm"', 'urn:xmpp:push:0'), undefined],
  ['an <omemo/> of another namespace', encrypt(key) + omemo('deviceId="0"', 'urn:unknown-marker'), 3000],
  ['so much that nobody knows', `${encrypt(key)}<x xmlns="urn:x">${'unknown-marker '.repeat(5000)}</x>`, 3000],
]

const directory = mkdtempSync(join(tmpdir(), 'sealpost-encrypt-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The files of a data directory that hold the text. */
async function filesWith(path: string, needle: string): Promise<readonly string[]> {
  const names = (await readdir(path)).filter((name) => name.startsWith(FILE))
  const contents = await Promise.all(names.map((name) => readFile(join(path, name))))
  return names.filter((_, index) => contents[index]?.includes(needle))
}

scenario(
  'what is right is taken, and what nobody knows is neither minded nor stored',
  async ({ juliet, server }) => {
    const found: unknown[] = []
    for (const [what, inside] of taken) {
      const answer = await answerTo(enable(juliet, inside))
      const [{ maxSize, deviceId } = { maxSize: 0, deviceId: 0 }] = await server.registrations()
      found.push(answer === 'result' ? [what, maxSize, deviceId] : [what, answer])
    }
    expect(found).toEqual(taken.map(([what, , maxSize, device]) => [what, maxSize, device]))
    expect(await filesWith(join(directory, 'unknown'), 'unknown-marker')).toEqual([])
    expect(await filesWith(join(directory, 'unknown'), service)).not.toEqual([])
  },
  { config: { data: join(directory, 'unknown') } },
)

scenario('a key that came in lines is the key', async ({ romeo, juliet, pushService }) => {
  await enable(juliet, encrypt(lines))
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body></message>`)
  expect(openSealed(await pushService.next(), key).json['message']).toBe('hist!')
})

async function onFile(path: string, sql: string): Promise<void> {
  const connection = await Connection.open(join(path, FILE))
  try {
    await connection.exec(`pragma busy_timeout = 5000; ${sql}`)
  } finally {
    await connection.close()
  }
}

const says = (user: User, text_: string): Element =>
  xml`<message to="${user.account}" type="chat"><body>${text_}</body></message>`

scenario(
  'a key seals 2³² times and no more: then the registration is disabled, until its client brings another key',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, encrypt(key))
    await onFile(join(directory, 'used'), `update registrations set sealed = ${String(2 ** 32 - 2)}`)
    await juliet.leaves()
    for (const words of ['last but one', 'the last']) {
      await romeo.sends(says(juliet, words))
      expect(openSealed(await pushService.next(), key).json['message']).toBe(words)
      await server.idle()
    }
    await romeo.sends(says(juliet, 'one too many'))
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason: 'key-used-up' }])
    await pushService.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    pushService.expectEmpty()

    await juliet.arrives()
    await enable(juliet, encrypt(key))
    await juliet.leaves()
    await romeo.sends(says(juliet, 'the same key again'))
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason: 'key-used-up' }])

    await juliet.arrives()
    await enable(juliet, encrypt(other))
    await juliet.leaves()
    await romeo.sends(says(juliet, 'another key'))
    expect(openSealed(await pushService.next(), other).json['message']).toBe('another key')
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'active' }])
  },
  { config: { data: join(directory, 'used') } },
)

scenario(
  'a registration whose key was lost is disabled when it would be used next, and nothing goes out unsealed',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, encrypt(key))
    await onFile(join(directory, 'lost'), `update registrations set sealing_key = x''`)
    await juliet.leaves()
    await romeo.sends(says(juliet, 'hist!'))
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ sealed: true, state: 'disabled', reason: 'key-lost' }])
    await pushService.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    pushService.expectEmpty()
  },
  { config: { data: join(directory, 'lost') } },
)

scenario(
  'with a storage key sealed pushes are what they are without',
  async ({ romeo, juliet, pushService }) => {
    await enable(juliet, encrypt(key))
    await juliet.leaves()
    await romeo.sends(says(juliet, 'hist!'))
    expect(openSealed(await pushService.next(), key).json['message']).toBe('hist!')
    expect(await filesWith(join(directory, 'at-rest'), Buffer.from(key, 'base64').toString('latin1'))).toEqual([])
  },
  { config: { data: join(directory, 'at-rest'), storage: { key: Buffer.alloc(32, 7).toString('base64') } } },
)

test('a server that lacks the storage key of its data does not come up, and says why', async () => {
  const data = await mkdtemp(join(tmpdir(), 'sealpost-'))
  onTestFinished(() => rm(data, { recursive: true }))
  const storage = { key: Buffer.alloc(32, 7).toString('base64') }
  await (await createServer({ data, storage })).stop()
  await expect(createServer({ data })).rejects.toThrow('give their key as storage.key')
  const wrong = { key: Buffer.alloc(32, 8).toString('base64') }
  await expect(createServer({ data, storage: wrong })).rejects.toThrow('encrypted with another key')
  await (await createServer({ data, storage: { ...wrong, previousKey: storage.key } })).stop()
  await (await createServer({ data, storage: wrong })).stop()
})

describe('the commands of an operator, where no server runs', () => {
  const configured = async (): Promise<{ readonly config: string; readonly data: string }> => {
    const data = await mkdtemp(join(tmpdir(), 'sealpost-'))
    onTestFinished(() => rm(data, { recursive: true }))
    const config = join(data, 'sealpost.toml')
    await writeFile(config, `data = ${JSON.stringify(data)}\nstorage.key = "env:A_KEY_THAT_IS_NOT_SET"\n`)
    return { config, data }
  }

  test('need no storage key: they list registrations, and add and remove users', async () => {
    const { config, data } = await configured()
    const keys = { key: Uint8Array.from(Buffer.alloc(32, 7)) }
    const before = await openSqlite(data, { keys })
    const { stores } = before
    await stores.accounts.create(juliet, credentials(1))
    await stores.push.put(registration({ sealing: { key: Uint8Array.from(Buffer.alloc(16, 1)), maxSize: 700 } }), 9)
    await before.close()

    const asked = dataConfig({ config })
    const seen = await withAdministration(asked, 'refuse', async (administration) => {
      const { users } = administration
      await users.create('nurse@localhost', 'a password')
      const reports = await administration.registrations()
      await users.remove('nurse@localhost')
      return { reports, users: await users.list() }
    })
    expect(seen).toMatchObject({ reports: [{ account: juliet, sealed: true, maxSize: 700 }], users: [juliet] })
    const after = await openSqlite(data, { keys })
    onTestFinished(() => after.close())
    expect((await after.stores.push.of(juliet))[0]?.sealing?.key).toEqual(Uint8Array.from(Buffer.alloc(16, 1)))
  })

  test('but the server does: without the variable that is named it says so', async () => {
    const { config } = await configured()
    expect(() => startConfig({ config })).toThrow(
      'storage.key: the environment variable A_KEY_THAT_IS_NOT_SET is not set',
    )
  })
})

describe('whatever is told', () => {
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

  const pieces = [
    '👩‍👩‍👧‍👦',
    '🏳️‍🌈',
    '🇩🇪',
    '🇫🇷',
    'e\u0301',
    'o\u0323\u0302\u0300',
    '👍🏽',
    '\r\n',
    '"',
    '\\',
    '\u0000',
    '<&>',
    ' ',
  ]
  const words = (longest: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc
        .array(fc.constantFrom(...pieces, 'a', 'ß', '語', '\ud800', '\udc00'), { maxLength: longest })
        .map((all) => all.join('')),
      fc.string({ unit: 'grapheme', maxLength: longest }),
      fc.string({ unit: 'binary', maxLength: longest }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: longest }).map((all) => String.fromCharCode(...all)),
      fc.constantFrom(...pieces).map((piece) => piece.repeat(Math.ceil((longest * 4) / piece.length))),
    )

  const told = fc.record({
    message: fc.oneof(words(50), words(6000)),
    nickname: fc.option(words(200), { nil: undefined }),
    unread: fc.integer({ min: 0, max: 2 ** 40 }),
    maxSize: fc.oneof(fc.integer({ min: 256, max: 16384 }), fc.integer({ min: 256, max: 400 })),
  })

  const summaryOf = ({
    message,
    nickname,
    unread,
  }: {
    message: string
    nickname: string | undefined
    unread: number
  }) =>
    ({
      ...{ unread, message, nickname, sender: 'romeo@localhost', type: 'chat', isWritten: true },
      ...{ sid: undefined, media: undefined, id: 'an-id', omemo: [] },
    }) satisfies Summary

  const keyBytes = Uint8Array.from(Buffer.from(key, 'base64'))
  const sealedFor = (maxSize: number): Registration => ({
    ...registration({ sealing: { key: keyBytes, maxSize } }),
    ...{ state: 'active', reason: undefined, disabledAt: undefined, told: false, sealedCount: 0, usedAt: 0 },
    lastResult: undefined,
  })

  /** As the outbox has it sealed. */
  const seal = (summary: Summary, maxSize: number, padding: boolean): Element => {
    const wrap = pushEncrypt({ padding }).on?.['push:wrap']
    const wrapped = wrap?.(undefined, { summary, registration: sealedFor(maxSize) }, undefined as never) as Element
    const encrypted = child(wrapped, 'encrypted', NS)
    if (encrypted === undefined) throw new Error('it was not sealed')
    return encrypted
  }

  const open = (element: Element): string => {
    const sealed = Buffer.from(text(element), 'base64')
    const decipher = createDecipheriv('aes-128-gcm', keyBytes, Buffer.from(String(element.attrs['iv']), 'base64'))
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8')
  }

  /** What of a text JSON and UTF-8 carry: all of it. */
  const message = (json: string): string => (JSON.parse(json) as { readonly message: string }).message

  test('padded it has one length for each max-size: all of it that base64 can use', () => {
    fc.assert(
      fc.property(told, (given) => {
        const sealed = text(seal(summaryOf(given), given.maxSize, true))
        expect(sealed).toMatch(/^[A-Za-z0-9+/]+$/)
        expect(sealed.length).toBe(given.maxSize - (given.maxSize % 4))
      }),
      { numRuns: 300 },
    )
  })

  test('it opens again, padded or not, to the body or to as many whole characters of it as there is room for', () => {
    fc.assert(
      fc.property(told, fc.boolean(), (given, padding) => {
        const element = seal(summaryOf(given), given.maxSize, padding)
        expect(text(element).length).toBeLessThanOrEqual(given.maxSize)
        const json = open(element)
        const got = message(json)
        if (got === given.message) return
        expect(got.endsWith('…')).toBe(true)
        const kept = got.slice(0, -1)
        expect(given.message.startsWith(kept)).toBe(true)
        const next = graphemes.segment(given.message).containing(kept.length)
        expect(next?.index).toBe(kept.length)
        const nextBytes = Buffer.byteLength(JSON.stringify(next?.segment)) - 2
        const room = (given.maxSize - (given.maxSize % 4)) * 0.75 - 16
        if (kept !== '') expect(Buffer.byteLength(json.trimEnd()) + nextBytes).toBeGreaterThan(room)
      }),
      { numRuns: 300 },
    )
  })

  test('the reader that we give to apps opens it, too', async () => {
    await fc.assert(
      fc.asyncProperty(told, async (given) => {
        const element = seal(summaryOf(given), given.maxSize, true)
        const sealed = { key, iv: String(element.attrs['iv']), encrypted: text(element) }
        expect(await openNotification(sealed)).toMatchObject({ unread: given.unread, message: message(open(element)) })
      }),
      { numRuns: 100 },
    )
  })

  test('no two have the same IV, nor the same text, whatever they tell', () => {
    const summary = summaryOf({ message: 'yes', nickname: undefined, unread: 1 })
    const sealed = Array.from({ length: 2000 }, () => seal(summary, 256, true))
    expect(new Set(sealed.map((element) => String(element.attrs['iv']))).size).toBe(2000)
    expect(new Set(sealed.map((element) => text(element))).size).toBe(2000)
    expect(Buffer.from(String(sealed[0]?.attrs['iv']), 'base64')).toHaveLength(12)
  })
})
