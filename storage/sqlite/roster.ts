// Rosters in SQLite (RFC 6121 §2).

import type { RosterItem, RosterStore, Subscription } from '../roster.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

interface ItemRow {
  readonly contact: string
  readonly name: string | null
  readonly groups: string
  readonly subscription: Subscription
  readonly ask: number
  readonly listed: number
  readonly request: string | null
  readonly approved: number
}

const COLUMNS = 'contact, name, groups, subscription, ask, listed, request, approved'

/** Of an account whose roster has always been empty. */
const FIRST_VERSION = '0'

const itemOf = (row: ItemRow): RosterItem => ({
  contact: row.contact,
  name: row.name ?? undefined,
  groups: JSON.parse(row.groups) as readonly string[],
  subscription: row.subscription,
  ask: row.ask === 1,
  listed: row.listed === 1,
  request: row.request ?? undefined,
  approved: row.approved === 1,
})

const mayBePut = async (
  transaction: Transaction,
  account: string,
  contact: string,
  limit: number,
): Promise<boolean> => {
  if (!(await isAccount(transaction, account))) return false
  const sql = `select count(*) as items, count(*) filter (where contact = ?2) as present from roster where account = ?1`
  const [row] = await transaction.all<{ readonly items: number; readonly present: number }>(sql, account, contact)
  return row !== undefined && (row.present > 0 || row.items < limit)
}

const putItem = async (
  transaction: Transaction,
  account: string,
  item: RosterItem,
  limit: number,
): Promise<boolean> => {
  if (!(await mayBePut(transaction, account, item.contact, limit))) return false
  if (item.listed || (await isListed(transaction, account, item.contact))) await makeVersion(transaction, account)
  await transaction.run(
    `insert or replace into roster (account, ${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    account,
    item.contact,
    item.name ?? null,
    JSON.stringify(item.groups),
    item.subscription,
    Number(item.ask),
    Number(item.listed),
    item.request ?? null,
    Number(item.approved),
  )
  return true
}

const isListed = async (transaction: Transaction, account: string, contact: string): Promise<boolean> => {
  const sql = 'select listed from roster where account = ? and contact = ?'
  const [row] = await transaction.all<{ readonly listed: number }>(sql, account, contact)
  return row?.listed === 1
}

/** By chance and not by counting: whoever takes the name of a removed account must not meet the versions of its clients. */
const makeVersion = async (transaction: Transaction, account: string): Promise<void> => {
  const sql = 'insert or replace into roster_versions (account, version) values (?, lower(hex(randomblob(12))))'
  await transaction.run(sql, account)
}

export const rosterStore = (database: Database): RosterStore => ({
  items: async (account) => {
    const sql = `select ${COLUMNS} from roster where account = ? order by contact`
    return (await database.read<ItemRow>(sql, account)).map(itemOf)
  },

  item: async (account, contact) => {
    const sql = `select ${COLUMNS} from roster where account = ? and contact = ?`
    return (await database.read<ItemRow>(sql, account, contact)).map(itemOf)[0]
  },

  put: (account, item, limit) => database.write((transaction) => putItem(transaction, account, item, limit)),

  remove: (account, contact) =>
    database.write(async (transaction) => {
      if (await isListed(transaction, account, contact)) await makeVersion(transaction, account)
      const sql = 'delete from roster where account = ? and contact = ?'
      return (await transaction.run(sql, account, contact)) > 0
    }),

  version: async (account) => {
    const sql = 'select version from roster_versions where account = ?'
    const [row] = await database.read<{ readonly version: string }>(sql, account)
    return row?.version ?? FIRST_VERSION
  },
})
