// A config file (TOML): its settings, each with the line where it stands.

import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { describeFault } from '../fault.js'
import { placesBy } from './place.js'
import { ConfigError } from './problem.js'
import { settingsOf, type Setting, type Table } from './setting.js'
import { keyLines, pathId } from './toml-lines.js'

/**
 * Reads a config file; the values are not checked yet.
 * @throws ConfigError when it cannot be read or is not TOML
 */
export function readConfigFile(path: string): readonly Setting[] {
  const text = readText(path)
  const lines = keyLines(text.toml)
  return settingsOf(text.table, {
    file: path,
    placeOf: (at) => placeOfName(nameOf(at)),
    nameOf,
    lineOf: (at) => lines.get(pathId(at)),
  })
}

function readText(path: string): { readonly toml: string; readonly table: Table } {
  try {
    const toml = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    return { toml, table: parse(toml) }
  } catch (reason) {
    const line = reason instanceof TomlError ? reason.line : undefined
    throw new ConfigError([{ file: path, line, key: undefined, message: complaint(reason) }])
  }
}

function complaint(reason: unknown): string {
  if (reason instanceof TomlError) return describeFault(reason)
  if (reason instanceof TypeError) return 'is not UTF-8'
  return `cannot be read: ${describeFault(reason)}`
}

const placeOfName = placesBy((key) => key)

/** A quoted key may hold a dot: "log.level" at the top is another key than log.level, and stays quoted. */
function nameOf(path: readonly string[]): string {
  return path.map(quoteIfNeeded).join('.')
}

function quoteIfNeeded(segment: string): string {
  return /^[\w-]+$/.test(segment) ? segment : JSON.stringify(segment)
}
