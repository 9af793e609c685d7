// The salted keys that prove a password without keeping it (RFC 5802 §3, RFC 7677 §3).

import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Credentials, ScramHash, ScramKeys } from '../storage/accounts.js'

/** How the hash is called in `crypto`, and how long its digest is in bytes. */
const digestBytes: Readonly<Record<ScramHash, number>> = { sha1: 20, sha256: 32, sha512: 64 }

/** At least 4,096 by RFC 7677 §4; clients compute it, too, and some of them are slow telephones. */
export const ITERATIONS = 4096
export const SALT_BYTES = 16

const stretch = promisify(pbkdf2)

export function hmac(hash: ScramHash, key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac(hash, key).update(data).digest()
}

export function digest(hash: ScramHash, data: Uint8Array): Buffer {
  return createHash(hash).update(data).digest()
}

/** @param password prepared; the long computation runs off the main thread */
export async function deriveKeys(
  hash: ScramHash,
  password: string,
  { salt, iterations }: Pick<Credentials, 'salt' | 'iterations'>,
): Promise<ScramKeys> {
  const salted = await stretch(password, salt, iterations, digestBytes[hash], hash)
  const clientKey = hmac(hash, salted, 'Client Key')
  return { storedKey: digest(hash, clientKey), serverKey: hmac(hash, salted, 'Server Key') }
}

/** A salt that no other account has. */
export function newSalt(): Pick<Credentials, 'salt' | 'iterations'> {
  return { salt: Uint8Array.from(randomBytes(SALT_BYTES)), iterations: ITERATIONS }
}

/** The keys of a new password, under a salt that no other account has. @param password prepared */
export async function deriveCredentials(password: string): Promise<Credentials> {
  const salted = newSalt()
  const [sha1, sha256, sha512] = await Promise.all([
    deriveKeys('sha1', password, salted),
    deriveKeys('sha256', password, salted),
    deriveKeys('sha512', password, salted),
  ])
  return { ...salted, keys: { sha1, sha256, sha512 } }
}

/** Keys that no password has. */
export function keysOfNobody(): Credentials['keys'] {
  const keysOf = (hash: ScramHash): ScramKeys => ({
    storedKey: Uint8Array.from(randomBytes(digestBytes[hash])),
    serverKey: Uint8Array.from(randomBytes(digestBytes[hash])),
  })
  return { sha1: keysOf('sha1'), sha256: keysOf('sha256'), sha512: keysOf('sha512') }
}
