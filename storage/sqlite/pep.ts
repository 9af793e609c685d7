// Personal eventing nodes and items in SQLite (XEP-0163).

import {
  type AccessModel,
  type ItemsRead,
  type ItemsWanted,
  type NodeConfig,
  type PepItem,
  type PepLimits,
  type PepStore,
  sizeOf,
} from '../pep.js'
import type { Transaction, Value } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

interface ConfigRow {
  readonly access_model: AccessModel
  readonly max_items: number | null
  readonly persist_items: number
  readonly send_last: NodeConfig['sendLast']
  readonly notify_retract: number
  readonly deliver_payloads: number
  readonly whitelist: string
}

const CONFIG = 'access_model, max_items, persist_items, send_last, notify_retract, deliver_payloads, whitelist'

const configOf = (row: ConfigRow): NodeConfig => ({
  accessModel: row.access_model,
  maxItems: row.max_items ?? 'max',
  persistItems: row.persist_items === 1,
  sendLast: row.send_last,
  notifyRetract: row.notify_retract === 1,
  deliverPayloads: row.deliver_payloads === 1,
  whitelist: JSON.parse(row.whitelist) as readonly string[],
})

/** In the order of CONFIG. */
const valuesOf = (config: NodeConfig): readonly Value[] => [
  config.accessModel,
  config.maxItems === 'max' ? null : config.maxItems,
  Number(config.persistItems),
  config.sendLast,
  Number(config.notifyRetract),
  Number(config.deliverPayloads),
  JSON.stringify(config.whitelist),
]

interface Node {
  readonly number: number
  readonly config: NodeConfig
}

const findNode = async (transaction: Transaction, account: string, node: string): Promise<Node | undefined> => {
  const sql = `select number, ${CONFIG} from pep_nodes where account = ? and node = ?`
  const [row] = await transaction.all<ConfigRow & { readonly number: number }>(sql, account, node)
  return row && { number: row.number, config: configOf(row) }
}

const isFull = async (transaction: Transaction, account: string, limits: PepLimits): Promise<boolean> => {
  const sql = 'select count(*) as nodes from pep_nodes where account = ?'
  const [row] = await transaction.all<{ readonly nodes: number }>(sql, account)
  return row === undefined || row.nodes >= limits.nodes
}

/** Makes a node that is not there. Undefined when there is no room for it, as for an account that is gone. */
const makeNode = async (
  transaction: Transaction,
  account: string,
  node: string,
  config: NodeConfig,
  limits: PepLimits,
): Promise<Node | undefined> => {
  if (!(await isAccount(transaction, account)) || (await isFull(transaction, account, limits))) return undefined
  const sql = `insert into pep_nodes (account, node, ${CONFIG}) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning number`
  const [row] = await transaction.all<{ readonly number: number }>(sql, account, node, ...valuesOf(config))
  return row && { number: row.number, config }
}

const mostItems = ({ maxItems }: NodeConfig, limits: PepLimits): number =>
  maxItems === 'max' ? limits.items : Math.min(maxItems, limits.items)

const trim = async (transaction: Transaction, { number, config }: Node, limits: PepLimits): Promise<void> => {
  const sql = `
    delete from pep_items where pep_node = ?1 and number <= (
      select number from pep_items where pep_node = ?1 order by number desc limit 1 offset ?2)`
  await transaction.run(sql, number, mostItems(config, limits))
}

const putItem = async (transaction: Transaction, { number }: Node, item: PepItem): Promise<void> => {
  // A trigger takes away the item of the same id; the new row has the highest number, which makes it the newest.
  const sql = 'insert into pep_items (pep_node, id, publisher, xml, at) values (?, ?, ?, ?, ?)'
  await transaction.run(sql, number, item.id, item.publisher, item.xml, item.at)
}

interface BytesRow {
  readonly bytes: number
}

const bytesKept = async (transaction: Transaction, account: string): Promise<number> => {
  const [row] = await transaction.all<BytesRow>('select bytes from pep_sizes where account = ?', account)
  return row?.bytes ?? 0
}

/** What will go when the item is put: the one of its id, and the oldest of the others. */
const bytesLeaving = async (transaction: Transaction, node: Node, id: string, limits: PepLimits): Promise<number> => {
  const sql = `
    select coalesce(sum(bytes), 0) as bytes from pep_items where pep_node = ?1 and (id = ?2 or number <= (
      select number from pep_items where pep_node = ?1 and id <> ?2 order by number desc limit 1 offset ?3))`
  const others = Math.max(mostItems(node.config, limits) - 1, 0)
  const [row] = await transaction.all<BytesRow>(sql, node.number, id, others)
  return row?.bytes ?? 0
}

/** Asked before anything is written: a step that is refused is not rolled back, for others stand in the same transaction. */
const hasRoom = async (
  transaction: Transaction,
  account: string,
  node: Node | undefined,
  item: PepItem,
  limits: PepLimits,
): Promise<boolean> => {
  const excess = (await bytesKept(transaction, account)) + sizeOf(item) - limits.bytes
  if (excess <= 0) return true
  return node !== undefined && excess <= (await bytesLeaving(transaction, node, item.id, limits))
}

const publish = async (
  transaction: Transaction,
  ...[account, node, item, config, limits]: Parameters<PepStore['publish']>
): Promise<'published' | 'full' | 'no-node'> => {
  const there = await findNode(transaction, account, node)
  const valid = there?.config ?? config
  if (valid === undefined) return 'no-node'
  if (valid.persistItems && !(await hasRoom(transaction, account, there, item, limits))) return 'full'
  const target = there ?? (await makeNode(transaction, account, node, valid, limits))
  if (target === undefined) return 'full'
  if (valid.persistItems) {
    await putItem(transaction, target, item)
    await trim(transaction, target, limits)
  }
  return 'published'
}

const configure = async (
  transaction: Transaction,
  ...[account, node, config, limits]: Parameters<PepStore['configure']>
): Promise<boolean> => {
  const sql = `
    update pep_nodes set (${CONFIG}) = (?, ?, ?, ?, ?, ?, ?) where account = ? and node = ? returning number`
  const [row] = await transaction.all<{ readonly number: number }>(sql, ...valuesOf(config), account, node)
  if (row === undefined) return false
  await trim(transaction, { number: row.number, config }, limits)
  return true
}

const create = async (
  transaction: Transaction,
  ...[account, node, config, limits]: Parameters<PepStore['create']>
): Promise<'created' | 'conflict' | 'full'> => {
  if ((await findNode(transaction, account, node)) !== undefined) return 'conflict'
  return (await makeNode(transaction, account, node, config, limits)) === undefined ? 'full' : 'created'
}

const THE_NODE = '(select number from pep_nodes where account = ? and node = ?)'

const purge = async (transaction: Transaction, account: string, node: string): Promise<boolean> => {
  const there = await findNode(transaction, account, node)
  if (there !== undefined) await transaction.run('delete from pep_items where pep_node = ?', there.number)
  return there !== undefined
}

interface ItemRow extends PepItem {
  readonly total: number
}

// The sizes are summed up before any payload is read, and SQLite takes them from a row's header.
const readItems = async (
  database: Database,
  account: string,
  node: string,
  { ids, max, bytes }: ItemsWanted,
): Promise<ItemsRead> => {
  const those = ids === undefined ? '' : 'and id in (select value from json_each(?))'
  const sql = `
    with
      wanted as (
        select number, bytes from pep_items where pep_node = ${THE_NODE} ${those} order by number desc limit ?),
      summed as (
        select number, row_number() over newest as place, sum(bytes) over newest as upto, count(*) over () as total
        from wanted window newest as (order by number desc))
    select id, publisher, xml, at, total from summed join pep_items using (number)
    where place = 1 or upto <= ? order by number desc`
  const values = [account, node, ...(ids === undefined ? [] : [JSON.stringify(ids)])]
  // A negative limit is none (https://sqlite.org/lang_select.html §6).
  const rows = await database.read<ItemRow>(sql, ...values, max ?? -1, bytes ?? Number.MAX_SAFE_INTEGER)
  return { items: rows.map(({ total: _, ...item }) => item), total: rows[0]?.total ?? 0 }
}

export const pepStore = (database: Database): PepStore => ({
  config: async (account, node) => {
    const sql = `select ${CONFIG} from pep_nodes where account = ? and node = ?`
    return (await database.read<ConfigRow>(sql, account, node)).map(configOf)[0]
  },

  nodes: async (account) => {
    const sql = `select node, ${CONFIG} from pep_nodes where account = ? order by node`
    const rows = await database.read<ConfigRow & { readonly node: string }>(sql, account)
    return rows.map((row) => ({ node: row.node, config: configOf(row) }))
  },

  publish: (...what) => database.write((transaction) => publish(transaction, ...what)),
  configure: (...what) => database.write((transaction) => configure(transaction, ...what)),
  create: (...what) => database.write((transaction) => create(transaction, ...what)),
  items: (account, node, wanted) => readItems(database, account, node, wanted),

  retract: (account, node, item) =>
    database.write(async (transaction) => {
      const sql = `delete from pep_items where pep_node = ${THE_NODE} and id = ?`
      return (await transaction.run(sql, account, node, item)) > 0
    }),

  purge: (account, node) => database.write((transaction) => purge(transaction, account, node)),

  delete: (account, node) =>
    database.write(async (transaction) => {
      const sql = 'delete from pep_nodes where account = ? and node = ?'
      return (await transaction.run(sql, account, node)) > 0
    }),
})
