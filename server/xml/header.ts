// The start tag that opens a TCP stream: what it says, and what it declares for the stanzas in it (RFC 6120 §4.2, §4.8).

import { DEEPEST, outsideLimits } from './limits.js'
import { type Listener, pass, type StartTag } from './pass.js'
import { nothingDeclared, Scope } from './scope.js'

export interface StreamHeader {
  /** The local name. */
  readonly name: string
  readonly namespace: string
  /** All but namespace declarations, by the name as written. */
  readonly attributes: ReadonlyMap<string, string>
  readonly defaultNamespace: string
  readonly prefixes: ReadonlyMap<string, string>
}

/**
 * @param text the start tag alone; `written` in what comes back is its name with the prefix, as the end tag repeats it
 * @throws XmlError
 */
export function readHeader(text: string): StreamHeader & { readonly written: string } {
  const element = text.endsWith('/>') ? text : `${text.slice(0, -1)}/>`
  const reader = new HeaderReader()
  pass(element, outsideLimits(text, DEEPEST), new Scope(nothingDeclared), reader)
  return reader.header()
}

class HeaderReader implements Listener {
  #tag: StartTag | undefined

  open(tag: StartTag): void {
    this.#tag = tag
  }

  characters(): void {
    // A start tag alone has no inside.
  }

  close(): void {
    // It ends where it started.
  }

  header(): StreamHeader & { readonly written: string } {
    const attributes = new Map<string, string>()
    const prefixes = new Map<string, string>()
    let defaultNamespace = ''
    for (const { name, prefix, value } of this.#tag?.attributes ?? []) {
      if (name === 'xmlns') defaultNamespace = value
      else if (prefix === 'xmlns') prefixes.set(name.slice('xmlns:'.length), value)
      else attributes.set(name, value)
    }
    const { local = '', namespace = '', written = '' } = this.#tag ?? {}
    return { name: local, namespace, written, attributes, defaultNamespace, prefixes }
  }
}
