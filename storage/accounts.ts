// Who has an account, and the salted keys that prove it (RFC 5802 §3). Passwords are never kept.

/** The two keys of one SCRAM hash, derived from a password with the account's salt and iteration count. */
export interface ScramKeys {
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

export type ScramHash = 'sha1' | 'sha256' | 'sha512'

export interface Credentials {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly keys: Readonly<Record<ScramHash, ScramKeys>>
}

/** `account` is a prepared bare JID everywhere in storage. */
export interface AccountStore {
  /** False, and nothing written, when the account is there already. */
  create(account: string, credentials: Credentials): Promise<boolean>
  /** False when there is no such account. */
  setCredentials(account: string, credentials: Credentials): Promise<boolean>
  credentials(account: string): Promise<Credentials | undefined>
  exists(account: string): Promise<boolean>
  /** All accounts in the order of their names. */
  list(): Promise<readonly string[]>
}
