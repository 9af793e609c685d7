// Keys and sessions of one device in memory, as libsignal asks for them.
import type { KeyPairType, StorageType } from '@privacyresearch/libsignal-protocol-typescript'

/** Trust on first use: a later identity key for the same address is refused. */
export class KeyStore implements StorageType {
  readonly #identity: KeyPairType
  readonly #id: number
  readonly #identities = new Map<string, string>()
  readonly #sessions = new Map<string, string>()
  readonly #signedPreKeys = new Map<string, KeyPairType>()
  readonly preKeys = new Map<number, KeyPairType>()

  constructor(identity: KeyPairType, id: number) {
    this.#identity = identity
    this.#id = id
  }

  getIdentityKeyPair(): Promise<KeyPairType> {
    return Promise.resolve(this.#identity)
  }

  getLocalRegistrationId(): Promise<number> {
    return Promise.resolve(this.#id)
  }

  isTrustedIdentity(address: string, key: ArrayBuffer): Promise<boolean> {
    const known = this.#identities.get(address)
    return Promise.resolve(known === undefined || known === Buffer.from(key).toString('hex'))
  }

  saveIdentity(address: string, key: ArrayBuffer): Promise<boolean> {
    const known = this.#identities.get(address)
    const now = Buffer.from(key).toString('hex')
    this.#identities.set(address, now)
    return Promise.resolve(known !== undefined && known !== now)
  }

  loadPreKey(id: string | number): Promise<KeyPairType | undefined> {
    return Promise.resolve(this.preKeys.get(Number(id)))
  }

  storePreKey(id: string | number, pair: KeyPairType): Promise<void> {
    this.preKeys.set(Number(id), pair)
    return Promise.resolve()
  }

  removePreKey(id: string | number): Promise<void> {
    this.preKeys.delete(Number(id))
    return Promise.resolve()
  }

  loadSignedPreKey(id: string | number): Promise<KeyPairType | undefined> {
    return Promise.resolve(this.#signedPreKeys.get(String(id)))
  }

  storeSignedPreKey(id: string | number, pair: KeyPairType): Promise<void> {
    this.#signedPreKeys.set(String(id), pair)
    return Promise.resolve()
  }

  removeSignedPreKey(id: string | number): Promise<void> {
    this.#signedPreKeys.delete(String(id))
    return Promise.resolve()
  }

  loadSession(address: string): Promise<string | undefined> {
    return Promise.resolve(this.#sessions.get(address))
  }

  storeSession(address: string, record: string): Promise<void> {
    this.#sessions.set(address, record)
    return Promise.resolve()
  }
}
