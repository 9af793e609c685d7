// One process per data directory: a lock that the kernel holds, so that it dies with its process, also by kill -9.

import { closeSync, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sqlite3 from 'sqlite3'
import { faultCode } from './fault.js'

/** Another process has the directory. */
export class LockedError extends Error {
  override readonly name = 'LockedError'

  constructor(directory: string) {
    super(`another process has the data directory ${directory}`)
  }
}

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the directory, which is made if it is not there. Of several that try at once exactly one wins.
 *
 * Node has no flock. A lock file with a process id in it goes stale, and a socket as lock leaves a gap between finding it dead and
 * taking its place. SQLite's exclusive lock is a lock of the kernel (fcntl), taken in one step, and gone with its process. It stands
 * on a file of its own, so that the database stays open to readers.
 * @throws LockedError when somebody has it
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const file = join(directory, 'lock.db')
  makePrivate(file)
  const database = await open(file)
  try {
    await run(database, 'BEGIN EXCLUSIVE')
  } catch (reason) {
    await close(database)
    throw faultCode(reason) === 'SQLITE_BUSY' ? new LockedError(directory) : reason
  }
  return { release: () => close(database) }
}

/**
 * Only when the file is not there yet: closing any descriptor of a file gives up every fcntl lock that this process has on it.
 * Synchronous, so that no other server in this process can take the lock in between.
 */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (reason) {
    if (faultCode(reason) !== 'EEXIST') throw reason
  }
}

function open(file: string): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, (reason) => {
      if (reason === null) resolve(database)
      else reject(reason)
    })
  })
}

function run(database: sqlite3.Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    database.exec(sql, (reason) => {
      if (reason === null) resolve()
      else reject(reason)
    })
  })
}

function close(database: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.close((reason) => {
      if (reason === null) resolve()
      else reject(reason)
    })
  })
}
