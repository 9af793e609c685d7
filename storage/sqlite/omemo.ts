// The OMEMO device lists of accounts in SQLite (XEP-0384): one row a list, replaced whole.

import type { OmemoStore } from '../omemo.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

const learn = async (
  transaction: Transaction,
  account: string,
  namespace: string,
  devices: readonly number[],
): Promise<void> => {
  await transaction.run('delete from omemo_lists where account = ? and namespace = ?', account, namespace)
  if (devices.length === 0 || !(await isAccount(transaction, account))) return
  const sql = 'insert into omemo_lists (account, namespace, devices) values (?, ?, ?)'
  await transaction.run(sql, account, namespace, JSON.stringify(devices))
}

export const omemoStore = (database: Database): OmemoStore => ({
  learn: (account, namespace, devices) =>
    database.write((transaction) => learn(transaction, account, namespace, devices)),

  devices: async (account) => {
    const sql = `
      select distinct device.value as device from omemo_lists join json_each(omemo_lists.devices) device
      where omemo_lists.account = ? order by 1`
    return (await database.read<{ readonly device: number }>(sql, account)).map(({ device }) => device)
  },
})
