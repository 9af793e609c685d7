// A secret in a configuration: written out, or `env:NAME`, or `file:PATH`. Its value never stands in a message.

import { readFileSync } from 'node:fs'
import { describeFault } from '../fault.js'
import { problem, value, type Reading } from './kinds.js'

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
