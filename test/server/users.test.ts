// Users: what making, changing and removing them leaves behind, on a real storage.

import { expect, onTestFinished, test } from 'vitest'
import { HookRunner } from '../../server/hooks.js'
import { silentLog } from '../../server/log.js'
import { deriveKeys } from '../../server/scram-keys.js'
import { StanzaError } from '../../server/stanza-error.js'
import { UserError, Users } from '../../server/users.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import type { RosterItem } from '../../storage/roster.js'
import type { Storage } from '../../storage/storage.js'

const JULIET = 'juliet@localhost'

interface Listening {
  readonly removing?: (storage: Storage) => Promise<void>
  readonly ending?: (storage: Storage) => Promise<void>
}

interface House {
  readonly users: Users
  readonly storage: Storage
  /** What happened, in order. */
  readonly events: string[]
}

async function house({ removing, ending }: Listening = {}): Promise<House> {
  const storage = await openSqlite(':memory:')
  onTestFinished(() => storage.close())
  const events: string[] = []
  const hooks = new HookRunner(silentLog)
  hooks.add(
    'test',
    {
      'account:remove': async ({ account }) => {
        events.push(`remove ${account}`)
        await removing?.(storage)
      },
      'account:removed': ({ account }) => void events.push(`removed ${account}`),
    },
    undefined,
  )
  const endSessions = async (account: string): Promise<void> => {
    events.push(`end ${account}`)
    await ending?.(storage)
  }
  const users = new Users({ storage, hooks, isLocal: (domain) => domain === 'localhost', endSessions })
  return { users, storage, events }
}

async function fits(storage: Storage, account: string, password: string): Promise<boolean> {
  const credentials = await storage.stores.accounts.credentials(account)
  if (credentials === undefined) return false
  const pairs = (['sha1', 'sha256', 'sha512'] as const).map(async (hash) => {
    const { storedKey, serverKey } = await deriveKeys(hash, password, credentials)
    const kept = credentials.keys[hash]
    return Buffer.compare(storedKey, kept.storedKey) === 0 && Buffer.compare(serverKey, kept.serverKey) === 0
  })
  return (await Promise.all(pairs)).every(Boolean)
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (reason: unknown) => (reason instanceof UserError ? reason.code : reason),
  )

const contact: RosterItem = {
  contact: 'romeo@localhost',
  name: undefined,
  groups: [],
  subscription: 'both',
  ask: false,
  listed: true,
  request: undefined,
  approved: false,
}

test('a new user has keys of all three hashes, and only the password fits them', async () => {
  const { users, storage } = await house()
  await users.create(JULIET, 'r0m30')
  expect(await fits(storage, JULIET, 'r0m30')).toBe(true)
  expect(await fits(storage, JULIET, 'R0m30')).toBe(false)
})

test('two users with one password have different salts, of at least 16 bytes, and 4,096 iterations', async () => {
  const { users, storage } = await house()
  await Promise.all([users.create(JULIET, 'secret'), users.create('romeo@localhost', 'secret')])
  const [juliet, romeo] = await Promise.all([
    storage.stores.accounts.credentials(JULIET),
    storage.stores.accounts.credentials('romeo@localhost'),
  ])
  expect(juliet?.salt.length).toBeGreaterThanOrEqual(16)
  expect(juliet?.salt).not.toEqual(romeo?.salt)
  expect([juliet?.iterations, romeo?.iterations]).toEqual([4096, 4096])
})

test('a name that is taken stays as it is, also under another spelling', async () => {
  const { users, storage } = await house()
  await users.create(JULIET, 'r0m30')
  await expect(users.create('Juliet@LOCALHOST', 'other')).rejects.toMatchObject({
    code: 'exists',
    message: 'There is a user juliet@localhost already.',
  })
  await expect(users.create('ｊｕｌｉｅｔ@localhost', 'other')).rejects.toMatchObject({ code: 'exists' })
  expect(await fits(storage, JULIET, 'r0m30')).toBe(true)
  expect(await users.list()).toEqual([JULIET])
})

test('of two that take a name at once, one gets it', async () => {
  const { users, storage } = await house()
  const outcomes = await Promise.all([codeOf(users.create(JULIET, 'first')), codeOf(users.create(JULIET, 'second'))])
  expect([...outcomes].sort()).toEqual(['done', 'exists'])
  expect(await fits(storage, JULIET, outcomes[0] === 'done' ? 'first' : 'second')).toBe(true)
})

test.each([
  ['juliet', 'has no @'],
  ['localhost', 'is a domain'],
  ['juliet@localhost/balcony', 'has a resource'],
  ['juliet@example.org', 'is of another domain'],
  ['juliet<x@localhost', 'has a forbidden character'],
  ['@localhost', 'has an empty name'],
  [`${'j'.repeat(1024)}@localhost`, 'has a name that is too long'],
  ['', 'is empty'],
])('the address %j, which %s, is refused with a sentence', async (jid) => {
  const { users } = await house()
  for (const work of [users.create(jid, 'x'), users.setPassword(jid, 'x'), users.remove(jid)]) {
    await expect(work).rejects.toMatchObject({ name: 'UserError', code: 'invalid', message: /^\S.*\.$/ })
  }
  expect(await users.list()).toEqual([])
})

test.each([
  ['', 'empty'],
  ['a\u0000b', 'with a control character'],
  ['\ud800', 'with half a character'],
  ['\u00ad', 'that is empty when prepared'],
])('the password %j, %s, is refused with a sentence, and the old one stays', async (password) => {
  const { users, storage, events } = await house()
  await users.create(JULIET, 'r0m30')
  await expect(users.create('romeo@localhost', password)).rejects.toMatchObject({ code: 'invalid', message: /\.$/ })
  await expect(users.setPassword(JULIET, password)).rejects.toMatchObject({ code: 'invalid' })
  expect(await users.list()).toEqual([JULIET])
  expect(await fits(storage, JULIET, 'r0m30')).toBe(true)
  expect(events).toEqual([])
})

test('a password is kept as SASLprep writes it', async () => {
  const { users, storage } = await house()
  await users.create(JULIET, '\u2168\u00a0I\u00adX')
  expect(await fits(storage, JULIET, 'IX IX')).toBe(true)
})

test('when live sessions end for a new password, it is kept already', async () => {
  const seen: boolean[] = []
  const { users, storage, events } = await house({
    ending: async (inside) => void seen.push(await fits(inside, JULIET, 'n3w')),
  })
  await users.create(JULIET, 'r0m30')
  const before = await storage.stores.accounts.credentials(JULIET)
  await users.setPassword(JULIET, 'n3w')
  expect(events).toEqual([`end ${JULIET}`])
  expect(seen).toEqual([true])
  expect((await storage.stores.accounts.credentials(JULIET))?.salt).not.toEqual(before?.salt)
})

test('who is not there gets no password, is not removed, and nobody is told', async () => {
  const { users, events } = await house()
  await expect(users.setPassword(JULIET, 'x')).rejects.toMatchObject({
    code: 'unknown',
    message: 'There is no user juliet@localhost.',
  })
  await expect(users.remove(JULIET)).rejects.toMatchObject({ code: 'unknown' })
  expect(events).toEqual([])
})

test('while a user is removed nobody can log in any more, then sessions end, then subscriptions, then all is wiped', async () => {
  const open: boolean[] = []
  const look = async (storage: Storage): Promise<void> => {
    expect(await storage.stores.accounts.exists(JULIET)).toBe(true)
    open.push(await fits(storage, JULIET, 'r0m30'))
  }
  const { users, storage, events } = await house({ ending: look, removing: look })
  await users.create(JULIET, 'r0m30')
  await storage.stores.roster.put(JULIET, contact, 10)
  await users.remove(JULIET)
  expect(events).toEqual([`end ${JULIET}`, `remove ${JULIET}`, `removed ${JULIET}`])
  expect(open).toEqual([false, false])
  expect(await storage.stores.roster.items(JULIET)).toEqual([])
  expect(await users.list()).toEqual([])
})

test('a removal that is refused leaves the user as they were', async () => {
  const { users, storage, events } = await house({
    removing: () => Promise.reject(new StanzaError('not-allowed')),
  })
  await users.create(JULIET, 'r0m30')
  await storage.stores.roster.put(JULIET, contact, 10)
  await expect(users.remove(JULIET)).rejects.toMatchObject({ condition: 'not-allowed' })
  expect(await fits(storage, JULIET, 'r0m30')).toBe(true)
  expect(await storage.stores.roster.items(JULIET)).toHaveLength(1)
  expect(events).toEqual([`end ${JULIET}`, `remove ${JULIET}`])
})

test('who takes the name of a user that is being removed waits, and inherits nothing', async () => {
  let create: Promise<void> | undefined
  const { users, storage, events } = await house({
    removing: async (inside) => {
      create = users.create(JULIET, 'n3w')
      await inside.stores.roster.put(JULIET, contact, 10)
    },
  })
  await users.create(JULIET, 'r0m30')
  await users.remove(JULIET)
  events.push('free')
  await create
  expect(await fits(storage, JULIET, 'n3w')).toBe(true)
  expect(await storage.stores.roster.items(JULIET)).toEqual([])
  expect(events.at(-1)).toBe('free')
})

test('of two removals at once, one finds the user', async () => {
  const { users, events } = await house()
  await users.create(JULIET, 'r0m30')
  const outcomes = await Promise.all([codeOf(users.remove(JULIET)), codeOf(users.remove(JULIET))])
  expect(outcomes).toEqual(['done', 'unknown'])
  expect(events.filter((event) => event.startsWith('removed'))).toHaveLength(1)
})

test('users are listed in the order of their names', async () => {
  const { users } = await house()
  for (const name of ['romeo', 'juliet', 'nurse']) await users.create(`${name}@localhost`, 'secret')
  expect(await users.list()).toEqual(['juliet@localhost', 'nurse@localhost', 'romeo@localhost'])
})
