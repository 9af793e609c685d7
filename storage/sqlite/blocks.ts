// Blocks in SQLite (XEP-0191).

import type { Block, BlockStore } from '../blocks.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

/** How many an account would have. */
const SUM = `
  select count(*) as sum from
    (select jid from blocks where account = ?1 union select value from json_each(?2))`

const add = async (
  transaction: Transaction,
  account: string,
  jids: readonly string[],
  limit: number,
): Promise<boolean> => {
  if (!(await isAccount(transaction, account))) return false
  const list = JSON.stringify(jids)
  const [row] = await transaction.all<{ readonly sum: number }>(SUM, account, list)
  if (row === undefined || row.sum > limit) return false
  await transaction.run(
    'insert or ignore into blocks (account, jid) select ?1, value from json_each(?2)',
    account,
    list,
  )
  return true
}

export const blockStore = (database: Database): BlockStore => ({
  all: () => database.read<Block>('select account, jid from blocks'),

  add: (account, jids, limit) => database.write((transaction) => add(transaction, account, jids, limit)),

  remove: (account, jids) =>
    database.write(async (transaction) => {
      const sql = 'delete from blocks where account = ?1 and jid in (select value from json_each(?2))'
      await transaction.run(sql, account, JSON.stringify(jids))
    }),
})
