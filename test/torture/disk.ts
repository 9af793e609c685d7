// What a kill has left on the disk: read from a copy, so that the server itself finds its files as it left them.

import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sqlite3 from 'sqlite3'
import { parse } from '../../server/xml.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import type { Storage } from '../../storage/storage.js'

const FILE = 'sealpost.db'
const pageSize = 500

export interface Kept {
  readonly account: string
  readonly id: string
  readonly token: string
}

export interface Owed {
  readonly account: string
  readonly service: string
  readonly node: string
  /** The stanza-id and the token of the message that owes it. */
  readonly id: string
  readonly token: string
  readonly due: number
}

export interface Registered {
  readonly service: string
  readonly node: string
  /** The sealing key, in base64. */
  readonly key: string | undefined
}

export interface Disk {
  /** What waits for a reader. */
  readonly kept: readonly Kept[]
  readonly owed: readonly Owed[]
  readonly registered: readonly Registered[]
  /** What SQLite has to say of the file: `ok`. */
  readonly integrity: string
}

/** @param accounts whose messages are looked at */
export async function readDisk(data: string, accounts: readonly string[]): Promise<Disk> {
  const copy = await mkdtemp(join(tmpdir(), 'sealpost-torture-copy-'))
  try {
    // The shared memory is made anew from the log, as after any crash.
    const files = (await readdir(data)).filter((name) => name.startsWith(FILE) && !name.endsWith('-shm'))
    for (const name of files) await copyFile(join(data, name), join(copy, name))
    const integrity = await checkIntegrity(copy)
    const storage = await openSqlite(copy)
    try {
      const [owed, registered] = [await owedIn(storage), await registeredIn(storage)]
      return { kept: await keptIn(storage, accounts), owed, registered, integrity }
    } finally {
      await storage.close()
    }
  } finally {
    await rm(copy, { recursive: true })
  }
}

async function keptIn({ stores }: Storage, accounts: readonly string[]): Promise<readonly Kept[]> {
  const kept: Kept[] = []
  for (const account of accounts) {
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: Awaited<ReturnType<typeof stores.messages.waiting>> = await stores.messages.waiting(
        account,
        after,
        pageSize,
      )
      kept.push(...page.map(({ id, xml }) => ({ account, id, token: tokenOf(xml) })))
      after = page.length < pageSize ? undefined : page.at(-1)?.order
    }
  }
  return kept
}

async function owedIn({ stores }: Storage): Promise<readonly Owed[]> {
  const keys = await stores.messages.owedTo(undefined, 1_000_000)
  const debts = await Promise.all(keys.map(({ id }) => stores.messages.debt(id)))
  return debts.flatMap((debt) => {
    if (debt === undefined) return []
    const { account, service, node, message, xml, due } = debt
    return { account, service, node, id: message, token: tokenOf(xml), due }
  })
}

async function registeredIn({ stores }: Storage): Promise<readonly Registered[]> {
  const all = await stores.push.all()
  return all.map(({ service, node, sealing }) => ({
    service,
    node,
    key: sealing?.key === undefined ? undefined : Buffer.from(sealing.key).toString('base64'),
  }))
}

function tokenOf(xml: string): string {
  return String(parse(xml).attrs['id'])
}

async function checkIntegrity(data: string): Promise<string> {
  const rows = await query<{ readonly integrity_check: string }>(data, 'pragma integrity_check')
  const orphans = await query(data, 'pragma foreign_key_check')
  const said = rows.map((row) => row.integrity_check)
  return [...said, ...(orphans.length > 0 ? [`${orphans.length} rows refer to what is not there`] : [])].join('; ')
}

export interface Left {
  readonly debts: number
  readonly messages: number
  /** Messages that nobody waits for and no push is owed for. */
  readonly idle: number
  readonly disabled: number
}

const LEFT = `
  select (select count(*) from debts) as debts, (select count(*) from messages) as messages,
    (select count(*) from messages where waiting = 0 and not exists (select 1 from debts where message = messages.number)) as idle,
    (select count(*) from registrations where reason is not null) as disabled`

/** What is there at this moment, beside a server that is at work. */
export async function countLeft(data: string): Promise<Left> {
  const [row] = await query<Left>(data, LEFT)
  if (row === undefined) throw new Error('the database counts nothing')
  return row
}

function query<Row>(data: string, sql: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(data, FILE), sqlite3.OPEN_READWRITE, (failed) => {
      if (failed !== null) return reject(failed)
      database.configure('busyTimeout', 5000)
      database.all<Row>(sql, (reason, rows) => {
        database.close(() => (reason === null ? resolve(rows) : reject(reason)))
      })
    })
  })
}
