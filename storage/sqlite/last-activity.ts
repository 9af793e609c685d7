// When accounts were last available, in SQLite (XEP-0012): one row an account.

import type { LastActivityStore } from '../last-activity.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

interface Row {
  readonly at: number
  readonly status: string | null
}

export const lastActivityStore = (database: Database): LastActivityStore => ({
  left: (account, { at, status }) =>
    database.write(async (transaction) => {
      if (!(await isAccount(transaction, account))) return
      const sql = 'insert or replace into last_activity (account, at, status) values (?, ?, ?)'
      await transaction.run(sql, account, at, status ?? null)
    }),

  of: async (account) => {
    const [row] = await database.read<Row>('select at, status from last_activity where account = ?', account)
    return row && { at: row.at, status: row.status ?? undefined }
  },
})
