// The database file and its connections: one that writes, two that read beside it (SQLite's write-ahead log: https://sqlite.org/wal.html).

import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../storage.js'
import { asStorageError, Connection, type Value } from './connection.js'
import { GroupCommit, type ManyStep, type Step } from './group-commit.js'
import { migrate } from './migrations.js'

export interface SqliteOptions {
  /** `full` (the default): what was written survives a loss of power. `normal`: it survives a crash of the program only, and is quicker. */
  readonly synchronous?: 'full' | 'normal'
  /** How long somebody else's lock on the file is waited for, in milliseconds; 5000 by default. */
  readonly busyTimeout?: number
}

export const FILE = 'sealpost.db'
const MEMORY = ':memory:'
const READERS = 2
// After a flood the log is cut back to this, in bytes.
const LOG_LIMIT = 64 * 1024 * 1024

export class Database {
  readonly #writer: Connection
  readonly #readers: readonly Connection[]
  readonly #commits: GroupCommit
  #turn = 0
  #closed: Promise<void> | undefined

  private constructor(writer: Connection, readers: readonly Connection[]) {
    this.#writer = writer
    this.#readers = readers
    this.#commits = new GroupCommit(writer)
  }

  /**
   * Opens the database in `directory`, which is made (0700) if it is not there, as is the file (0600). With ':memory:' there
   * is one connection for reading and writing, and all goes when it is closed.
   */
  static async open(directory: string, options: SqliteOptions = {}): Promise<Database> {
    const opened: Connection[] = []
    const connect = async (file: string): Promise<Connection> => {
      const connection = await Connection.open(file)
      opened.push(connection)
      await connection.exec(`pragma busy_timeout = ${options.busyTimeout ?? 5000}`)
      return connection
    }
    try {
      return directory === MEMORY ? await inMemory(connect) : await inFile(connect, directory, options)
    } catch (reason) {
      await Promise.all(opened.map((connection) => connection.close()))
      throw asStorageError(reason)
    }
  }

  /** Wraps connections that are set up. */
  static over(writer: Connection, readers: readonly Connection[]): Database {
    return new Database(writer, readers)
  }

  /** The rows of one statement that only reads. It sees every write whose promise has resolved. */
  read<Row>(sql: string, ...parameters: readonly Value[]): Promise<readonly Row[]> {
    if (this.#closed !== undefined) return Promise.reject(new StorageError('fault', 'the storage is closed'))
    const connection = this.#readers[this.#turn++ % this.#readers.length] ?? this.#writer
    return connection.alone(() => connection.all<Row>(sql, ...parameters))
  }

  /** See GroupCommit.write. */
  write<T>(step: Step<T>): Promise<T> {
    return this.#commits.write(step)
  }

  /** See GroupCommit.gathered. */
  gathered<Input, Output>(step: ManyStep<Input, Output>): (input: Input) => Promise<Output> {
    return this.#commits.gathered(step)
  }

  /** Writes the whole file anew and empties the log, so that nothing that was deleted or overwritten is left in either. */
  rewrite(): Promise<void> {
    return this.#writer.alone(async () => {
      await this.#writer.exec('vacuum')
      const [log] = await this.#writer.all<{ readonly busy: number }>('pragma wal_checkpoint(truncate)')
      if (log?.busy === 1) throw new StorageError('busy', 'somebody else reads the database: its log cannot be emptied')
    })
  }

  /** Waits for reads and writes that are under way, then closes. The log is folded into the file. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.#commits.close()
    for (const connection of [...this.#readers, this.#writer]) await connection.alone(() => connection.close())
  }
}

type Connect = (file: string) => Promise<Connection>

const inMemory = async (connect: Connect): Promise<Database> => {
  const connection = await connect(MEMORY)
  await connection.exec('pragma foreign_keys = on')
  await migrate(connection)
  return Database.over(connection, [])
}

const inFile = async (connect: Connect, directory: string, options: SqliteOptions): Promise<Database> => {
  const file = join(directory, FILE)
  await makeFile(directory, file)
  const writer = await connect(file)
  await writer.exec(`
    pragma journal_mode = wal;
    pragma synchronous = ${options.synchronous ?? 'full'};
    pragma journal_size_limit = ${LOG_LIMIT};
    pragma secure_delete = fast;
    pragma foreign_keys = on`)
  await migrate(writer)
  const readers = await Promise.all(Array.from({ length: READERS }, () => connect(file)))
  await Promise.all(readers.map((reader) => reader.exec('pragma query_only = on')))
  return Database.over(writer, readers)
}

// SQLite gives its log and its shared memory the mode of the database file: so that one is made before SQLite comes.
const makeFile = async (directory: string, file: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const handle = await open(file, 'a', 0o600)
  await handle.close()
}
