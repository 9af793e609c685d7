// Private elements in SQLite (XEP-0049).

import type { PrivateElement, PrivateXmlLimits, PrivateXmlStore } from '../private-xml.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

/** What is there and stays, with what comes. Of two that come under one name the last is kept. */
const SUM = `
  select count(*) as elements, coalesce(sum(octet_length(namespace) + octet_length(name) + octet_length(xml)), 0) as bytes from (
    select namespace, name, xml from private_xml where account = ?1 and (namespace, name) not in
      (select value ->> 'namespace', value ->> 'name' from json_each(?2))
    union all
    select value ->> 'namespace' as namespace, value ->> 'name' as name, value ->> 'xml' as xml from json_each(?2)
      where value ->> 'xml' is not null)`

interface SumRow {
  readonly elements: number
  readonly bytes: number
}

const DELETE = `
  delete from private_xml where account = ?1 and (namespace, name) in
    (select value ->> 'namespace', value ->> 'name' from json_each(?2))`

const INSERT = `
  insert into private_xml (account, namespace, name, xml)
  select ?1, value ->> 'namespace', value ->> 'name', value ->> 'xml' from json_each(?2) where value ->> 'xml' is not null`

/** Asked before anything is written: a step that is refused is not rolled back, for others stand in the same transaction. */
const put = async (
  transaction: Transaction,
  account: string,
  elements: readonly PrivateElement[],
  limits: PrivateXmlLimits,
): Promise<boolean> => {
  if (!(await isAccount(transaction, account))) return false
  const last = new Map(elements.map((element) => [JSON.stringify([element.namespace, element.name]), element]))
  const list = JSON.stringify([...last.values()])
  const [sum] = await transaction.all<SumRow>(SUM, account, list)
  if (sum === undefined || sum.elements > limits.elements || sum.bytes > limits.bytes) return false
  await transaction.run(DELETE, account, list)
  await transaction.run(INSERT, account, list)
  return true
}

export const privateXmlStore = (database: Database): PrivateXmlStore => ({
  get: async (account, namespace, name) => {
    const sql = 'select xml from private_xml where account = ? and namespace = ? and name = ?'
    const [row] = await database.read<{ readonly xml: string }>(sql, account, namespace, name)
    return row?.xml
  },

  put: (account, elements, limits) => database.write((transaction) => put(transaction, account, elements, limits)),
})
