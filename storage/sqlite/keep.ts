// keep(), the write that happens most: many messages and what is owed for them in a handful of statements.

import { randomUUID } from 'node:crypto'
import type { Debt, NewDebt, NewMessage } from '../messages.js'
import type { Transaction } from './connection.js'

export interface Keep {
  readonly account: string
  readonly message: NewMessage
  readonly debts: readonly NewDebt[]
  readonly limit: number
}

/** Who has how much waiting, and which of the messages are there: read once, then kept up while the calls are gone through. */
interface Boxes {
  /** Only accounts that are there. */
  readonly waiting: Map<string, number>
  /** Whether the message is waiting, by account and id. */
  readonly present: Map<string, boolean>
  /** What is owed from now on has a higher number. */
  lastDebt: number
}

const keyOf = (account: string, id: string): string => JSON.stringify([account, id])

const namesOf = (keeps: readonly Keep[]): string => JSON.stringify(keeps.map((keep) => [keep.account, keep.message.id]))

interface BoxRow {
  /** Null in the row that says which debt is the last. */
  readonly account: string | null
  /** Null in the row that says how many are waiting. */
  readonly id: string | null
  readonly number: number
}

const READ_BOXES = `
  select account, null as id,
    (select count(*) from messages where messages.account = accounts.account and waiting = 1) as number
  from accounts where account in (select value ->> 0 from json_each(?1))
  union all
  select null, null, ifnull(max(id), 0) from debts
  union all
  select messages.account, messages.id, messages.waiting from json_each(?1) name
  cross join messages on messages.account = name.value ->> 0 and messages.id = name.value ->> 1`

const boxesOf = async (transaction: Transaction, keeps: readonly Keep[]): Promise<Boxes> => {
  const boxes: Boxes = { waiting: new Map(), present: new Map(), lastDebt: 0 }
  for (const { account, id, number } of await transaction.all<BoxRow>(READ_BOXES, namesOf(keeps))) {
    if (account === null) boxes.lastDebt = number
    else if (id === null) boxes.waiting.set(account, number)
    else boxes.present.set(keyOf(account, id), number === 1)
  }
  return boxes
}

const admit = ({ waiting, present }: Boxes, { account, message, limit }: Keep): boolean => {
  const count = waiting.get(account)
  if (count === undefined) return false
  const key = keyOf(account, message.id)
  const joins = message.waiting && present.get(key) !== true
  if (joins && count >= limit) return false
  if (joins) waiting.set(account, count + 1)
  present.set(key, joins || present.get(key) === true)
  return true
}

// A message that was kept for a push alone may have to wait for a reader later: then it comes after what waits already, where
// a reader who is reading on finds it.
const INSERT_MESSAGES = `
  insert into messages (account, id, xml, at, waiting)
  select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?) where true
  on conflict (account, id) do update set waiting = 1, number = excluded.number
  where excluded.waiting = 1 and messages.waiting = 0`

const insertMessages = async (transaction: Transaction, keeps: readonly Keep[]): Promise<void> => {
  const rows = keeps.map(({ account, message }) => [
    account,
    message.id,
    message.xml,
    message.at,
    Number(message.waiting),
  ])
  await transaction.run(INSERT_MESSAGES, JSON.stringify(rows))
}

// `cross join` holds SQLite to the order of the list, which is the order in which debts replace one another (migrations.ts:
// the triggers).
const INSERT_DEBTS = `
  insert or ignore into debts (registration, message, service, item, topic, at, expires, due)
  select registrations.number, messages.number, registrations.service, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 7
  from json_each(?) debt
  cross join registrations on registrations.account = value ->> 2 and registrations.service = value ->> 3
    and registrations.node = value ->> 4 and registrations.reason is null
  cross join messages on messages.account = value ->> 0 and messages.id = value ->> 1`

/** What is owed, under the item id that tells it apart from everything else in the transaction. */
interface Owing {
  readonly item: string
  readonly keep: Keep
  readonly debt: NewDebt
}

const insertDebts = async (transaction: Transaction, owings: readonly Owing[]): Promise<void> => {
  const rows = owings.map(({ item, keep: { account, message }, debt }) => [
    ...[account, message.id, debt.account, debt.service, debt.node],
    ...[item, debt.topic ?? null, debt.at, debt.expires],
  ])
  await transaction.run(INSERT_DEBTS, JSON.stringify(rows))
}

const READ_NEW_DEBTS = 'select id, item, unread from debts where id > ?'

type NewDebtRow = Pick<Debt, 'id' | 'item' | 'unread'>

/** Owes all of them, and gives to each message what is owed for it now: what another has replaced meanwhile is not. */
const owe = async (
  transaction: Transaction,
  keeps: readonly Keep[],
  lastDebt: number,
): Promise<ReadonlyMap<Keep, readonly Debt[]>> => {
  const owings = keeps.flatMap((keep) => keep.debts.map((debt): Owing => ({ item: randomUUID(), keep, debt })))
  const owed = new Map<Keep, Debt[]>()
  if (owings.length === 0) return owed
  await insertDebts(transaction, owings)
  const byItem = new Map(owings.map((owing) => [owing.item, owing]))
  for (const row of await transaction.all<NewDebtRow>(READ_NEW_DEBTS, lastDebt)) {
    const owing = byItem.get(row.item)
    if (owing === undefined) continue
    const known = owed.get(owing.keep)
    if (known === undefined) owed.set(owing.keep, [debtOf(row, owing)])
    else known.push(debtOf(row, owing))
  }
  return owed
}

const debtOf = ({ id, item, unread }: NewDebtRow, { keep: { message }, debt }: Owing): Debt => ({
  id,
  account: debt.account,
  service: debt.service,
  node: debt.node,
  topic: debt.topic,
  at: debt.at,
  expires: debt.expires,
  item,
  xml: message.xml,
  message: message.id,
  unread,
  attempts: 0,
  due: debt.at,
})

// Of messages that nobody waits for, those whose registrations are all gone.
const DROP_IDLE = `
  delete from messages where number in (
    select messages.number from json_each(?) name
    cross join messages on messages.account = name.value ->> 0 and messages.id = name.value ->> 1
    where messages.waiting = 0 and not exists (select 1 from debts where debts.message = messages.number))`

const dropIdle = async (transaction: Transaction, keeps: readonly Keep[]): Promise<void> => {
  const read = keeps.filter(({ message }) => !message.waiting)
  if (read.length > 0) await transaction.run(DROP_IDLE, namesOf(read))
}

const none: readonly Debt[] = []

/** Keeps all of them, as if one after the other; gives of each what is owed for it now, or undefined when it was not kept. */
export const keepAll = async (
  transaction: Transaction,
  keeps: readonly Keep[],
): Promise<readonly (readonly Debt[] | undefined)[]> => {
  const boxes = await boxesOf(transaction, keeps)
  const kept = keeps.filter((keep) => admit(boxes, keep))
  if (kept.length === 0) return keeps.map(() => undefined)
  await insertMessages(transaction, kept)
  const owed = await owe(transaction, kept, boxes.lastDebt)
  await dropIdle(transaction, kept)
  const isKept = new Set(kept)
  return keeps.map((keep) => (isKept.has(keep) ? (owed.get(keep) ?? none) : undefined))
}
