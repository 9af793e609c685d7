// A secret in a configuration: written out, or `env:NAME`, or `file:PATH`. Its value never stands in a message.

import { readFileSync } from 'node:fs'
import { describeFault } from '../fault.js'
import { problem, value, type Key, type Of, type Reading } from './kinds.js'

/**
 * Resolves a secret.
 * @param environment where `env:NAME` is looked up
 */
export function readSecret(raw: unknown, environment: NodeJS.ProcessEnv): Reading<string> {
  if (typeof raw !== 'string') return problem('expected a secret as a string')
  if (raw.startsWith('env:')) return fromEnvironment(raw.slice('env:'.length), environment)
  if (raw.startsWith('file:')) return fromFile(raw.slice('file:'.length))
  return raw === '' ? problem('expected a secret, not an empty string') : value(raw)
}

const keyBytes = 32
const keyText = new RegExp(`^[A-Za-z0-9+/]{${Math.ceil((keyBytes * 4) / 3)}}=$`)

/** A secret that is a key: 32 random bytes. What is wrong with one is told without it. */
export function secretKey(name: string, of: Of<Uint8Array | undefined>, means: string): Key<Uint8Array | undefined> {
  const type = `${keyBytes} bytes in base64`
  const read = (raw: unknown, environment: NodeJS.ProcessEnv): Reading<Uint8Array> => {
    const secret = readSecret(raw, environment)
    if (secret.kind === 'problem') return secret
    if (keyText.test(secret.value)) return value(Uint8Array.from(Buffer.from(secret.value, 'base64')))
    return problem(`expected ${type}, as \`openssl rand -base64 ${keyBytes}\` prints them`)
  }
  return { name, type, of, means, read, isSecret: true }
}

function fromEnvironment(name: string, environment: NodeJS.ProcessEnv): Reading<string> {
  const found = environment[name]
  if (found === undefined) return problem(`the environment variable ${name} is not set`)
  return found === '' ? problem(`the environment variable ${name} is empty`) : value(found)
}

function fromFile(path: string): Reading<string> {
  try {
    const [line = ''] = readFileSync(path, 'utf8').split(/\r?\n/, 1)
    return line === '' ? problem(`the first line of ${path} is empty`) : value(line)
  } catch (reason) {
    return problem(`${path} cannot be read: ${describeFault(reason)}`)
  }
}
