// Waiting messages and owed pushes in SQLite. That a message goes with its last debt is said in migrations.ts.

import type { Debt, DebtKey, KeptMessage, MessageStore } from '../messages.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { keepAll } from './keep.js'

type Row<T extends DebtKey> = Omit<T, 'topic'> & { readonly topic: string | null }

const KEY = 'debts.id, registrations.account, debts.service, registrations.node, debts.topic'

const DEBT = `
  select ${KEY}, debts.at, debts.expires, debts.item, messages.xml, messages.id as message, debts.unread, debts.attempts,
    debts.due
  from debts
  join registrations on registrations.number = debts.registration
  join messages on messages.number = debts.message
  where debts.id = ?`

// From the oldest on: goes from service to service by the index that begins with it, so that those which are left out are
// stepped over, however much they are owed. ?1 is 0.
const OWED_FROM_THE_START = `
  with recursive services (service) as (
    select min(service) from debts
    union all
    select (select min(service) from debts where service > services.service) from services where service is not null
  )
  select ${KEY} from (
    select debts.id, debts.registration, debts.service, debts.topic from services
    cross join debts indexed by debts_of_service on debts.service = services.service and debts.due <= ?2
    where debts.id > ?1 and services.service not in (select value from json_each(?4))
    order by debts.id limit ?3
  ) debts
  join registrations on registrations.number = debts.registration
  order by debts.id`

// Reading on: what is above is new, and is walked in its order. The \`+\` keeps SQLite from the indices.
const OWED_ABOVE = `
  select ${KEY} from debts
  cross join registrations on registrations.number = debts.registration
  where debts.id > ?1 and +debts.due <= ?2 and +debts.service not in (select value from json_each(?4))
  order by debts.id limit ?3`

const withTopic = <T extends DebtKey>(row: Row<T>) => ({ ...row, topic: row.topic ?? undefined })

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

    owed: async (after, now, count, except) => {
      const sql = after === 0 ? OWED_FROM_THE_START : OWED_ABOVE
      const rows = await database.read<Row<DebtKey>>(sql, after, now, count, JSON.stringify(except))
      return rows.map(withTopic)
    },
    debt: async (id) => (await database.read<Row<Debt>>(DEBT, id)).map(withTopic)[0],
    nextDue: async (now) => {
      const [row] = await database.read<{ readonly due: number | null }>(
        'select min(due) as due from debts where due > ?',
        now,
      )
      return row?.due ?? undefined
    },
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
