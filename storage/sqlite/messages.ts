// Waiting messages and owed pushes in SQLite. That a message goes with its last debt is said in migrations.ts.

import type { Debt, DebtKey, DebtOfMessage, DueDebt, KeptMessage, MessageStore, OwedPush } from '../messages.js'
import type { Transaction, Value } from './connection.js'
import type { Database } from './database.js'
import { gatheredReads } from './gathered-reads.js'
import { keepAll } from './keep.js'

type Row<T extends DebtKey> = Omit<T, 'topic'> & { readonly topic: string | null }

const KEY = 'debts.id, registrations.account, debts.service, registrations.node, debts.topic'

const DEBTS = `
  select ${KEY}, debts.at, debts.expires, debts.item, messages.xml, messages.id as message, debts.unread, debts.attempts,
    debts.due
  from json_each(?) wanted
  cross join debts on debts.id = wanted.value
  cross join registrations on registrations.number = debts.registration
  cross join messages on messages.number = debts.message`

// Goes from service to service by the index that begins with it, however much is owed to each.
const SERVICES = `
  with recursive services (service) as (
    select min(service) from debts
    union all
    select (select min(service) from debts where service > services.service) from services where service is not null
  )
  select service from services where service is not null`

// In the order of the index, which ends in the debt's id: nothing is sorted, and reading ends with the last that is asked for.
const DUE = `
  select ${KEY}, debts.due from debts indexed by debts_of_service
  cross join registrations on registrations.number = debts.registration
  where debts.service = ?1 and (debts.due, debts.id) > (?2, ?3) and debts.due <= ?4
    and registrations.account not in (select value from json_each(?6))
  order by debts.due, debts.id limit ?5`

const NEXT_DUE = 'select min(due) as at from debts indexed by debts_of_service where service = ? and due > ?'

const WHAT_WENT = `
  select ${KEY}, messages.id as message from debts
  cross join registrations on registrations.number = debts.registration
  cross join messages on messages.number = debts.message`

const EXPIRED = `${WHAT_WENT} where debts.expires <= ? order by debts.expires limit ?`

const NEXT_EXPIRY = 'select min(expires) as at from debts'

const OWED_TO = `
  select ${KEY}, debts.at, messages.id as message, debts.attempts, debts.due
  from debts
  join registrations on registrations.number = debts.registration
  join messages on messages.number = debts.message`

const COUNT = `
  select (select count(*) from messages where waiting = 1) as waiting, (select count(*) from debts) as owed`

const withTopic = <T extends DebtKey>(row: Row<T>) => ({ ...row, topic: row.topic ?? undefined })

const readDebts = async (database: Database, ids: readonly number[]): Promise<readonly (Debt | undefined)[]> => {
  const rows = await database.read<Row<Debt>>(DEBTS, JSON.stringify(ids))
  const debts = new Map(rows.map((row) => [row.id, withTopic(row)]))
  return ids.map((id) => debts.get(id))
}

/** The one time that a statement gives, if there is any. */
const timeIn = async (database: Database, sql: string, ...asked: readonly Value[]): Promise<number | undefined> => {
  const [row] = await database.read<{ readonly at: number | null }>(sql, ...asked)
  return row?.at ?? undefined
}

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

/** Takes what is owed to some registrations, as far as `which` says, and gives what it took. */
const takeBack = async (
  transaction: Transaction,
  registrations: string,
  which: string,
  ...parameters: readonly Value[]
): Promise<readonly DebtOfMessage[]> => {
  const those = `debts.registration in (${registrations}) and ${which}`
  const gone = await transaction.all<Row<DebtOfMessage>>(`${WHAT_WENT} where ${those}`, ...parameters)
  if (gone.length > 0) await transaction.run(`delete from debts where ${those}`, ...parameters)
  return gone.map(withTopic)
}

const OF_ACCOUNT = 'select number from registrations where account = ?1'

const NAMED = `select number from registrations join json_each(?2) name
  on account = ?1 and service = name.value ->> 'service' and node = name.value ->> 'node'`

const collected = async (
  transaction: Transaction,
  account: string,
  own: readonly { readonly service: string; readonly node: string }[],
  upTo: number,
): Promise<readonly DebtOfMessage[]> => {
  const gone = await takeBack(transaction, NAMED, 'debts.id <= ?3', account, JSON.stringify(own), upTo)
  await transaction.run('update registrations set unread = 0 where account = ? and unread > 0', account)
  return gone
}

export const messageStore = (database: Database): MessageStore => {
  const keep = database.gathered(keepAll)
  const settle = database.gathered(settleAll)
  const postpone = database.gathered(postponeAll)
  const debt = gatheredReads((ids: readonly number[]) => readDebts(database, ids))

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

    services: async () => (await database.read<{ readonly service: string }>(SERVICES)).map(({ service }) => service),
    due: async (service, { after, now, count, except }) => {
      const { due, id } = after ?? { due: -1, id: 0 }
      const list = JSON.stringify(except)
      return (await database.read<Row<DueDebt>>(DUE, service, due, id, now, count, list)).map(withTopic)
    },
    owedTo: async (account, count) => {
      const whose = account === undefined ? '' : 'where registrations.account = ?'
      const sql = `${OWED_TO} ${whose} order by debts.id desc limit ?`
      const rows = await database.read<Row<OwedPush>>(sql, ...(account === undefined ? [] : [account]), count)
      return rows.map(withTopic).reverse()
    },
    count: async () => {
      const [row] = await database.read<Awaited<ReturnType<MessageStore['count']>>>(COUNT)
      return row ?? { waiting: 0, owed: 0 }
    },
    debt,
    nextDue: (service, now) => timeIn(database, NEXT_DUE, service, now),
    expired: async (now, count) => (await database.read<Row<DebtOfMessage>>(EXPIRED, now, count)).map(withTopic),
    nextExpiry: () => timeIn(database, NEXT_EXPIRY),
    settle,
    withdraw: (account, topic) =>
      database.write((transaction) => takeBack(transaction, OF_ACCOUNT, 'debts.topic = ?2', account, topic)),
    postpone: (debt, due) => postpone([debt, due]),
    collected: (account, own, upTo) => database.write((transaction) => collected(transaction, account, own, upTo)),
    lastDebt: async () => {
      const [row] = await database.read<{ readonly last: number | null }>('select max(id) as last from debts')
      return row?.last ?? 0
    },
  }
}
