// The client's half of SCRAM, for the hashes that xmpp.js does not know and for messages that no client would send (RFC 5802).

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const hashes = { 'SCRAM-SHA-1': 'sha1', 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const

export type ScramMechanism = keyof typeof hashes

export interface ScramOptions {
  readonly mechanism?: ScramMechanism
  readonly username: string
  readonly password: string
  readonly gs2?: string
  readonly nonce?: string
}

export class ScramClient {
  readonly mechanism: ScramMechanism
  readonly gs2: string
  readonly bare: string
  readonly #hash: string
  readonly #password: string

  constructor({ mechanism = 'SCRAM-SHA-256', username, password, gs2 = 'n,,', nonce }: ScramOptions) {
    this.mechanism = mechanism
    this.gs2 = gs2
    this.bare = `n=${username},r=${nonce ?? randomBytes(12).toString('hex')}`
    this.#hash = hashes[mechanism]
    this.#password = password
  }

  first(): string {
    return this.gs2 + this.bare
  }

  /** The proof for the server's challenge, and the signature that the server has to show for it. */
  final(
    serverFirst: string,
    change: { readonly binding?: string; readonly nonce?: string; readonly more?: string } = {},
  ) {
    const { salt, iterations, nonce } = readChallenge(serverFirst)
    const binding = Buffer.from(change.binding ?? this.gs2).toString('base64')
    const withoutProof = `c=${binding},r=${change.nonce ?? nonce}${change.more ?? ''}`
    const length = createHash(this.#hash).digest().length
    const salted = pbkdf2Sync(this.#password, salt, iterations, length, this.#hash)
    const clientKey = this.#hmac(salted, 'Client Key')
    const authMessage = `${this.bare},${serverFirst},${withoutProof}`
    const signature = this.#hmac(createHash(this.#hash).update(clientKey).digest(), authMessage)
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
    return {
      message: `${withoutProof},p=${proof.toString('base64')}`,
      verifier: `v=${this.#hmac(this.#hmac(salted, 'Server Key'), authMessage).toString('base64')}`,
    }
  }

  #hmac(key: Uint8Array, data: string): Buffer {
    return createHmac(this.#hash, key).update(data).digest()
  }
}

export function readChallenge(serverFirst: string) {
  const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? []
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations: Number(iterations) }
}
