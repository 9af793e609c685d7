// The part of libomemo.js 2 (the OMEMO library that Converse 14 carries) that the tests use.
declare module 'converse.js/dist/libomemo.esm.min.js' {
  export type OmemoVersion = 'eu.siacs.conversations.axolotl' | 'urn:xmpp:omemo:2'

  export interface KeyPair {
    readonly pubKey: ArrayBuffer
    readonly privKey: ArrayBuffer
  }

  export interface PreKey {
    readonly keyId: number
    readonly keyPair: KeyPair
  }

  export interface SignedPreKey extends PreKey {
    readonly signature: ArrayBuffer
  }

  export const KeyHelper: {
    generateIdentityKeyPair(): Promise<KeyPair>
    generatePreKey(id: number): Promise<PreKey>
    generateSignedPreKey(identity: KeyPair, id: number, version: OmemoVersion): Promise<SignedPreKey>
  }

  export class InMemoryStore {
    put(key: string, value: unknown): void
    loadPreKey(id: number): Promise<{ readonly keyPair: KeyPair } | undefined>
    storePreKey(id: number, pair: KeyPair): void
    storeSignedPreKey(id: number, pair: KeyPair): void
  }

  export class OMEMOAddress {
    constructor(account: string, device: number)
    toString(): string
  }

  export class SessionBuilder {
    constructor(store: InMemoryStore, address: OMEMOAddress, version: OmemoVersion)
    processPreKey(bundle: {
      readonly registrationId: number
      readonly identityKey: ArrayBuffer
      readonly signedPreKey: {
        readonly keyId: number
        readonly publicKey: ArrayBuffer
        readonly signature: ArrayBuffer
      }
      readonly preKey: { readonly keyId: number; readonly publicKey: ArrayBuffer }
    }): Promise<unknown>
  }

  export class SessionCipher {
    constructor(store: InMemoryStore, address: OMEMOAddress, version: OmemoVersion)
    hasOpenSession(): Promise<boolean>
    encrypt(plain: ArrayBuffer): Promise<{ readonly body: string; readonly kex?: boolean }>
    decryptPreKeyWhisperMessage(message: ArrayBuffer): Promise<{ readonly plaintext: ArrayBuffer }>
    decryptWhisperMessage(message: ArrayBuffer): Promise<{ readonly plaintext: ArrayBuffer }>
  }

  export function curvePubKeyToEd25519PubKey(key: ArrayBuffer): Promise<ArrayBuffer>
}
