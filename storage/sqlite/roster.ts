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
}

const COLUMNS = 'contact, name, groups, subscription, ask, listed, request'

const itemOf = (row: ItemRow): RosterItem => ({
  contact: row.contact,
  name: row.name ?? undefined,
  groups: JSON.parse(row.groups) as readonly string[],
  subscription: row.subscription,
  ask: row.ask === 1,
  listed: row.listed === 1,
  request: row.request ?? undefined,
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
  await transaction.run(
    `insert or replace into roster (account, ${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)`,
    account,
    item.contact,
    item.name ?? null,
    JSON.stringify(item.groups),
    item.subscription,
    Number(item.ask),
    Number(item.listed),
    item.request ?? null,
  )
  return true
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
      const sql = 'delete from roster where account = ? and contact = ?'
      return (await transaction.run(sql, account, contact)) > 0
    }),
})
