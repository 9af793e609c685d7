// Push keys encrypted in the file (docs/storage.md): the file alone gives none, and no other key opens them.

import { readFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Registration } from '../../storage/push.js'
import { Connection } from '../../storage/sqlite/connection.js'
import { Database, FILE } from '../../storage/sqlite/database.js'
import { type OpenOptions, openSqlite, storageOn } from '../../storage/sqlite/index.js'
import { type Place, sealedColumn } from '../../storage/sqlite/sealed-column.js'
import type { Storage } from '../../storage/storage.js'
import { describePushStore } from './contract/push.js'
import { credentials, juliet, message, registration, romeo, service } from './contract/samples.js'
import { describeStorage } from './contract/storage.js'

const storageKey = Uint8Array.from(randomBytes(32))
const otherKey = Uint8Array.from(randomBytes(32))
const sealed = { key: storageKey }

const temporary = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

const withStorage = async <T>(
  directory: string,
  keys: OpenOptions['keys'],
  work: (storage: Storage) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> => {
  const storage = await openSqlite(directory, { ...options, ...(keys !== undefined && { keys }) })
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

const onFile = async (directory: string, work: (connection: Connection) => Promise<void>): Promise<void> => {
  const connection = await Connection.open(join(directory, FILE))
  try {
    await work(connection)
  } finally {
    await connection.close()
  }
}

/** A push key that can be told from anything else. */
const pushKey = (number: number): Uint8Array =>
  Uint8Array.from(Buffer.from(`push key ${String(number).padStart(7, '.')}`))

const register = ({ stores }: Storage, account: string, node: string, key: Uint8Array): Promise<boolean> =>
  stores.push.put(registration({ account, node, sealing: { key, maxSize: 3000 } }), 10_000)

const keysOf = (registrations: readonly Registration[]): readonly (string | undefined)[] =>
  registrations.map(({ sealing }) => sealing?.key && Buffer.from(sealing.key).toString())

const allKeys = ({ stores }: Storage) => stores.push.all().then(keysOf)

/** The accounts of juliet and romeo with a sealed registration each, and one of juliet's that is not sealed. */
const furnish = async (storage: Storage): Promise<void> => {
  for (const account of [juliet, romeo]) await storage.stores.accounts.create(account, credentials(1))
  await register(storage, juliet, 'phone', pushKey(1))
  await register(storage, romeo, 'phone', pushKey(2))
  await storage.stores.push.put(registration({ node: 'plain' }), 10)
}

const furnished = ['push key ......1', undefined, 'push key ......2']

/** The files that hold one of the texts, or its base64 or hexadecimal form. */
const filesWith = async (directory: string, ...secrets: readonly Uint8Array[]): Promise<readonly string[]> => {
  const forms = secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret)
    return [bytes, Buffer.from(bytes.toString('base64')), Buffer.from(bytes.toString('hex'))]
  })
  const names = (await readdir(directory)).sort()
  const files = await Promise.all(names.map((name) => readFile(join(directory, name))))
  return names.filter((_, index) => forms.some((form) => files[index]?.includes(form)))
}

const missing = {
  name: 'StorageError',
  kind: 'key',
  message: expect.stringContaining('are encrypted: give their key as storage.key') as string,
}
const wrong = {
  name: 'StorageError',
  kind: 'key',
  message: expect.stringContaining('are encrypted with another key') as string,
}

describe('the contract, with encrypted push keys', () => {
  const open = async (): Promise<Storage> => storageOn(await Database.open(':memory:'), sealedColumn(storageKey))
  describePushStore(open)
  describeStorage(open)
})

describe('a file with a storage key', () => {
  test('gives no push key, neither while it is open nor later, and gives them back with its key', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, async (storage) => {
      await furnish(storage)
      expect(await readdir(directory)).toContain(`${FILE}-wal`)
      expect(await filesWith(directory, pushKey(1), pushKey(2), storageKey)).toEqual([])
    })
    expect(await filesWith(directory, pushKey(1), pushKey(2), storageKey)).toEqual([])
    expect(await withStorage(directory, sealed, allKeys)).toEqual(furnished)
  })

  test('without one gives them: what the others prove can be seen to fail', async () => {
    const directory = await temporary()
    await withStorage(directory, undefined, furnish)
    expect(await filesWith(directory, pushKey(1))).toEqual([FILE])
    expect(await withStorage(directory, undefined, allKeys)).toEqual(furnished)
  })

  test.each([
    ['no key', {}, missing],
    ['another key', { key: otherKey }, wrong],
    ['another key and another previous one', { key: otherKey, previousKey: Uint8Array.from(randomBytes(32)) }, wrong],
  ] as const)('is refused with %s, in one sentence, and left as it is', async (_, keys, refusal) => {
    const directory = await temporary()
    await withStorage(directory, sealed, furnish)
    const before = await readFile(join(directory, FILE))
    await expect(openSqlite(directory, { keys })).rejects.toMatchObject(refusal)
    expect((await readFile(join(directory, FILE))).equals(before)).toBe(true)
    expect(await withStorage(directory, sealed, allKeys)).toEqual(furnished)
  })

  test('without any registration is refused without its key as well', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, () => Promise.resolve())
    await expect(openSqlite(directory)).rejects.toMatchObject(missing)
  })

  test('is told from one that is damaged: each key opens in its own place alone', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, furnish)
    await onFile(directory, (file) =>
      file.exec(`update registrations set sealing_key = (select sealing_key from registrations where account = '${romeo}')
        where account = '${juliet}' and node = 'phone'`),
    )
    expect(await withStorage(directory, sealed, allKeys)).toEqual([undefined, undefined, furnished[2]])
    await onFile(directory, (file) =>
      file.exec("update registrations set sealing_key = x'00' where sealing_key is not null"),
    )
    expect(await withStorage(directory, sealed, allKeys)).toEqual([undefined, undefined, undefined])
  })
})

describe('a storage key', () => {
  test('that comes to a file encrypts what is there, and leaves no trace of it in the file', async () => {
    const directory = await temporary()
    const many = Array.from({ length: 1200 }, (_, number) => number)
    await withStorage(directory, undefined, async (storage) => {
      await furnish(storage)
      await Promise.all(many.map((number) => register(storage, juliet, `n${String(number)}`, pushKey(number))))
      const gone = many.slice(0, 600).map((number) => storage.stores.push.remove(juliet, service, `n${String(number)}`))
      await Promise.all(gone)
      await storage.stores.messages.keep(juliet, message('m1'), [], 10)
    })
    const secrets = many.map(pushKey)
    expect(await filesWith(directory, ...secrets)).toEqual([FILE])
    await withStorage(directory, sealed, async (storage) => {
      expect(await filesWith(directory, ...secrets)).toEqual([])
      expect(keysOf(await storage.stores.push.of(romeo))).toEqual([furnished[2]])
      expect((await allKeys(storage)).slice(2, -1)).toEqual(
        many.slice(600).map((number) => Buffer.from(pushKey(number)).toString()),
      )
      expect(await storage.stores.messages.waiting(juliet, 0, 9)).toMatchObject([{ id: 'm1' }])
    })
    expect(await filesWith(directory, ...secrets)).toEqual([])
    await expect(openSqlite(directory)).rejects.toMatchObject(missing)
  })

  test('takes the place of the previous one, which opens nothing any more', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, furnish)
    const turned = { key: otherKey, previousKey: storageKey }
    expect(await withStorage(directory, turned, allKeys)).toEqual(furnished)
    expect(await withStorage(directory, turned, allKeys)).toEqual(furnished)
    expect(await withStorage(directory, { key: otherKey }, allKeys)).toEqual(furnished)
    await expect(openSqlite(directory, { keys: sealed })).rejects.toMatchObject(wrong)
  })

  test('that is only the previous one ends the encryption', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, furnish)
    expect(await withStorage(directory, { previousKey: storageKey }, allKeys)).toEqual(furnished)
    expect(await withStorage(directory, undefined, allKeys)).toEqual(furnished)
    expect(await filesWith(directory, pushKey(1))).toEqual([FILE])
  })

  test('that goes, or changes, leaves a key that it does not open lost: never its bytes for the key', async () => {
    for (const keys of [{ previousKey: storageKey }, { key: otherKey, previousKey: storageKey }]) {
      const directory = await temporary()
      await withStorage(directory, sealed, furnish)
      await onFile(directory, (file) =>
        file.exec(`update registrations set sealing_key = randomblob(44) where account = '${romeo}'`),
      )
      expect(await withStorage(directory, keys, allKeys)).toEqual([furnished[0], undefined, undefined])
      expect(await withStorage(directory, { ...keys, previousKey: otherKey }, allKeys)).toEqual([
        furnished[0],
        undefined,
        undefined,
      ])
    }
  })

  test('keeps the count of what was sealed under each push key, whichever way it goes', async () => {
    const directory = await temporary()
    await withStorage(directory, undefined, async (storage) => {
      await furnish(storage)
      await storage.stores.push.answered(juliet, service, 'phone', 'result', 5)
    })
    for (const keys of [sealed, { key: otherKey, previousKey: storageKey }, { previousKey: otherKey }])
      await withStorage(directory, keys, async (storage) => {
        await register(storage, juliet, 'phone', pushKey(1))
        expect((await storage.stores.push.find(juliet, service, 'phone'))?.sealedCount).toBe(1)
      })
  })

  test('that is lost costs the push keys and nothing else, by the step that docs/storage.md names', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, furnish)
    const [, step = ''] = /```sql\n(.*?)```/s.exec(await readFile('docs/storage.md', 'utf8')) ?? []
    expect(step).toContain('registrations')
    await onFile(directory, (file) => file.exec(step))
    await withStorage(directory, { key: otherKey }, async (storage) => {
      expect(await allKeys(storage)).toEqual([undefined, undefined, undefined])
      expect((await storage.stores.push.all()).map(({ sealing }) => sealing?.maxSize)).toEqual([3000, undefined, 3000])
      await register(storage, juliet, 'phone', pushKey(3))
      expect(await allKeys(storage)).toEqual(['push key ......3', undefined, undefined])
    })
  })

  test('that could not finish, since somebody read the file, finishes the next time', async () => {
    const directory = await temporary()
    await withStorage(directory, undefined, furnish)
    await onFile(directory, async (reader) => {
      await reader.exec('begin')
      await reader.all('select count(*) from registrations')
      const opened = openSqlite(directory, { keys: sealed, busyTimeout: 1 })
      await expect(opened).rejects.toMatchObject({ name: 'StorageError', kind: 'busy' })
      expect(await filesWith(directory, pushKey(1))).not.toEqual([])
      await reader.exec('commit')
    })
    await withStorage(directory, sealed, async (storage) => {
      expect(await filesWith(directory, pushKey(1))).toEqual([])
      expect(await allKeys(storage)).toEqual(furnished)
    })
  })
})

describe('who has the file but not the key', () => {
  test('reads and removes what they like, but no push key, and stores none', async () => {
    const directory = await temporary()
    await withStorage(directory, sealed, furnish)
    await withStorage(directory, 'unread', async (storage) => {
      expect(await allKeys(storage)).toEqual([undefined, undefined, undefined])
      await expect(register(storage, juliet, 'tablet', pushKey(4))).rejects.toMatchObject({ name: 'StorageError' })
      expect(await storage.wipe(romeo)).toBe(true)
    })
    expect(await withStorage(directory, sealed, allKeys)).toEqual(furnished.slice(0, 2))
  })

  test('leaves a file that is not encrypted as it is', async () => {
    const directory = await temporary()
    await withStorage(directory, undefined, furnish)
    expect(await withStorage(directory, 'unread', allKeys)).toEqual(furnished)
    expect(await withStorage(directory, undefined, allKeys)).toEqual(furnished)
  })
})

describe('a sealed value', () => {
  const column = sealedColumn(storageKey)
  const place: Place = ['registrations', 'sealing_key', juliet, service, 'phone']

  test('opens whole or not at all: not with one bit changed, not shortened, not elsewhere', () => {
    const stored = column.seal(pushKey(1), place)
    expect(column.open(stored, place)).toStrictEqual(pushKey(1))
    for (let bit = 0; bit < stored.length * 8; bit++) {
      const changed = Uint8Array.from(stored)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(column.open(changed, place)).toBeUndefined()
    }
    for (let length = 0; length < stored.length; length++)
      expect(column.open(stored.subarray(0, length), place)).toBeUndefined()
    expect(column.open(stored, ['registrations', 'sealing_key', juliet, service, 'tablet'])).toBeUndefined()
    expect(column.open(stored, ['registrations', 'sealing_key', juliet, `${service}phone`, ''])).toBeUndefined()
    expect(sealedColumn(otherKey).open(stored, place)).toBeUndefined()
  })

  test('is never sealed to the same bytes twice', () => {
    const stored = Array.from({ length: 100 }, () => Buffer.from(column.seal(pushKey(1), place)).toString('hex'))
    expect(new Set(stored.map((hex) => hex.slice(0, 24))).size).toBe(100)
    expect(new Set(stored).size).toBe(100)
  })
})
