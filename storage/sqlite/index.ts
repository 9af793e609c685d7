// All stores on one SQLite database (docs/storage.md).

import { randomBytes } from 'node:crypto'
import { StorageError, type Storage } from '../storage.js'
import { accountStore } from './accounts.js'
import { blockStore } from './blocks.js'
import type { Transaction } from './connection.js'
import { Database, type SqliteOptions } from './database.js'
import { lastActivityStore } from './last-activity.js'
import { messageStore } from './messages.js'
import { omemoStore } from './omemo.js'
import { isAccount } from './owner.js'
import { pepStore } from './pep.js'
import { privateXmlStore } from './private-xml.js'
import { pushStore } from './push.js'
import { rosterStore } from './roster.js'
import { type Column, plainColumn } from './sealed-column.js'
import { openPushKeys, type StorageKeys } from './storage-key.js'
import { vcardStore } from './vcards.js'

export type { SqliteOptions } from './database.js'
export type { StorageKeys } from './storage-key.js'

export interface OpenOptions extends SqliteOptions {
  /** What push keys are encrypted with; nothing when left out. 'unread': they are left as they are, and not opened. */
  readonly keys?: StorageKeys | 'unread'
}

const SECRET_BYTES = 32

/**
 * Opens the storage in `directory`, which holds the file sealpost.db; what is not there is made, for the owner's eyes only
 * (0700, 0600). ':memory:' keeps everything in memory. Throws a StorageError, of kind `newer` for a later program's file, of kind
 * `key` for one whose key is missing or wrong.
 */
export const openSqlite = async (directory: string, { keys = {}, ...options }: OpenOptions = {}): Promise<Storage> => {
  const database = await Database.open(directory, options)
  try {
    return storageOn(database, await openPushKeys(database, keys))
  } catch (reason) {
    await database.close()
    throw reason
  }
}

/** The storage on a database that is open; closing it closes that. @param pushKeys how push keys stand in it */
export const storageOn = (database: Database, pushKeys: Column = plainColumn): Storage => ({
  stores: {
    accounts: accountStore(database),
    roster: rosterStore(database),
    blocks: blockStore(database),
    messages: messageStore(database),
    pep: pepStore(database),
    privateXml: privateXmlStore(database),
    vcards: vcardStore(database),
    push: pushStore(database, pushKeys),
    omemo: omemoStore(database),
    lastActivity: lastActivityStore(database),
  },
  wipe: (account) => database.write((transaction) => wipe(transaction, account)),
  secret: (name) => secret(database, name),
  close: () => database.close(),
})

// The schema is asked, so that no table that comes later can be forgotten.
const OWNED = `
  select entry.name as owned from sqlite_schema entry join pragma_table_info(entry.name) field
  where entry.type = 'table' and field.name = 'account'`

// Who takes the name later must not be let in where its former owner was.
const UNLIST = `
  update pep_nodes set whitelist =
    (select json_group_array(value) from json_each(pep_nodes.whitelist) where value <> ?1)
  where exists (select 1 from json_each(pep_nodes.whitelist) where value = ?1)`

const wipe = async (transaction: Transaction, account: string): Promise<boolean> => {
  const known = await isAccount(transaction, account)
  await transaction.run(UNLIST, account)
  for (const { owned } of await transaction.all<{ readonly owned: string }>(OWNED)) {
    await transaction.run(`delete from ${owned} where account = ?`, account)
  }
  return known
}

const FIND_SECRET = 'select secret from secrets where name = ?'

interface SecretRow {
  readonly secret: Uint8Array
}

const secret = async (database: Database, name: string): Promise<Uint8Array> => {
  const [known] = await database.read<SecretRow>(FIND_SECRET, name)
  return Uint8Array.from((known ?? (await database.write((transaction) => makeSecret(transaction, name)))).secret)
}

const makeSecret = async (transaction: Transaction, name: string): Promise<SecretRow> => {
  const sql = 'insert or ignore into secrets (name, secret) values (?, ?)'
  await transaction.run(sql, name, randomBytes(SECRET_BYTES))
  const [row] = await transaction.all<SecretRow>(FIND_SECRET, name)
  if (row === undefined) throw new StorageError('fault', 'a secret was not kept')
  return row
}
