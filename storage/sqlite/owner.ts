// Who may own rows: only an account that is there (storage.ts).

import type { Transaction } from './connection.js'

/** Whether the account is there, as the transaction sees it. */
export const isAccount = async (transaction: Transaction, account: string): Promise<boolean> =>
  (await transaction.all('select 1 from accounts where account = ?', account)).length > 0
