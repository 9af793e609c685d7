// Under which key the push keys of a file are encrypted, and how that changes: on, off, to another key (docs/storage.md).

import { StorageError } from '../storage.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { closedColumn, type Column, type Place, plainColumn, sealedColumn } from './sealed-column.js'

export interface StorageKeys {
  /** What push keys are to be encrypted with, 32 bytes; undefined: with nothing. */
  readonly key?: Uint8Array | undefined
  /** What they may still be encrypted with. */
  readonly previousKey?: Uint8Array | undefined
}

/** Where the push key of a registration stands. */
export const pushKeyPlace = (account: string, service: string, node: string): Place => [
  'registrations',
  'sealing_key',
  account,
  service,
  node,
]

const CHECK = 'storage.key'
/** While this row is there, the file may still hold values as they were before. */
const UNSWEPT = 'storage.key unswept'
const checkPlace: Place = ['secrets', 'secret', CHECK]

/**
 * The column of push keys, after what is in the file was brought under `key`, in one transaction. With 'unread' nothing is
 * changed, and what is encrypted stays closed.
 * @throws StorageError `key` when the file needs a key that is not given
 */
export const openPushKeys = async (database: Database, keys: StorageKeys | 'unread'): Promise<Column> => {
  const check = await secretOf(database, CHECK)
  if (keys === 'unread') return check === undefined ? plainColumn : closedColumn
  const before = check === undefined ? plainColumn : columnOf(check, keys)
  const after = keys.key === undefined ? plainColumn : sealedColumn(keys.key)
  if (!isThe(after, check)) await database.write((transaction) => reseal(transaction, before, after))
  await sweep(database)
  return after
}

/** Whether the file is as this column wants it already. */
const isThe = (column: Column, check: Uint8Array | undefined): boolean =>
  check === undefined ? column === plainColumn : column !== plainColumn && opens(column, check)

const opens = (column: Column, check: Uint8Array): boolean => column.open(check, checkPlace) !== undefined

const columnOf = (check: Uint8Array, { key, previousKey }: StorageKeys): Column => {
  const columns = [key, previousKey].filter((one) => one !== undefined).map(sealedColumn)
  const column = columns.find((one) => opens(one, check))
  if (column !== undefined) return column
  throw new StorageError('key', columns.length === 0 ? keyIsMissing : keyIsWrong)
}

const keyIsMissing =
  'the push keys in the database are encrypted: give their key as storage.key, or as storage.previous_key to have them stored without encryption'

const keyIsWrong =
  'the push keys in the database are encrypted with another key: give that one as storage.key, or as storage.previous_key to have them encrypted anew'

interface KeyRow {
  readonly number: number
  readonly account: string
  readonly service: string
  readonly node: string
  readonly sealing_key: Uint8Array
}

const PAGE = 500

const READ_KEYS = `
  select number, account, service, node, sealing_key from registrations
  where sealing_key is not null and number > ? order by number limit ${PAGE}`

const WRITE_KEYS = `
  update registrations set sealing_key = unhex(value ->> 1) from json_each(?) where number = value ->> 0`

const reseal = async (transaction: Transaction, before: Column, after: Column): Promise<void> => {
  for (let last: number | undefined = 0; last !== undefined;) {
    const rows: readonly KeyRow[] = await transaction.all<KeyRow>(READ_KEYS, last)
    const changed = rows.map((row) => [row.number, hexOf(resealed(row, before, after))])
    await transaction.run(WRITE_KEYS, JSON.stringify(changed))
    last = rows.length < PAGE ? undefined : rows.at(-1)?.number
  }
  await transaction.run('delete from secrets where name = ?', CHECK)
  if (after !== plainColumn) await putSecret(transaction, CHECK, after.seal(Buffer.from(CHECK), checkPlace))
  await putSecret(transaction, UNSWEPT, new Uint8Array())
}

/** A key that cannot be opened is lost, and says so from now on: without a byte. */
const resealed = ({ account, service, node, sealing_key: stored }: KeyRow, before: Column, after: Column) => {
  const place = pushKeyPlace(account, service, node)
  const value = before.open(stored, place)
  return value === undefined ? new Uint8Array() : after.seal(value, place)
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const putSecret = async (transaction: Transaction, name: string, secret: Uint8Array): Promise<void> => {
  await transaction.run('insert or replace into secrets (name, secret) values (?, ?)', name, secret)
}

const secretOf = async (database: Database, name: string): Promise<Uint8Array | undefined> => {
  const sql = 'select secret from secrets where name = ?'
  return (await database.read<{ readonly secret: Uint8Array }>(sql, name))[0]?.secret
}

// SQLite leaves what a row was in unused parts of pages and in its log. Who is cut off before the end begins again here.
const sweep = async (database: Database): Promise<void> => {
  if ((await secretOf(database, UNSWEPT)) === undefined) return
  await database.rewrite()
  await database.write((transaction) => transaction.run('delete from secrets where name = ?', UNSWEPT))
}
