// A column that may be encrypted at rest: AES-256-GCM under a key that is kept elsewhere (NIST SP 800-38D; docs/storage.md).

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
/** NIST SP 800-38D §8.2.2: random, and fresh for each value. */
const IV_BYTES = 12
const TAG_BYTES = 16

/** What a value belongs to. Sealed, it opens nowhere else: nobody can move it to a row of their own. */
export type Place = readonly [table: string, column: string, ...row: readonly string[]]

export interface Column {
  /** The bytes to store. @throws Error when the column is closed */
  seal(value: Uint8Array, place: Place): Uint8Array
  /** The value; undefined when it cannot be had: it was sealed with another key, for another place, or is lost. */
  open(stored: Uint8Array, place: Place): Uint8Array | undefined
}

/** Values are stored as they are. No bytes at all are a value that was lost. */
export const plainColumn: Column = {
  seal: (value) => value,
  open: (stored) => (stored.length === 0 ? undefined : Uint8Array.from(stored)),
}

/** For those who have the file but not its key: they read everything else. */
export const closedColumn: Column = {
  seal: () => {
    throw new Error('this column is sealed, and its key was not given')
  },
  open: () => undefined,
}

/** @param key 32 bytes */
export const sealedColumn = (key: Uint8Array): Column => ({
  seal: (value, place) => seal(key, value, place),
  open: (stored, place) => open(key, stored, place),
})

const boundTo = (place: Place): Buffer => Buffer.from(JSON.stringify(place))

const seal = (key: Uint8Array, value: Uint8Array, place: Place): Uint8Array => {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(boundTo(place))
  return Buffer.concat([iv, cipher.update(value), cipher.final(), cipher.getAuthTag()])
}

const open = (key: Uint8Array, stored: Uint8Array, place: Place): Uint8Array | undefined => {
  if (stored.length < IV_BYTES + TAG_BYTES) return undefined
  const bytes = Buffer.from(stored)
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(place)).setAuthTag(bytes.subarray(-TAG_BYTES))
  const value = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return Uint8Array.from(value)
}
