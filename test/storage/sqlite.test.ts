// The contract on SQLite in a file, and what only a file can be asked: that it lasts, who may read it, what a fault does.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../../storage/sqlite/connection.js'
import { Database, FILE, type SqliteOptions } from '../../storage/sqlite/database.js'
import { openSqlite, storageOn } from '../../storage/sqlite/index.js'
import type { Storage } from '../../storage/storage.js'
import { describeContract } from './contract/index.js'
import { contact, credentials, juliet, message, owedBy, romeo } from './contract/samples.js'
import { furnish } from './contract/storage.js'

const temporary = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

interface Opened {
  readonly directory: string
  readonly database: Database
  readonly storage: Storage
}

const opened = async (options: SqliteOptions = {}): Promise<Opened> => {
  const directory = await temporary()
  const database = await Database.open(directory, options)
  const storage = storageOn(database)
  onTestFinished(() => storage.close())
  await storage.stores.accounts.create(juliet, credentials(1))
  return { directory, database, storage }
}

/** Another program that has the file open. */
const another = async (directory: string): Promise<Connection> => {
  const connection = await Connection.open(join(directory, FILE))
  onTestFinished(() => connection.close())
  return connection
}

const databases = new WeakMap<Storage, Database>()

describeContract({
  open: async () => {
    const database = await Database.open(await temporary())
    const storage = storageOn(database)
    databases.set(storage, database)
    return storage
  },
  countMessages: async (storage) => {
    const rows = await databases
      .get(storage)
      ?.read<{ readonly count: number }>('select count(*) as count from messages')
    return rows?.[0]?.count ?? -1
  },
  plays: 10,
})

const waiting = async ({ stores }: Storage): Promise<readonly string[]> =>
  (await stores.messages.waiting(juliet, 0, 1000)).map(({ id }) => id)

describe('the file', () => {
  test('what was kept is there when the directory is opened again', async () => {
    const directory = join(await temporary(), 'not', 'there', 'yet')
    const before = await openSqlite(directory)
    await before.stores.accounts.create(juliet, credentials(1))
    await furnish(before, juliet)
    const secret = await before.secret('a')
    const owed = await owedBy(before.stores.messages)
    await before.close()

    const after = await openSqlite(directory)
    onTestFinished(() => after.close())
    expect(await waiting(after)).toEqual(['m1'])
    expect(await owedBy(after.stores.messages)).toStrictEqual(owed)
    expect(owed).toHaveLength(2)
    expect(await after.secret('a')).toStrictEqual(secret)
  })

  test('nobody but its owner may read it, whatever the umask', async () => {
    const directory = join(await temporary(), 'data')
    const umask = process.umask(0)
    try {
      const storage = await openSqlite(directory)
      onTestFinished(() => storage.close())
      await storage.stores.accounts.create(juliet, credentials(1))
      const modeOf = async (path: string) => (await stat(path)).mode & 0o777
      expect(await modeOf(directory)).toBe(0o700)
      for (const end of ['', '-wal', '-shm']) expect(await modeOf(join(directory, FILE + end))).toBe(0o600)
    } finally {
      process.umask(umask)
    }
  })

  test('closing leaves one file', async () => {
    const { directory, storage } = await opened()
    await storage.close()
    await expect(stat(join(directory, `${FILE}-wal`))).rejects.toThrow('ENOENT')
  })

  test('a file of a later program is refused with a sentence and left as it is', async () => {
    const { directory, storage } = await opened()
    await storage.close()
    const connection = await Connection.open(join(directory, FILE))
    await connection.exec('pragma user_version = 1000')
    await connection.close()
    const bytes = await readFile(join(directory, FILE))
    await expect(openSqlite(directory)).rejects.toMatchObject({
      kind: 'newer',
      message: expect.stringContaining('written by a later version') as string,
    })
    expect((await readFile(join(directory, FILE))).equals(bytes)).toBe(true)
  })

  test('a file that is no database is refused', async () => {
    const directory = await temporary()
    await writeFile(join(directory, FILE), 'Two households, both alike in dignity. '.repeat(100))
    await expect(openSqlite(directory)).rejects.toMatchObject({ name: 'StorageError', kind: 'fault' })
  })

  test('a directory that cannot be one is refused', async () => {
    const path = join(await temporary(), 'file')
    await writeFile(path, '')
    await expect(openSqlite(path)).rejects.toMatchObject({ name: 'StorageError', kind: 'fault' })
  })

  test('every commit waits for the disk, unless it is told not to', async () => {
    const level = async ({ database }: Opened) => (await database.write((step) => step.all('pragma synchronous')))[0]
    expect(await level(await opened())).toEqual({ synchronous: 2 })
    expect(await level(await opened({ synchronous: 'normal' }))).toEqual({ synchronous: 1 })
  })

  test('a read sees what was written before it, on whichever connection', async () => {
    const { storage } = await opened()
    const ids: string[] = []
    for (let count = 0; count < 50; count++) {
      ids.push(`m${String(count)}`)
      await storage.stores.messages.keep(juliet, message(`m${String(count)}`), [], 1000)
      expect(await Promise.all([waiting(storage), waiting(storage)])).toEqual([ids, ids])
    }
  })

  test('reading goes on while a write is under way', async () => {
    const { database, storage } = await opened()
    let read: boolean | undefined
    await database.write(async (step) => {
      await step.run("delete from accounts where account = 'juliet@localhost'")
      read = await storage.stores.accounts.exists(juliet)
    })
    expect(read).toBe(true)
    expect(await storage.stores.accounts.exists(juliet)).toBe(false)
  })
})

describe('a fault', () => {
  test('a write that fails takes none of those along that share its transaction', async () => {
    const { database, storage } = await opened()
    const keep = (id: string) => storage.stores.messages.keep(juliet, message(id), [], 10)
    const results = await Promise.allSettled([
      keep('m1'),
      database.write((step) => step.run("insert into roster (account) values ('nonsense')")),
      keep('m2'),
      storage.stores.roster.put(juliet, contact(romeo), 10),
      database.write(() => Promise.reject(new Error('a bug'))),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected'])
    expect(results[1]).toMatchObject({ reason: { name: 'StorageError', kind: 'fault' } })
    expect(results[4]).toMatchObject({ reason: { name: 'StorageError', kind: 'fault' } })
    expect(await waiting(storage)).toEqual(['m1', 'm2'])
    expect(await storage.stores.roster.items(juliet)).toHaveLength(1)
  })

  test('of calls that share a statement only the one at fault fails', async () => {
    const { database } = await opened()
    const note = database.gathered<string | null, number>(async (step, names) => {
      const sql = "insert into secrets (name, secret) select value, x'00' from json_each(?)"
      await step.run(sql, JSON.stringify(names))
      return names.map(() => names.length)
    })
    const together = await Promise.all([note('a'), note('b')])
    expect(together).toEqual([2, 2])
    const results = await Promise.allSettled([note('c'), note(null), note('d')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const rows = await database.read<{ readonly name: string }>('select name from secrets order by name')
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a full disk is told apart, harms nothing that was kept, and passes', async () => {
    const { database, storage } = await opened()
    const limitPages = (pages: number) => database.write((step) => step.all(`pragma max_page_count = ${String(pages)}`))
    await limitPages(60)
    const big = 'x'.repeat(10_000)
    const keep = (id: string) => storage.stores.messages.keep(juliet, message(id, { xml: big }), [], 1000)
    const kept: string[] = []
    const fill = async (): Promise<never> => {
      for (let count = 0; ; count++) {
        const id = `m${String(count)}`
        await keep(id)
        kept.push(id)
      }
    }
    await expect(fill()).rejects.toMatchObject({ name: 'StorageError', kind: 'full' })
    expect(kept.length).toBeGreaterThan(3)
    expect(await waiting(storage)).toEqual(kept)
    await limitPages(1000)
    expect(await keep('after')).toBeDefined()
    expect(await waiting(storage)).toEqual([...kept, 'after'])
  })

  test('a database that somebody else holds is told apart, can be read, and is written to again later', async () => {
    const { directory, storage } = await opened({ busyTimeout: 1 })
    const holder = await another(directory)
    await holder.exec('begin immediate')
    const keep = (id: string) => storage.stores.messages.keep(juliet, message(id), [], 10)
    const results = await Promise.allSettled([keep('m1'), storage.wipe(romeo)])
    expect(results).toMatchObject([{ reason: { kind: 'busy' } }, { reason: { kind: 'busy' } }])
    expect(await waiting(storage)).toEqual([])
    await holder.exec('rollback')
    expect(await keep('m2')).toBeDefined()
    expect(await waiting(storage)).toEqual(['m2'])
  })
})

interface Column {
  readonly table: string
  readonly name: string
}

const COLUMNS = `
  select entry.name as "table", field.name as name from sqlite_schema entry join pragma_table_info(entry.name) field
  where entry.type = 'table' and entry.name not like 'sqlite_%'`

const tablesWith = async (database: Database, text: string): Promise<readonly string[]> => {
  const found = new Set<string>()
  for (const { table, name } of await database.read<Column>(COLUMNS)) {
    const sql = `select 1 from ${table} where instr(cast(${name} as text), ?) limit 1`
    if ((await database.read(sql, text)).length > 0) found.add(table)
  }
  return [...found].sort()
}

const sizes = async (database: Database): Promise<ReadonlyMap<string, number>> => {
  const tables = new Set((await database.read<Column>(COLUMNS)).map(({ table }) => table))
  const counts = [...tables].map(async (table) => {
    const [row] = await database.read<{ readonly count: number }>(`select count(*) as count from ${table}`)
    return [table, row?.count ?? -1] as const
  })
  return new Map(await Promise.all(counts))
}

describe('wiping', () => {
  test('no row of any table names a wiped account, and none hangs by one that did', async () => {
    const { database, storage } = await opened()
    await furnish(storage, juliet)
    await storage.secret('a')
    const before = await sizes(database)
    expect([...before.keys()].filter((table) => before.get(table) === 0)).toEqual([])
    expect(await tablesWith(database, juliet)).toContain('messages')
    await storage.wipe(juliet)
    expect(await tablesWith(database, juliet)).toEqual([])
    const after = await sizes(database)
    expect([...after.keys()].filter((table) => after.get(table) !== 0)).toEqual(['secrets'])
  })
})

/** Starts keeper.ts in a process of its own, which has to be killed. */
const startKeeper = (directory: string) => {
  const keeper = JSON.stringify(fileURLToPath(new URL('keeper.ts', import.meta.url)))
  const script = `import { runnerImport } from 'vite'; await runnerImport(${keeper}, { logLevel: 'error' })`
  return spawn(process.execPath, ['--input-type=module', '--eval', script, '--', directory], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe('a crash', () => {
  test(
    'kill -9 loses no message that was acknowledged, nor the push that is owed for it',
    { timeout: 60_000 },
    async () => {
      const directory = await temporary()
      const keeper = startKeeper(directory)
      const printed: string[] = []
      for await (const id of createInterface(keeper.stdout)) {
        printed.push(id)
        if (printed.length === 500) keeper.kill('SIGKILL')
      }
      if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, 'exit')
      expect(keeper.signalCode).toBe('SIGKILL')
      expect(printed.length).toBeGreaterThanOrEqual(500)

      const database = await Database.open(directory)
      const storage = storageOn(database)
      onTestFinished(() => storage.close())
      expect(await database.read('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
      expect(await database.read('pragma foreign_key_check')).toEqual([])
      const ids = new Set(await waiting(storage))
      expect(printed.filter((id) => !ids.has(id))).toEqual([])
      const owed = await owedBy(storage.stores.messages)
      expect(owed.map((one) => one.message).sort()).toEqual([...ids].sort())
      expect(owed.map((one) => one.unread)).toEqual(owed.map((_, index) => index + 1))
    },
  )
})
