// Which version of the program this is: what its package.json says.

import { readFileSync } from 'node:fs'

/** The file stands one level higher when this one runs compiled. */
export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const version = versionIn(new URL(path, import.meta.url))
    if (version !== undefined) return version
  }
  return 'unknown'
}

function versionIn(file: URL): string | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const isOurs = typeof found === 'object' && found !== null && 'version' in found && 'name' in found
    return isOurs && found.name === 'sealpost' ? String(found.version) : undefined
  } catch {
    return undefined
  }
}
