// The control socket and the lock of a data directory, with a real server behind them.

import { EventEmitter, once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer as createListener } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Administration } from '../../server/administration.js'
import { isServed, remoteAdministration } from '../../server/control-client.js'
import { controlPath } from '../../server/control-path.js'
import { parseAnswer, parseRequest } from '../../server/control-protocol.js'
import { openControl } from '../../server/control.js'
import { Failure } from '../../server/failure.js'
import { createServer, type Server } from '../../server/index.js'
import { lockDirectory, LockedError } from '../../server/lock.js'
import { silentLog } from '../../server/log.js'
import { takeDirectory } from '../../server/take-directory.js'

const directories: string[] = []

async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-control-'))
  directories.push(directory)
  return directory
}

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true })
})

/** A server on the directory with its control socket, both gone at the end of the test. */
async function serve(directory: string): Promise<Server> {
  const server = await createServer({ data: ':memory:' })
  const control = await openControl(directory, server, silentLog)
  onTestFinished(async () => {
    await control.close()
    await server.stop()
  })
  return server
}

/** The same server, which tells when it has begun to make an account. */
function watched(server: Server, inHand: EventEmitter): Administration {
  const { users } = server
  return {
    users: {
      create: (jid, password) => {
        inHand.emit('create')
        return users.create(jid, password)
      },
      setPassword: (jid, password) => users.setPassword(jid, password),
      remove: (jid) => users.remove(jid),
      list: () => users.list(),
    },
    registrations: (account) => server.registrations(account),
    pushTrace: (account) => server.pushTrace(account),
    testPush: (account) => server.testPush(account),
  }
}

/** What the socket answers to raw bytes. */
async function answerTo(directory: string, bytes: string | Uint8Array): Promise<unknown> {
  const socket = connect(controlPath(directory))
  socket.end(bytes)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return JSON.parse(Buffer.concat(chunks).toString())
}

describe('the control socket', () => {
  test('makes, changes, lists and removes the accounts of the running server', async () => {
    const directory = await freshDirectory()
    const server = await serve(directory)
    const { users } = remoteAdministration(directory)
    await users.create('juliet@localhost', 'r0m30')
    await users.setPassword('juliet@localhost', 'r0m30!')
    await users.create('romeo@localhost', 'jul137')
    expect(await server.users.list()).toEqual(['juliet@localhost', 'romeo@localhost'])
    expect(await users.list()).toEqual(['juliet@localhost', 'romeo@localhost'])
    await users.remove('juliet@localhost')
    expect(await server.users.list()).toEqual(['romeo@localhost'])
  })

  test('gives the sentence with which the server refuses', async () => {
    const directory = await freshDirectory()
    const server = await serve(directory)
    const { users } = remoteAdministration(directory)
    await server.users.create('juliet@localhost', 'r0m30')
    const refusals = [
      [() => users.create('juliet@localhost', 'x'), 'There is a user juliet@localhost already.'],
      [() => users.create('juliet@elsewhere', 'x'), 'elsewhere is not a domain of this server.'],
      [() => users.setPassword('romeo@localhost', 'x'), 'There is no user romeo@localhost.'],
      [() => users.remove('romeo@localhost'), 'There is no user romeo@localhost.'],
    ] as const
    for (const [refused, sentence] of refusals) await expect(refused()).rejects.toEqual(new Failure(sentence))
  })

  test('lists registrations', async () => {
    const directory = await freshDirectory()
    await serve(directory)
    expect(await remoteAdministration(directory).registrations()).toEqual([])
    expect(await remoteAdministration(directory).registrations('juliet@localhost')).toEqual([])
  })

  test('explains pushes, and tests them', async () => {
    const directory = await freshDirectory()
    await serve(directory)
    expect(await remoteAdministration(directory).pushTrace()).toEqual([])
    expect(await remoteAdministration(directory).pushTrace('juliet@localhost')).toEqual([])
    expect(await remoteAdministration(directory).testPush('juliet@localhost')).toEqual([])
  })

  test('is for its owner alone', async () => {
    const directory = await freshDirectory()
    await serve(directory)
    expect((await stat(controlPath(directory))).mode & 0o777).toBe(0o600)
  })

  test('works in a directory whose path is longer than a socket address', async () => {
    const directory = join(await freshDirectory(), ...Array.from({ length: 5 }, () => 'a-directory-with-a-long-name'))
    await mkdir(directory, { recursive: true })
    await serve(directory)
    expect(controlPath(directory).length).toBeGreaterThan(108)
    expect((await stat(controlPath(directory))).isSocket()).toBe(true)
    await remoteAdministration(directory).users.create('juliet@localhost', 'r0m30')
    expect(await remoteAdministration(directory).users.list()).toEqual(['juliet@localhost'])
  })

  test('takes the place of what stands there: who has the lock knows that it is dead', async () => {
    const directory = await freshDirectory()
    await writeFile(controlPath(directory), '')
    await serve(directory)
    expect(await isServed(directory)).toBe(true)
  })

  test('is gone when it is closed', async () => {
    const directory = await freshDirectory()
    const server = await createServer({ data: ':memory:' })
    const control = await openControl(directory, server, silentLog)
    expect(await isServed(directory)).toBe(true)
    await control.close()
    expect(await isServed(directory)).toBe(false)
    expect(await readdir(directory)).toEqual([])
    await server.stop()
  })

  test('does what was asked before it closes, and drops who has not asked', async () => {
    const directory = await freshDirectory()
    const server = await createServer({ data: ':memory:' })
    const inHand = new EventEmitter()
    const begun = once(inHand, 'create')
    const control = await openControl(directory, watched(server, inHand), silentLog)
    const silent = connect(controlPath(directory))
    await once(silent, 'connect')
    const asked = remoteAdministration(directory).users.create('juliet@localhost', 'r0m30')
    await begun
    await Promise.all([once(silent, 'close'), control.close(), asked])
    expect(await server.users.list()).toEqual(['juliet@localhost'])
    await server.stop()
  })

  test.each([
    ['no JSON', 'hello\n'],
    ['a list', '[]\n'],
    ['null', 'null\n'],
    ['an unknown command', '{"command":"user promote","jid":"juliet@localhost"}\n'],
    ['a user without a password', '{"command":"user add","jid":"juliet@localhost"}\n'],
    ['a password that is no text', '{"command":"user add","jid":"juliet@localhost","password":1}\n'],
    ['an account that is no text', '{"command":"push list","account":{}}\n'],
    ['a trace of what is no account', '{"command":"push trace","account":1}\n'],
    ['a test of no account', '{"command":"push test"}\n'],
  ])('answers %s with a refusal', async (_what, line) => {
    const directory = await freshDirectory()
    await serve(directory)
    const message = 'the server does not know this request: it may be of another version'
    expect(await answerTo(directory, line)).toEqual({ kind: 'failed', message })
  })

  test.each([
    ['a line that does not end', 'x'.repeat(70_000), 'the line is longer than 65536 bytes'],
    ['bytes that are not UTF-8', Uint8Array.of(0xff, 0x0a), 'the line is not UTF-8'],
    ['nothing', '', 'there is no line'],
  ])('answers %s with a refusal', async (_what, bytes, message) => {
    const directory = await freshDirectory()
    await serve(directory)
    expect(await answerTo(directory, bytes)).toEqual({ kind: 'failed', message })
  })

  test('tells a command when the server stops before it answers', async () => {
    const directory = await freshDirectory()
    const listener = createListener((socket) => socket.once('data', () => socket.destroy()))
    listener.listen(controlPath(directory))
    await once(listener, 'listening')
    await expect(remoteAdministration(directory).users.list()).rejects.toThrow('the server stopped before it answered')
    listener.close()
  })

  test('reads any line without a fault', () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          command: fc.constantFrom('user add', 'push list', 'push trace', 'push test'),
          jid: fc.anything(),
          account: fc.anything(),
        })
        .map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(line, (text) => {
        parseRequest(text)
        parseAnswer(text)
      }),
    )
  })

  test('brings the report of a registration over whole', () => {
    const whole = {
      account: 'juliet@localhost',
      service: 'push.localhost',
      node: 'n1',
      sealed: true,
      maxSize: 3000,
      deviceId: 27183,
      deviceKnown: false,
      state: 'disabled',
      reason: 'item-not-found',
      client: 'phone',
      created: 1_700_000_000_000,
      lastResult: { at: 1_700_000_000_001, outcome: 'item-not-found' },
    } as const
    const least = {
      ...whole,
      node: undefined,
      maxSize: undefined,
      deviceId: undefined,
      deviceKnown: undefined,
      reason: undefined,
      lastResult: undefined,
    }
    const answer = { kind: 'registrations', registrations: [whole, least] }
    expect(parseAnswer(JSON.stringify(answer))).toEqual(answer)
    for (const field of ['account', 'service', 'sealed', 'state', 'client', 'created']) {
      expect(parseAnswer(JSON.stringify({ ...answer, registrations: [{ ...whole, [field]: null }] }))).toBeUndefined()
    }
  })

  test('brings a trace over whole', () => {
    const whole = {
      account: 'juliet@localhost',
      service: 'push.localhost',
      node: 'n1',
      at: 1_700_000_000_000,
      kind: 'omemo',
      decision: 'waiting',
      why: 'service answered service-unavailable',
      attempts: 2,
      next: 1_700_000_000_001,
    } as const
    const least = { ...whole, node: undefined, kind: undefined, attempts: undefined, next: undefined }
    const answer = { kind: 'trace', entries: [whole, least] }
    expect(parseAnswer(JSON.stringify(answer))).toEqual(answer)
    const wrong = {
      account: 1,
      service: 1,
      node: 1,
      at: 'x',
      kind: 'x',
      decision: 'x',
      why: 1,
      attempts: 'x',
      next: 'x',
    }
    for (const [field, value] of Object.entries(wrong)) {
      expect(parseAnswer(JSON.stringify({ ...answer, entries: [{ ...whole, [field]: value }] }))).toBeUndefined()
    }
  })

  test('brings the answers to a test over whole', () => {
    const whole = {
      account: 'juliet@localhost',
      service: 'push.localhost',
      node: 'n1',
      works: true,
      outcome: 'result',
      answeredInMs: 41,
    } as const
    const answer = { kind: 'tests', tests: [whole, { ...whole, node: undefined, answeredInMs: undefined }] }
    expect(parseAnswer(JSON.stringify(answer))).toEqual(answer)
    const wrong = { account: 1, service: 1, node: 1, works: 1, outcome: 1, answeredInMs: 'x' }
    for (const [field, value] of Object.entries(wrong)) {
      expect(parseAnswer(JSON.stringify({ ...answer, tests: [{ ...whole, [field]: value }] }))).toBeUndefined()
    }
  })
})

describe('the lock of a data directory', () => {
  test('goes to exactly one of many that try at once', async () => {
    const directory = join(await freshDirectory(), 'new')
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory)))
    const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const lost = tries.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []))
    expect(won).toHaveLength(1)
    expect(lost.every((reason) => reason instanceof LockedError)).toBe(true)
    await won[0]?.release()
    const next = await lockDirectory(directory)
    await next.release()
  })

  test('keeps the directory and its file for their owner alone', async () => {
    const directory = join(await freshDirectory(), 'a', 'b')
    const lock = await lockDirectory(directory)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, 'lock.db'))).mode & 0o777).toBe(0o600)
    await lock.release()
  })

  test('is not taken while a server answers in the directory', async () => {
    const directory = await freshDirectory()
    await serve(directory)
    expect(await takeDirectory(directory)).toEqual({ kind: 'served' })
  })

  test('is waited for while a command has it', async () => {
    const directory = await freshDirectory()
    const lock = await lockDirectory(directory)
    const taken = takeDirectory(directory)
    await lock.release()
    const second = await taken
    expect(second.kind).toBe('locked')
    if (second.kind === 'locked') await second.lock.release()
  })

  test('says why it cannot be had', async () => {
    const directory = await freshDirectory()
    await writeFile(join(directory, 'file'), '')
    await expect(lockDirectory(join(directory, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  })
})
