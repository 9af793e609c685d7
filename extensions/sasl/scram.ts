// SCRAM's messages and proofs, without channel binding: text in, text out (RFC 5802 §5 to §7).

import { timingSafeEqual } from 'node:crypto'
import { digest, hmac } from '../../server/scram-keys.js'
import type { Credentials, ScramHash, ScramKeys } from '../../storage/accounts.js'
import { decodeBase64 } from './data.js'
import { SaslFailure } from './failure.js'

export interface ClientFirst {
  /** With its last comma, as the client has to repeat it. */
  readonly gs2Header: string
  /** The message without that header. */
  readonly bare: string
  readonly authzid: string | undefined
  readonly username: string
  readonly nonce: string
}

export interface ClientFinal {
  readonly withoutProof: string
  /** What the client claims to have sent as its GS2 header. */
  readonly binding: string
  readonly nonce: string
  readonly proof: Uint8Array
}

// 'p=…' would bind a channel, which nobody offered (RFC 5802 §6); 'm=' is for a later SCRAM, and fails in this one (§5.1).
const gs2 = /^([ny]),(?:a=([^,\0]+))?,/
const firstBare = /^n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)((?:,[A-Za-z]=[^,\0]+)*)$/
const final = /^(c=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)((?:,[A-Za-z]=[^,\0]+)*)),p=([^,\0]+)$/

/** @throws SaslFailure `malformed-request` */
export function readClientFirst(message: string): ClientFirst {
  const [gs2Header = '', , authzid] = gs2.exec(message) ?? refuse()
  const bare = message.slice(gs2Header.length)
  const [, username = '', nonce = '', extensions = ''] = firstBare.exec(bare) ?? refuse()
  if (extensions.includes(',m=')) refuse()
  return { gs2Header, bare, authzid: authzid && readName(authzid), username: readName(username), nonce }
}

/** @param nonce the client's with the server's after it */
export function writeServerFirst(
  nonce: string,
  { salt, iterations }: Pick<Credentials, 'salt' | 'iterations'>,
): string {
  return `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
}

/** @throws SaslFailure `malformed-request`, `incorrect-encoding` for a proof that is not base64 */
export function readClientFinal(message: string): ClientFinal {
  const [, withoutProof = '', binding = '', nonce = '', extensions = '', proof = ''] = final.exec(message) ?? refuse()
  if (/,[mp]=/.test(extensions)) refuse()
  return { withoutProof, binding: decodeBase64(binding).toString('utf8'), nonce, proof: decodeBase64(proof) }
}

/** The server's signature, if the proof shows that the client knows the password (RFC 5802 §3). */
export function verifyProof(
  hash: ScramHash,
  keys: ScramKeys,
  authMessage: string,
  proof: Uint8Array,
): Buffer | undefined {
  const signature = hmac(hash, keys.storedKey, authMessage)
  if (proof.length !== signature.length) return undefined
  const clientKey = signature.map((byte, index) => byte ^ (proof[index] ?? 0))
  if (!timingSafeEqual(digest(hash, clientKey), keys.storedKey)) return undefined
  return hmac(hash, keys.serverKey, authMessage)
}

/** A comma is written `=2C` and an equals sign `=3D`; nothing else may follow an equals sign (RFC 5802 §5.1). */
function readName(written: string): string {
  if (/=(?!2C|3D)/.test(written)) refuse()
  return written.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

function refuse(): never {
  throw new SaslFailure('malformed-request')
}
