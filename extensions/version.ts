// Which software is this? XEP-0092. The operating system is nobody's business, so it is left out (§5).

import { readFileSync } from 'node:fs'
import { defineExtension } from '../server/extension.js'
import { el, type Element } from '../server/xml.js'

const NS = 'jabber:iq:version'

export const version = defineExtension({
  name: 'version',
  xeps: ['XEP-0092 1.1'],
  features: { server: [NS] },
  handlers: [{ kind: 'iq-get', to: 'server', namespace: NS, name: 'query', handle: software }],
})

function software(): Element {
  return el('query', { xmlns: NS }, el('name', {}, 'Sealpost'), el('version', {}, packageVersion()))
}

/** The package's own number: the file stands one level higher when this one runs compiled. */
function packageVersion(): string {
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
