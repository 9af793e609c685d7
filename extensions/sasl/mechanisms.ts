// What each mechanism does with the client's messages, one after the other, until it has proved who it is.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Awaitable } from '../../server/awaitable.js'
import { PrepareError, preparePassword } from '../../server/prepare.js'
import { deriveKeys } from '../../server/scram-keys.js'
import type { Credentials, ScramHash } from '../../storage/accounts.js'
import { readText } from './data.js'
import type { Claimant, Directory } from './directory.js'
import { SaslFailure } from './failure.js'
import { readPlain } from './plain.js'
import { type ClientFirst, readClientFinal, readClientFirst, verifyProof, writeServerFirst } from './scram.js'
import type { Turnstile } from './turnstile.js'

/** Takes the client's next message. @throws SaslFailure */
export type Reader = (message: Uint8Array) => Awaitable<Step>

export type Step =
  | { readonly kind: 'challenge'; readonly data: string; readonly next: Reader }
  | { readonly kind: 'proved'; readonly account: string; readonly credentials: Credentials; readonly data: string }

export interface MechanismParts {
  readonly domain: string
  readonly directory: Directory
  readonly turnstile: Pick<Turnstile, 'run'>
}

const scramHashes = { 'SCRAM-SHA-512': 'sha512', 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-1': 'sha1' } as const
const PLAIN = 'PLAIN'

/** Of the three that are kept, the one that costs least where processors know it (SHA extensions). */
const PLAIN_HASH = 'sha256'

/** In the order of our preference. PLAIN shows the password to whoever can read along. */
export function mechanismsFor(secure: boolean): readonly string[] {
  return secure ? [...Object.keys(scramHashes), PLAIN] : Object.keys(scramHashes)
}

/** Begins an exchange. @throws SaslFailure `invalid-mechanism`, `encryption-required` */
export function begin(mechanism: string | undefined, secure: boolean, parts: MechanismParts): Reader {
  if (mechanism === PLAIN && !secure) throw new SaslFailure('encryption-required')
  if (mechanism === PLAIN) return plain(parts)
  const [, hash] = Object.entries(scramHashes).find(([name]) => name === mechanism) ?? []
  if (hash === undefined) throw new SaslFailure('invalid-mechanism')
  return scram(hash, parts)
}

function plain({ domain, directory, turnstile }: MechanismParts): Reader {
  return async (message) => {
    const { authzid, username, password } = readPlain(readText(message))
    const claimant = await directory.find(username, domain, authzid)
    const { storedKey } = await turnstile.run(() =>
      deriveKeys(PLAIN_HASH, preparedOrNot(password), claimant.credentials),
    )
    const fits = timingSafeEqual(storedKey, claimant.credentials.keys[PLAIN_HASH].storedKey)
    return proved(claimant, fits ? '' : undefined)
  }
}

function scram(hash: ScramHash, { domain, directory }: MechanismParts): Reader {
  return async (message) => {
    const first = readClientFirst(readText(message))
    const claimant = await directory.find(first.username, domain, first.authzid)
    const nonce = first.nonce + randomBytes(18).toString('base64')
    const data = writeServerFirst(nonce, claimant.credentials)
    return { kind: 'challenge', data, next: scramFinal(hash, first, nonce, data, claimant) }
  }
}

function scramFinal(
  hash: ScramHash,
  first: ClientFirst,
  nonce: string,
  serverFirst: string,
  claimant: Claimant,
): Reader {
  return (message) => {
    const final = readClientFinal(readText(message))
    if (final.nonce !== nonce || final.binding !== first.gs2Header) throw new SaslFailure('malformed-request')
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`
    const signature = verifyProof(hash, claimant.credentials.keys[hash], authMessage, final.proof)
    return proved(claimant, signature && `v=${signature.toString('base64')}`)
  }
}

/** @param data what goes with the success; undefined when the proof is wrong */
function proved({ account, isKnown, credentials }: Claimant, data: string | undefined): Step {
  if (data === undefined || account === undefined || !isKnown) throw new SaslFailure('not-authorized', account)
  return { kind: 'proved', account, credentials, data }
}

/** What cannot be prepared was refused when the password was set, so it fits nobody, as it is. */
function preparedOrNot(password: string): string {
  try {
    return preparePassword(password)
  } catch (reason) {
    if (reason instanceof PrepareError) return password
    throw reason
  }
}
