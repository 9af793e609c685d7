// vCards in SQLite (XEP-0054).

import type { Photo, VCard, VCardStore } from '../vcards.js'
import type { Transaction } from './connection.js'
import type { Database } from './database.js'
import { isAccount } from './owner.js'

interface Row {
  readonly xml: string
  readonly photo: string | null
  readonly hash: string | null
}

const toVCard = ({ xml, photo, hash }: Row): VCard => ({
  xml,
  photo: photo === null ? undefined : { xml: photo, hash: hash ?? undefined },
})

const put = async (transaction: Transaction, account: string, { xml, photo }: VCard): Promise<void> => {
  if (!(await isAccount(transaction, account))) return
  const sql = 'insert or replace into vcards (account, xml, photo, hash) values (?, ?, ?, ?)'
  await transaction.run(sql, account, xml, photo?.xml ?? null, photo?.hash ?? null)
}

const PUT_PHOTO = `
  insert into vcards (account, photo, hash, xml) values (?, ?, ?, ?)
  on conflict (account) do update set photo = excluded.photo, hash = excluded.hash`

const putPhoto = async (
  transaction: Transaction,
  account: string,
  photo: Photo | undefined,
  rest: string,
): Promise<void> => {
  if (!(await isAccount(transaction, account))) return
  await transaction.run(PUT_PHOTO, account, photo?.xml ?? null, photo?.hash ?? null, rest)
}

export const vcardStore = (database: Database): VCardStore => ({
  get: async (account) => {
    const [row] = await database.read<Row>('select xml, photo, hash from vcards where account = ?', account)
    return row && toVCard(row)
  },

  hash: async (account) => {
    const [row] = await database.read<Pick<Row, 'hash'>>('select hash from vcards where account = ?', account)
    return row && { hash: row.hash ?? undefined }
  },

  put: (account, vcard) => database.write((transaction) => put(transaction, account, vcard)),

  putPhoto: (account, photo, rest) => database.write((transaction) => putPhoto(transaction, account, photo, rest)),
})
