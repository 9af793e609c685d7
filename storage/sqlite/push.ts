// Push registrations in SQLite (XEP-0357). A registration is disabled when it has a reason.

import {
  type KeptSealing,
  type NewRegistration,
  type PushRules,
  type PushStore,
  type Registration,
  sizeOfRules,
} from '../push.js'
import type { Transaction, Value } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'
import type { Column } from './sealed-column.js'
import { pushKeyPlace } from './storage-key.js'

interface RegistrationRow {
  readonly account: string
  readonly service: string
  readonly node: string
  readonly sealing_key: Uint8Array | null
  readonly sealing_max_size: number | null
  readonly omemo_device: number | null
  readonly publish_options: string | null
  readonly rules: string
  readonly resource: string
  readonly chosen: number
  readonly user_agent: string | null
  readonly created: number
  readonly reason: string | null
  readonly disabled_at: number | null
  readonly told: number
  readonly sealed: number
  readonly used_at: number
  readonly answered_at: number | null
  readonly outcome: string | null
}

const GIVEN = `account, service, node, sealing_key, sealing_max_size, omemo_device, publish_options, rules, resource, chosen,
  user_agent, created`

const SELECT = `select ${GIVEN}, reason, disabled_at, told, sealed, used_at, answered_at, outcome from registrations`

const sealingOf = (row: RegistrationRow, keys: Column): KeptSealing | undefined => {
  const { account, service, node, sealing_key: stored, sealing_max_size: maxSize } = row
  if (stored === null || maxSize === null) return undefined
  return { key: keys.open(stored, pushKeyPlace(account, service, node)), maxSize }
}

const lastResultOf = ({ answered_at: at, outcome }: RegistrationRow): Registration['lastResult'] =>
  at === null || outcome === null ? undefined : { at, outcome }

// As JSON, a rule that is not there is left out: `undefined` and absent are the same to a reader.
const rulesOf = (text: string): PushRules => {
  const { rooms, ...rules } = JSON.parse(text) as PushRules
  return { ...rules, rooms: rooms?.map(({ room, nick }) => ({ room, nick })) }
}

const registrationOf = (row: RegistrationRow, keys: Column): Registration => ({
  account: row.account,
  service: row.service,
  node: row.node,
  sealing: sealingOf(row, keys),
  omemoDevice: row.omemo_device ?? undefined,
  publishOptions: row.publish_options ?? undefined,
  rules: rulesOf(row.rules),
  client: { resource: row.resource, chosen: row.chosen === 1, userAgent: row.user_agent ?? undefined },
  created: row.created,
  state: row.reason === null ? 'active' : 'disabled',
  reason: row.reason ?? undefined,
  disabledAt: row.disabled_at ?? undefined,
  told: row.told === 1,
  sealedCount: row.sealed,
  usedAt: row.used_at,
  lastResult: lastResultOf(row),
})

// Rules without lists take less: they count for nothing.
const USUAL_RULES = 256

const RULES_OF_OTHERS = `
  select coalesce(sum(length(cast(rules as blob))), 0) as bytes
  from registrations where account = ?1 and not (service = ?2 and node = ?3) and length(cast(rules as blob)) > ?4`

const areRulesWithin = async (transaction: Transaction, wanted: NewRegistration, limit: number): Promise<boolean> => {
  const bytes = sizeOfRules(wanted.rules)
  if (bytes <= USUAL_RULES) return true
  const name = [wanted.account, wanted.service, wanted.node] as const
  const [others] = await transaction.all<{ readonly bytes: number }>(RULES_OF_OTHERS, ...name, USUAL_RULES)
  return others !== undefined && others.bytes + bytes <= limit
}

const mayBePut = async (transaction: Transaction, wanted: NewRegistration, limit: number): Promise<boolean> => {
  if (!(await isAccount(transaction, wanted.account))) return false
  const sql = `
    select count(*) as registrations, count(*) filter (where service = ?2 and node = ?3) as present
    from registrations where account = ?1`
  const [row] = await transaction.all<{ readonly registrations: number; readonly present: number }>(
    sql,
    wanted.account,
    wanted.service,
    wanted.node,
  )
  return row !== undefined && (row.present > 0 || row.registrations < limit)
}

// `unread` and the row's number stay, and with the number what is owed: who enables again is still owed it.
const REPLACE = `
  insert into registrations (${GIVEN}, used_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)
  on conflict (account, service, node) do update set
    sealing_key = excluded.sealing_key, sealing_max_size = excluded.sealing_max_size,
    omemo_device = excluded.omemo_device, publish_options = excluded.publish_options, rules = excluded.rules,
    resource = excluded.resource, chosen = excluded.chosen, user_agent = excluded.user_agent, created = excluded.created,
    reason = null, disabled_at = null, told = 0, answered_at = null, outcome = null, used_at = excluded.used_at,
    sealed = case when sealing_key is excluded.sealing_key then sealed else 0 end`

const KEPT_KEY = `
  select sealing_key from registrations where account = ? and service = ? and node = ? and sealing_key is not null`

// The same key is the same bytes again, though it would be sealed to others: so REPLACE knows it, and goes on counting.
const keyToStore = async (transaction: Transaction, wanted: NewRegistration, keys: Column): Promise<Value> => {
  const { account, service, node, sealing } = wanted
  if (sealing === undefined) return null
  const place = pushKeyPlace(account, service, node)
  const sql = [KEPT_KEY, account, service, node] as const
  const [kept] = await transaction.all<{ readonly sealing_key: Uint8Array }>(...sql)
  const known = kept && keys.open(kept.sealing_key, place)
  const isSame = known !== undefined && Buffer.from(known).equals(sealing.key)
  return isSame ? (kept?.sealing_key ?? null) : keys.seal(sealing.key, place)
}

type Put = readonly [wanted: NewRegistration, limit: number, rulesLimit?: number | undefined]

const put = async (
  transaction: Transaction,
  [wanted, limit, rulesLimit = Infinity]: Put,
  keys: Column,
): Promise<boolean> => {
  if (!(await mayBePut(transaction, wanted, limit))) return false
  if (!(await areRulesWithin(transaction, wanted, rulesLimit))) return false
  await transaction.run(
    REPLACE,
    wanted.account,
    wanted.service,
    wanted.node,
    await keyToStore(transaction, wanted, keys),
    wanted.sealing?.maxSize ?? null,
    wanted.omemoDevice ?? null,
    wanted.publishOptions ?? null,
    JSON.stringify(wanted.rules),
    wanted.client.resource,
    Number(wanted.client.chosen),
    wanted.client.userAgent ?? null,
    wanted.created,
  )
  return true
}

const DROP_OWED = `
  delete from debts where registration in (
    select number from registrations where account = ? and service = ? and node = ?)`

type Name = readonly [account: string, service: string, node: string]

const DISABLE = `
  update registrations set reason = ?5, disabled_at = ?6, told = 0
  where account = ?1 and service = ?2 and node = ?3 and created = ?4`

type Refusal = readonly [created: number, reason: string, at: number]

const disable = async (transaction: Transaction, name: Name, refusal: Refusal): Promise<boolean> => {
  if ((await transaction.run(DISABLE, ...name, ...refusal)) === 0) return false
  await transaction.run(DROP_OWED, ...name)
  return true
}

type Answer = readonly [...name: Name, outcome: string, at: number]

// Of several answers for one registration the last counts: with max() SQLite takes the other columns from its row.
const NOTE_ANSWERS = `
  update registrations set outcome = answer.outcome, answered_at = answer.at,
    sealed = iif(sealing_key is null, sealed, sealed + answer.answers)
  from (
    select value ->> 0 as account, value ->> 1 as service, value ->> 2 as node, value ->> 3 as outcome, value ->> 4 as at,
      max(key), count(*) as answers
    from json_each(?) group by 1, 2, 3
  ) answer
  where (registrations.account, registrations.service, registrations.node) = (answer.account, answer.service, answer.node)`

const noteAnswers = async (transaction: Transaction, answers: readonly Answer[]): Promise<readonly undefined[]> => {
  await transaction.run(NOTE_ANSWERS, JSON.stringify(answers))
  return answers.map(() => undefined)
}

// Each by an index of its own: the rows are not looked at.
const COUNT = `
  select active, total - active as disabled
  from (select (select count(*) from registrations where reason is null) as active,
    (select count(*) from registrations) as total)`

const DAY = 24 * 60 * 60 * 1000

const REMOVE = `
  delete from registrations
  where account = ?1 and service = ?2 and (?3 is null or node = ?3) and (?4 is null or created = ?4)`

const OF_CLIENT = 'account = ?1 and (resource = ?2 or user_agent = ?3) and used_at <= ?4'

const UNTOLD = `
  where account = ?1 and (resource = ?2 or user_agent = ?3) and reason is not null and told = 0 order by number`

const FORGOTTEN = 'where reason is not null and disabled_at < ?1 and used_at < ?1 order by disabled_at limit ?2'

export const pushStore = (database: Database, keys: Column): PushStore => {
  const noteAnswer = database.gathered(noteAnswers)
  const read = async (sql: string, ...parameters: readonly Value[]): Promise<readonly Registration[]> =>
    (await database.read<RegistrationRow>(`${SELECT} ${sql}`, ...parameters)).map((row) => registrationOf(row, keys))

  return {
    put: (...given) => database.write((transaction) => put(transaction, given, keys)),

    remove: (account, service, node, created) =>
      database.write(
        async (transaction) => (await transaction.run(REMOVE, account, service, node ?? null, created ?? null)) > 0,
      ),

    of: (account) => read('where account = ? order by number', account),
    all: () => read('order by account, number'),
    find: async (...name) => (await read('where account = ? and service = ? and node = ?', ...name))[0],

    disable: (account, service, node, ...refusal) =>
      database.write((transaction) => disable(transaction, [account, service, node], refusal)),
    answered: (...answer) => noteAnswer(answer),

    told: (account, service, node, created) =>
      database.write(async (transaction) => {
        const sql = 'update registrations set told = 1 where account = ? and service = ? and node = ? and created = ?'
        await transaction.run(sql, account, service, node, created)
      }),

    // Most who come were here today: they cost no write.
    used: async (account, { resource, userAgent }, at) => {
      const client = [account, resource, userAgent ?? null, at - DAY] as const
      const rows = await database.read(`select number from registrations where ${OF_CLIENT} limit 1`, ...client)
      if (rows.length === 0) return
      await database.write(async (transaction) => {
        await transaction.run(`update registrations set used_at = ?5 where ${OF_CLIENT}`, ...client, at)
      })
    },
    count: async () => {
      const [row] = await database.read<Awaited<ReturnType<PushStore['count']>>>(COUNT)
      return row ?? { active: 0, disabled: 0 }
    },
    unused: (before, count) => read('where reason is null and used_at < ? order by used_at limit ?', before, count),
    untold: (account, { resource, userAgent }) => read(UNTOLD, account, resource, userAgent ?? null),
    forgotten: (before, count) => read(FORGOTTEN, before, count),
  }
}
