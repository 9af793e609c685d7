// Waiting messages and owed pushes in SQLite. That a message goes with its last debt is said in migrations.ts.

import type { Debt, KeptMessage, MessageStore } from '../messages.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { keepAll } from './keep.js'

type DebtRow = Omit<Debt, 'topic'> & { readonly topic: string | null }

const OWED = `
  select debts.id, registrations.account, registrations.service, registrations.node, debts.topic, debts.at, debts.expires,
    debts.item, messages.xml, messages.id as message, debts.unread, debts.attempts, debts.due
  from debts
  join registrations on registrations.number = debts.registration
  join messages on messages.number = debts.message
  where debts.id > ? and debts.due <= ?
  order by debts.id limit ?`

const debtOf = (row: DebtRow): Debt => ({ ...row, topic: row.topic ?? undefined })

const remove = async (transaction: Transaction, account: string, ids: readonly string[]): Promise<void> => {
  const those = 'account = ? and id in (select value from json_each(?))'
  const list = JSON.stringify(ids)
  const owed = 'exists (select 1 from debts where debts.message = messages.number)'
  await transaction.run(`delete from messages where ${those} and not ${owed}`, account, list)
  await transaction.run(`update messages set waiting = 0 where ${those}`, account, list)
}

const settleAll = async (transaction: Transaction, debts: readonly number[]): Promise<readonly undefined[]> => {
  await transaction.run('delete from debts where id in (select value from json_each(?))', JSON.stringify(debts))
  return debts.map(() => undefined)
}

type Postponement = readonly [debt: number, due: number]

// A debt may be among them twice: with max() SQLite takes `due` from the last row.
const POSTPONE = `
  update debts set attempts = attempts + later.times, due = later.due
  from (select value ->> 0 as id, value ->> 1 as due, count(*) as times, max(key) from json_each(?) group by 1) later
  where debts.id = later.id`

const postponeAll = async (transaction: Transaction, list: readonly Postponement[]): Promise<readonly undefined[]> => {
  await transaction.run(POSTPONE, JSON.stringify(list))
  return list.map(() => undefined)
}

const collected = async (
  transaction: Transaction,
  account: string,
  own: readonly { readonly service: string; readonly node: string }[],
  upTo: number,
): Promise<void> => {
  const those = `select number from registrations join json_each(?) name
    on account = ? and service = name.value ->> 'service' and node = name.value ->> 'node'`
  await transaction.run(
    `delete from debts where registration in (${those}) and id <= ?`,
    JSON.stringify(own),
    account,
    upTo,
  )
  await transaction.run('update registrations set unread = 0 where account = ? and unread > 0', account)
}

export const messageStore = (database: Database): MessageStore => {
  const keep = database.gathered(keepAll)
  const settle = database.gathered(settleAll)
  const postpone = database.gathered(postponeAll)

  return {
    keep: (account, message, debts, limit) => keep({ account, message, debts, limit }),
    waiting: (account, after, count) =>
      database.read<KeptMessage>(
        'select id, number as "order", xml, at from messages where account = ? and waiting = 1 and number > ? order by number limit ?',
        account,
        after,
        count,
      ),
    remove: (account, ids) => database.write((transaction) => remove(transaction, account, ids)),

    owed: async (after, now, count) => (await database.read<DebtRow>(OWED, after, now, count)).map(debtOf),
    nextDue: async (now) => {
      const [row] = await database.read<{ readonly due: number | null }>(
        'select min(due) as due from debts where due > ?',
        now,
      )
      return row?.due ?? undefined
    },
    isOwed: async (debt) => (await database.read('select 1 from debts where id = ?', debt)).length > 0,
    settle,
    withdraw: (account, topic) =>
      database.write(async (transaction) => {
        const own = 'select number from registrations where account = ?'
        await transaction.run(`delete from debts where topic = ? and registration in (${own})`, topic, account)
      }),
    postpone: (debt, due) => postpone([debt, due]),
    collected: (account, own, upTo) => database.write((transaction) => collected(transaction, account, own, upTo)),
    lastDebt: async () => {
      const [row] = await database.read<{ readonly last: number | null }>('select max(id) as last from debts')
      return row?.last ?? 0
    },
  }
}
