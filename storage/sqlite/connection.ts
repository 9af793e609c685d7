// One SQLite connection as promises, one statement at a time (https://github.com/TryGhost/node-sqlite3/wiki/API).

import sqlite3 from 'sqlite3'
import { StorageError, type StorageFault } from '../storage.js'

export type Value = string | number | Uint8Array | null

const KINDS: ReadonlyMap<string, StorageFault> = new Map([
  ['SQLITE_FULL', 'full'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
])

/** Any fault as a StorageError: its kind by the code that SQLite gave it. */
export const asStorageError = (reason: unknown): StorageError => {
  if (reason instanceof StorageError) return reason
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : ''
  const message = reason instanceof Error ? reason.message : String(reason)
  return new StorageError(KINDS.get(code) ?? 'fault', message, { cause: reason })
}

type Callback = (reason: Error | null) => void

const called = (start: (callback: Callback) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((reason) => {
      if (reason) reject(asStorageError(reason))
      else resolve()
    })
  })

/** What a step of a transaction may do. */
export interface Transaction {
  /** Runs one statement that gives no rows; gives how many rows it changed (those that triggers changed are not counted). */
  run(sql: string, ...parameters: readonly Value[]): Promise<number>
  /** Runs one statement to its end and gives its rows. The caller says what they look like: tables are STRICT. */
  all<Row>(sql: string, ...parameters: readonly Value[]): Promise<readonly Row[]>
}

export class Connection implements Transaction {
  readonly #handle: sqlite3.Database
  readonly #statements = new Map<string, sqlite3.Statement>()
  #last: Promise<unknown> = Promise.resolve()

  private constructor(handle: sqlite3.Database) {
    this.#handle = handle
  }

  /** Opens `file`, which is made if it is not there; ':memory:' is a database of this connection alone. */
  static async open(file: string): Promise<Connection> {
    let handle: sqlite3.Database | undefined
    await called((callback) => {
      handle = new sqlite3.Database(file, callback)
    })
    if (handle === undefined) throw new StorageError('fault', `${file} was not opened`)
    return new Connection(handle)
  }

  /** Nothing else that asks for the connection in this way happens while `work` is under way: nothing slips in between BEGIN and COMMIT. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Runs any number of statements that take no parameters. */
  exec(sql: string): Promise<void> {
    return called((callback) => this.#handle.exec(sql, callback))
  }

  async run(sql: string, ...parameters: readonly Value[]): Promise<number> {
    const statement = await this.#prepared(sql)
    return new Promise((resolve, reject) => {
      statement.run(parameters, function (reason: Error | null) {
        if (reason) reject(asStorageError(reason))
        else resolve(this.changes)
      })
    })
  }

  // Never the driver's get(): it leaves its statement standing at the first row, and with it a read transaction open, so
  // that the connection sees nothing new and no checkpoint comes past it.
  async all<Row>(sql: string, ...parameters: readonly Value[]): Promise<readonly Row[]> {
    const statement = await this.#prepared(sql)
    return new Promise((resolve, reject) => {
      statement.all<Row>(parameters, (reason, rows) => {
        if (reason) reject(asStorageError(reason))
        else resolve(rows)
      })
    })
  }

  /** Closes; every statement has to be over. */
  async close(): Promise<void> {
    for (const statement of this.#statements.values())
      await called((callback) => statement.finalize(() => callback(null)))
    this.#statements.clear()
    await called((callback) => this.#handle.close(callback))
  }

  async #prepared(sql: string): Promise<sqlite3.Statement> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    let statement: sqlite3.Statement | undefined
    await called((callback) => {
      statement = this.#handle.prepare(sql, callback)
    })
    if (statement === undefined) throw new StorageError('fault', 'a statement was not prepared')
    this.#statements.set(sql, statement)
    return statement
  }
}
