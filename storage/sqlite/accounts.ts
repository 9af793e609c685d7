// Accounts and their SCRAM keys in SQLite (RFC 5802 §3).

import type { AccountStore, Credentials, ScramKeys } from '../accounts.js'
import type { Value } from './connection.js'
import type { Database } from './database.js'

interface CredentialsRow {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly sha1_stored: Uint8Array
  readonly sha1_server: Uint8Array
  readonly sha256_stored: Uint8Array
  readonly sha256_server: Uint8Array
  readonly sha512_stored: Uint8Array
  readonly sha512_server: Uint8Array
}

const COLUMNS = 'salt, iterations, sha1_stored, sha1_server, sha256_stored, sha256_server, sha512_stored, sha512_server'

const keysOf = (stored: Uint8Array, server: Uint8Array): ScramKeys => ({
  storedKey: Uint8Array.from(stored),
  serverKey: Uint8Array.from(server),
})

const credentialsOf = (row: CredentialsRow): Credentials => ({
  salt: Uint8Array.from(row.salt),
  iterations: row.iterations,
  keys: {
    sha1: keysOf(row.sha1_stored, row.sha1_server),
    sha256: keysOf(row.sha256_stored, row.sha256_server),
    sha512: keysOf(row.sha512_stored, row.sha512_server),
  },
})

/** In the order of COLUMNS. */
const valuesOf = ({ salt, iterations, keys }: Credentials): readonly Value[] => [
  salt,
  iterations,
  ...[keys.sha1, keys.sha256, keys.sha512].flatMap(({ storedKey, serverKey }) => [storedKey, serverKey]),
]

export const accountStore = (database: Database): AccountStore => ({
  create: (account, credentials) =>
    database.write(async (transaction) => {
      const sql = `insert or ignore into accounts (account, ${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
      return (await transaction.run(sql, account, ...valuesOf(credentials))) > 0
    }),

  setCredentials: (account, credentials) =>
    database.write(async (transaction) => {
      const sql = `update accounts set (${COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?) where account = ?`
      return (await transaction.run(sql, ...valuesOf(credentials), account)) > 0
    }),

  credentials: async (account) => {
    const rows = await database.read<CredentialsRow>(`select ${COLUMNS} from accounts where account = ?`, account)
    return rows.map(credentialsOf)[0]
  },

  exists: async (account) => (await database.read('select 1 from accounts where account = ?', account)).length > 0,

  list: async () => {
    const rows = await database.read<{ readonly account: string }>('select account from accounts order by account')
    return rows.map((row) => row.account)
  },
})
