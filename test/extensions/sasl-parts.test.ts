// The parts of a login that need no server: SCRAM's messages and proofs, base64, decoys, delays.

import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decodeBase64, readData, readText } from '../../extensions/sasl/data.js'
import { Delays } from '../../extensions/sasl/delays.js'
import { Directory } from '../../extensions/sasl/directory.js'
import { failureElement, SaslFailure } from '../../extensions/sasl/failure.js'
import { Logins } from '../../extensions/sasl/logins.js'
import { begin, type Step } from '../../extensions/sasl/mechanisms.js'
import { Pauses } from '../../extensions/sasl/pauses.js'
import { readPlain } from '../../extensions/sasl/plain.js'
import { readClientFinal, readClientFirst, verifyProof, writeServerFirst } from '../../extensions/sasl/scram.js'
import { Turnstile } from '../../extensions/sasl/turnstile.js'
import type { Awaitable } from '../../server/awaitable.js'
import type { OpeningStream } from '../../server/extension.js'
import { HookRunner } from '../../server/hooks.js'
import { deriveCredentials, deriveKeys } from '../../server/scram-keys.js'
import { el, serialize } from '../../server/xml.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { RecordedLog } from '../helpers/log.js'
import { readChallenge, ScramClient } from '../helpers/scram-client.js'

const refused = (condition: string): unknown => expect.objectContaining({ name: 'SaslFailure', condition })

/** The examples of RFC 5802 §5 and RFC 7677 §3. */
const examples = [
  {
    hash: 'sha1',
    bare: 'n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    salt: 'QSXCR+Q6sek8bf92',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j',
    proof: 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    verifier: 'rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    hash: 'sha256',
    bare: 'n=user,r=rOprNGfwEbeRWgbNEkqO',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    nonce: 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    verifier: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const

describe.each(examples)('the example of the RFC for $hash', ({ hash, bare, salt, nonce, proof, verifier }) => {
  const salted = { salt: Buffer.from(salt, 'base64'), iterations: 4096 }
  const serverFirst = `r=${nonce},s=${salt},i=4096`
  const clientFinal = `c=biws,r=${nonce},p=${proof}`

  test('has the messages that we read and write', () => {
    const first = readClientFirst(`n,,${bare}`)
    expect(first).toEqual({ gs2Header: 'n,,', bare, authzid: undefined, username: 'user', nonce: bare.slice(9) })
    expect(writeServerFirst(nonce, salted)).toBe(serverFirst)
    const { proof: bytes, ...final } = readClientFinal(clientFinal)
    expect(final).toEqual({ withoutProof: `c=biws,r=${nonce}`, binding: 'n,,', nonce })
    expect(Buffer.from(bytes).toString('base64')).toBe(proof)
  })

  test('proves the password pencil, and is answered with the signature', async () => {
    const keys = await deriveKeys(hash, 'pencil', salted)
    const { withoutProof, proof: bytes } = readClientFinal(clientFinal)
    const signature = verifyProof(hash, keys, `${bare},${serverFirst},${withoutProof}`, bytes)
    expect(signature?.toString('base64')).toBe(verifier)
  })

  test('proves nothing with another password, message or length of proof', async () => {
    const keys = await deriveKeys(hash, 'pencil', salted)
    const { withoutProof, proof: bytes } = readClientFinal(clientFinal)
    const authMessage = `${bare},${serverFirst},${withoutProof}`
    expect(verifyProof(hash, await deriveKeys(hash, 'Pencil', salted), authMessage, bytes)).toBeUndefined()
    expect(verifyProof(hash, keys, `${authMessage} `, bytes)).toBeUndefined()
    expect(verifyProof(hash, keys, authMessage, bytes.subarray(1))).toBeUndefined()
    expect(verifyProof(hash, keys, authMessage, new Uint8Array(0))).toBeUndefined()
  })
})

describe("the client's first message", () => {
  test.each([
    ['y,,n=user,r=x', 'y,,', undefined, 'user'],
    ['n,a=juliet@localhost,n=user,r=x', 'n,a=juliet@localhost,', 'juliet@localhost', 'user'],
    ['n,a==2C=3D,n=a=2Cb=3Dc,r=x', 'n,a==2C=3D,', ',=', 'a,b=c'],
    ['n,,n==3D2C,r=x,z=more', 'n,,', undefined, '=2C'],
  ])('%j is read', (message, gs2Header, authzid, username) => {
    const bare = message.slice(gs2Header.length)
    expect(readClientFirst(message)).toEqual({ gs2Header, authzid, username, bare, nonce: 'x' })
  })

  test.each([
    ['', 'is empty'],
    ['n=user,r=x', 'has no header'],
    ['p=tls-unique,,n=user,r=x', 'binds a channel'],
    ['x,,n=user,r=x', 'has an unknown flag'],
    ['n,b=x,n=user,r=x', 'has an unknown header'],
    ['n,a=,n=user,r=x', 'has an empty authzid'],
    ['n,,m=x,n=user,r=x', 'has a mandatory extension'],
    ['n,,n=user,r=x,m=x', 'has a mandatory extension at the end'],
    ['n,,n=,r=x', 'has no name'],
    ['n,,n=us=er,r=x', 'has an equals sign in the name'],
    ['n,,n=us=2cer,r=x', 'has a small escape in the name'],
    ['n,,n=us\0er,r=x', 'has a zero in the name'],
    ['n,,n=user', 'has no nonce'],
    ['n,,n=user,r=', 'has an empty nonce'],
    ['n,,n=user,r=a b', 'has a space in the nonce'],
    ['n,,n=user,r=é', 'has a nonce that is not ASCII'],
    ['n,,r=x,n=user', 'has its parts in another order'],
    ['n,,n=user,r=x,', 'has a comma too many'],
    ['n,,n=user,r=x,9=x', 'has an extension without a letter'],
    ['n,,n=user,r=x\n', 'has a line end after it'],
  ])('%j, which %s, is malformed', (message) => {
    expect(() => readClientFirst(message)).toThrow(refused('malformed-request'))
  })
})

describe("the client's final message", () => {
  test.each([
    ['', 'is empty'],
    ['c=biws,r=x', 'has no proof'],
    ['r=x,c=biws,p=AAAA', 'has its parts in another order'],
    ['c=biws,r=x,p=AAAA,z=x', 'goes on after its proof'],
    ['c=biws,r=x,p=AAAA,p=AAAA', 'has two proofs'],
    ['c=biws,r=x,m=x,p=AAAA', 'has a mandatory extension'],
    ['c=biws,r=x,p=', 'has an empty proof'],
  ])('%j, which %s, is malformed', (message) => {
    expect(() => readClientFinal(message)).toThrow(refused('malformed-request'))
  })

  test('may carry an extension, which is signed like the rest', () => {
    expect(readClientFinal('c=biws,r=x,z=1,p=AAAA').withoutProof).toBe('c=biws,r=x,z=1')
  })

  test('has its proof and its binding in strict base64', () => {
    expect(() => readClientFinal('c=biws,r=x,p=AAA')).toThrow(refused('incorrect-encoding'))
    expect(() => readClientFinal('c=biw,r=x,p=AAAA')).toThrow(refused('incorrect-encoding'))
  })
})

test('whatever the text, the readers give a message or a SaslFailure, in no time', () => {
  const piece = fc.constantFrom('n', 'y', 'p', ',', '=', 'a', 'r', 'c', 'm', '\0', '=2C', 'x', '😀', 'biws')
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  )
  const readers = [readClientFirst, readClientFinal, readPlain, decodeBase64]
  fc.assert(
    fc.property(text, fc.constantFrom(...readers), (message, read) => {
      try {
        read(message)
      } catch (reason) {
        expect(reason).toBeInstanceOf(SaslFailure)
      }
    }),
    { numRuns: 3000 },
  )
  const started = performance.now()
  for (const long of [
    'n,,n=u,r=x' + ',z=x'.repeat(60_000),
    'c=biws,r=x' + ',z=x'.repeat(60_000),
    '='.repeat(250_000),
  ]) {
    for (const read of readers) expect(() => read(long)).not.toThrow(RangeError)
  }
  expect(performance.now() - started).toBeLessThan(1000)
})

describe('the data of an element', () => {
  test.each(['', 'AA==', 'AAA=', 'AAAA', '+/+/'])('%j is base64', (text) => {
    expect(decodeBase64(text).toString('base64')).toBe(text)
  })

  test.each(['A', 'AA', 'AA=', 'AAA', 'AB==', 'AAAA=', ' AAAA', 'AA\nAA', 'AA==AAAA', '-_-_', 'é', '===='])(
    '%j is not',
    (text) => {
      expect(() => decodeBase64(text)).toThrow(refused('incorrect-encoding'))
    },
  )

  test('an equals sign alone stands for nothing', () => {
    expect(readData('=')).toHaveLength(0)
  })

  test('text is UTF-8, and loses nothing', () => {
    expect(readText(Buffer.from('\ufeffé😀'))).toBe('\ufeffé😀')
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xc3]]) {
      expect(() => readText(Uint8Array.from(bytes))).toThrow(refused('malformed-request'))
    }
  })
})

describe("PLAIN's message", () => {
  test('has an authzid or none', () => {
    expect(readPlain('\0u\0p')).toEqual({ authzid: undefined, username: 'u', password: 'p' })
    expect(readPlain('a\0u\0p')).toEqual({ authzid: 'a', username: 'u', password: 'p' })
  })

  test.each(['', 'u', 'u\0p', '\0\0p', '\0u\0', '\0u\0p\0', '\0u\0p\0x'])('%j is malformed', (message) => {
    expect(() => readPlain(message)).toThrow(refused('malformed-request'))
  })
})

describe('a name that nobody has', () => {
  async function directory(secret = new Uint8Array(32)) {
    const storage = await openSqlite(':memory:')
    onTestFinished(() => storage.close())
    await storage.stores.accounts.create('juliet@localhost', await deriveCredentials('r0m30'))
    return new Directory(storage.stores.accounts, secret)
  }

  test('has a salt that looks like any other, and stays the same as long as the secret does', async () => {
    const [one, two, other] = [await directory(), await directory(), await directory(new Uint8Array(32).fill(1))]
    const saltOf = async (from: Directory, name: string): Promise<string> =>
      writeServerFirst('x', (await from.find(name, 'localhost', undefined)).credentials)
    const known = await saltOf(one, 'juliet')
    const salt = await saltOf(one, 'nobody')
    expect(salt.length).toBe(known.length)
    expect(salt.slice(-8)).toBe(known.slice(-8))
    expect(await saltOf(one, 'NOBODY')).toBe(salt)
    expect(await saltOf(two, 'nobody')).toBe(salt)
    expect(await saltOf(two, 'somebody')).not.toBe(salt)
    expect(await saltOf(other, 'nobody')).not.toBe(salt)
    expect(await saltOf(one, 'no<body')).not.toBe(salt)
  })

  async function failureOf(step: () => Awaitable<Step>): Promise<unknown> {
    try {
      return (await step()).kind
    } catch (reason) {
      return reason
    }
  }

  test.each([
    ['juliet', 'juliet@localhost'],
    ['nobody', 'nobody@localhost'],
    ['no<body', undefined],
  ])('fails by PLAIN as a wrong password does, after the same work: %s', async (username, account) => {
    const turnstile = new Turnstile(1)
    let worked = 0
    const counted = { run: <T>(work: () => Promise<T>) => ((worked += 1), turnstile.run(work)) }
    const parts = { domain: 'localhost', directory: await directory(), turnstile: counted }
    const step = () => begin('PLAIN', true, parts)(Buffer.from(`\0${username}\0wrong`))
    expect(await failureOf(step)).toMatchObject({ condition: 'not-authorized', account })
    expect(worked).toBe(1)
  })

  test.each(['juliet', 'nobody'])('fails by SCRAM at the same message as a wrong password: %s', async (username) => {
    const parts = { domain: 'localhost', directory: await directory(), turnstile: new Turnstile(1) }
    const client = new ScramClient({ username, password: 'wrong' })
    const challenge = await begin(client.mechanism, false, parts)(Buffer.from(client.first()))
    if (challenge.kind !== 'challenge') throw new Error('proved too early')
    expect(readChallenge(challenge.data)).toMatchObject({ iterations: 4096 })
    const step = () => challenge.next(Buffer.from(client.final(challenge.data).message))
    expect(await failureOf(step)).toMatchObject({ condition: 'not-authorized', account: `${username}@localhost` })
  })
})

describe('wrong passwords', () => {
  const at = { time: 0 }
  const delays = () => new Delays({ now: () => at.time })

  test('are answered later and later, by at most 5 s', () => {
    const one = delays()
    const waits = Array.from({ length: 9 }, () => one.failed('::1', 'juliet@localhost'))
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
    expect(Array.from({ length: 2000 }, () => one.failed('::1', 'juliet@localhost')).at(-1)).toBe(5000)
  })

  test('are counted by address and account', () => {
    const one = delays()
    one.failed('::1', 'juliet@localhost')
    expect(one.failed('::2', 'juliet@localhost')).toBe(0)
    expect(one.failed('::1', 'romeo@localhost')).toBe(0)
    expect(one.failed('::1', 'juliet@localhost')).toBe(100)
  })

  test('are forgotten after a quarter of an hour', () => {
    const one = delays()
    one.failed('::1', 'juliet@localhost')
    at.time += 15 * 60_000
    expect(one.failed('::1', 'juliet@localhost')).toBe(100)
    at.time += 15 * 60_000 + 1
    expect(one.failed('::1', 'juliet@localhost')).toBe(0)
  })

  test('of many others do not fill the memory: those that failed longest ago are forgotten first', () => {
    const one = delays()
    one.failed('::1', 'old')
    one.failed('::1', 'young')
    for (let other = 0; other < 9_999; other += 1) one.failed('::1', `other${other}`)
    expect(one.failed('::1', 'young')).toBe(100)
    expect(one.failed('::1', 'old')).toBe(0)
  })
})

test('a pause ends when its time is up, and all end at once when the server does', async () => {
  const pauses = new Pauses()
  await pauses.wait(0)
  await pauses.wait(1)
  const started = performance.now()
  const long = Promise.all([pauses.wait(60_000), pauses.wait(60_000)])
  pauses.stop()
  await long
  expect(performance.now() - started).toBeLessThan(1000)
})

test('no more passwords are tried at once than there are places, in the order of their coming, and a failure frees its place', async () => {
  const turnstile = new Turnstile(2)
  const log: string[] = []
  let inside = 0
  let most = 0
  const work = (name: string) => async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    log.push(name)
    await new Promise((resolve) => setImmediate(resolve))
    inside -= 1
    if (name === 'b') throw new Error('failed')
  }
  const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((name) => turnstile.run(work(name))))
  expect(most).toBe(2)
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true])
})

test.each([
  ['SCRAM-SHA-1', 'sha1'],
  ['SCRAM-SHA-256', 'sha256'],
  ['SCRAM-SHA-512', 'sha512'],
] as const)('the keys of a new password are those that a client of %s computes', async (mechanism, hash) => {
  const credentials = await deriveCredentials('r0m30')
  const client = new ScramClient({ mechanism, username: 'juliet', password: 'r0m30', nonce: 'x' })
  const serverFirst = writeServerFirst('xy', credentials)
  const { message, verifier } = client.final(serverFirst)
  const { withoutProof, proof } = readClientFinal(message)
  const signature = verifyProof(hash, credentials.keys[hash], `${client.bare},${serverFirst},${withoutProof}`, proof)
  expect(`v=${String(signature?.toString('base64'))}`).toBe(verifier)
})

test('while the storage fails a login is put off, for known and unknown alike, and the log says why', async () => {
  const storage = await openSqlite(':memory:')
  const log = new RecordedLog()
  const directory = new Directory(storage.stores.accounts, new Uint8Array(32))
  const logins = new Logins({ directory, delays: new Delays(Date), hooks: new HookRunner(log), log })
  await storage.close()
  const sent: string[] = []
  const stream: OpeningStream = {
    address: '::1',
    secure: true,
    domain: 'localhost',
    account: undefined,
    send: (element) => void sent.push(serialize(element)),
    authenticated: () => expect.unreachable(),
    extendLogin: () => expect.unreachable(),
    bind: () => expect.unreachable(),
    end: () => expect.unreachable(),
  }
  const auth = el('auth', { mechanism: 'PLAIN' }, Buffer.from('\0juliet\0r0m30').toString('base64'))
  await logins.auth(stream, auth)
  expect(sent).toEqual([serialize(failureElement('temporary-auth-failure'))])
  expect(log.lines).toMatchObject([{ level: 'error', message: 'a login could not be checked' }])
})
