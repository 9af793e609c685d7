// The certificate of `wss://`, read from files, and again when they change: one that runs for 90 days is renewed beside a running server.

import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { Failure } from './failure.js'
import { describeFault } from './fault.js'
import type { Log } from './log.js'

export interface CertificateFiles {
  /** The server's certificate and those between it and the root, in PEM. */
  readonly certificate: string
  /** Its private key, in PEM. */
  readonly key: string
}

export interface SecureContext {
  readonly cert: Buffer
  readonly key: Buffer
}

/** How often is looked whether the files are others: links that are set anew are seen so, too. Milliseconds. */
const watchEvery = 30_000

/** A certificate in use. */
export class Certificate {
  readonly #files: CertificateFiles
  readonly #log: Log
  readonly #changed = (): void => void this.renew()
  #use: ((context: SecureContext) => void) | undefined

  constructor(files: CertificateFiles, log: Log) {
    this.#files = files
    this.#log = log
  }

  /** @throws Failure with one sentence when the files cannot be read, or do not belong together */
  read(): Promise<SecureContext> {
    return readCertificate(this.#files)
  }

  /** Gives `use` what stands in the files whenever that changes. */
  watch(use: (context: SecureContext) => void): void {
    this.#use = use
    for (const path of this.#paths) watchFile(path, { interval: watchEvery, persistent: false }, this.#changed)
  }

  /** Reads the files anew. What cannot be used is logged, and the one before goes on. */
  async renew(): Promise<void> {
    const { certificate } = this.#files
    try {
      this.#use?.(await this.read())
      this.#log.info('the TLS certificate was read anew', { certificate })
    } catch (reason) {
      this.#log.error('the TLS certificate could not be read anew: the one before goes on', { certificate }, reason)
    }
  }

  close(): void {
    for (const path of this.#paths) unwatchFile(path, this.#changed)
  }

  get #paths(): readonly string[] {
    return [this.#files.certificate, this.#files.key]
  }
}

async function readCertificate({ certificate, key }: CertificateFiles): Promise<SecureContext> {
  const context = { cert: await read(certificate), key: await read(key) }
  try {
    createSecureContext(context)
  } catch (reason) {
    throw new Failure(`${certificate} and ${key} are no certificate and its key: ${describeFault(reason)}`)
  }
  return context
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (reason) {
    throw new Failure(`${file} cannot be read: ${describeFault(reason)}`)
  }
}
