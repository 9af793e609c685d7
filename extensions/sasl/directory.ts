// Whose password is being tried. A name that nobody has gets a salt as well, the same at every try, so that nobody can list
// users by asking (contract §5).

import { hmac, ITERATIONS, keysOfNobody, SALT_BYTES } from '../../server/scram-keys.js'
import { JidError, jidOf, parseJid } from '../../server/jid.js'
import type { AccountStore, Credentials } from '../../storage/accounts.js'
import { SaslFailure } from './failure.js'

/** Somebody who says who they are, and has not proved it yet. */
export interface Claimant {
  /** Undefined for a name that nobody can have. */
  readonly account: string | undefined
  /** False: whatever the proof, it is wrong. */
  readonly isKnown: boolean
  readonly credentials: Credentials
}

export class Directory {
  readonly #accounts: AccountStore
  readonly #secret: Uint8Array
  readonly #nobody = keysOfNobody()

  /** @param secret makes the salts of the names that nobody has: whoever knows it can list users */
  constructor(accounts: AccountStore, secret: Uint8Array) {
    this.#accounts = accounts
    this.#secret = secret
  }

  /**
   * @param authzid whom the client wants to act as: nobody but itself (RFC 6120 §6.3.8)
   * @throws SaslFailure `invalid-authzid`
   */
  async find(username: string, domain: string, authzid: string | undefined): Promise<Claimant> {
    const account = accountOf(username, domain)
    if (authzid !== undefined && bareJidOf(authzid) !== account) throw new SaslFailure('invalid-authzid')
    // Made for the known as well: the answer takes the same time for both.
    const decoy = this.#decoy(account ?? username)
    const credentials = account === undefined ? undefined : await this.#accounts.credentials(account)
    return { account, isKnown: credentials !== undefined, credentials: credentials ?? decoy }
  }

  /** Whether the password that was proved is still the account's. */
  async isCurrent(account: string, { salt }: Credentials): Promise<boolean> {
    const now = await this.#accounts.credentials(account)
    return now !== undefined && Buffer.compare(now.salt, salt) === 0
  }

  #decoy(name: string): Credentials {
    const salt = hmac('sha256', this.#secret, name).subarray(0, SALT_BYTES)
    return { salt, iterations: ITERATIONS, keys: this.#nobody }
  }
}

/** Variants of case and width are one name (RFC 7622 §3.3). */
function accountOf(username: string, domain: string): string | undefined {
  return orUndefined(() => jidOf(username, domain).bare)
}

/** Not undefined for what is no JID, or it would be equal to a name that is none, either. */
function bareJidOf(authzid: string): string | false {
  const jid = orUndefined(() => parseJid(authzid))
  return jid !== undefined && jid.isBare && jid.bare
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (reason) {
    if (reason instanceof JidError) return undefined
    throw reason
  }
}
