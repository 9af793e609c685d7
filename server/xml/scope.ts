// Which namespace a name is in, here (Namespaces in XML 1.0 §6).

import { XML_NS, XMLNS_NS } from './characters.js'
import { notWellFormed, XmlError } from './error.js'

/** Declarations that are in force before the first element, for example those of a stream header. */
export interface Declared {
  readonly defaultNamespace: string
  readonly prefixes: ReadonlyMap<string, string>
}

export const nothingDeclared: Declared = { defaultNamespace: '', prefixes: new Map() }

const nothing: ReadonlySet<string> = new Set()

interface Binding {
  readonly depth: number
  readonly prefix: string
  readonly before: string | undefined
}

/** The declarations in force; one `enter` and one `leave` for every element. */
export class Scope {
  readonly #outer: Declared
  readonly #defaults: string[]
  // Most stanzas have no prefixes: what those need is made when they come.
  #prefixes: Map<string, string> | undefined
  #borrowed: Set<string> | undefined
  /** What to restore, innermost last: the cost of leaving is the number of declarations, not their depth. */
  readonly #bindings: Binding[] = []

  constructor(outer: Declared) {
    this.#outer = outer
    this.#defaults = [outer.defaultNamespace]
  }

  /** The prefixes that only the outside declares and that somebody used. */
  get borrowed(): ReadonlySet<string> {
    return this.#borrowed ?? nothing
  }

  /** The namespace of an unprefixed element here. */
  get defaultNamespace(): string {
    return this.#defaults[this.#defaults.length - 1] ?? ''
  }

  enter(): void {
    this.#defaults.push(this.defaultNamespace)
  }

  leave(): void {
    const depth = this.#defaults.length
    this.#defaults.pop()
    if (this.#bindings.length === 0) return
    for (let last = this.#bindings.at(-1); last?.depth === depth; last = this.#bindings.at(-1)) {
      this.#bindings.pop()
      if (last.before === undefined) this.#prefixes?.delete(last.prefix)
      else this.#prefixes?.set(last.prefix, last.before)
    }
  }

  /** `xmlns="…"` on the element entered last. */
  declareDefault(namespace: string, at: number): void {
    if (namespace === XML_NS || namespace === XMLNS_NS) throw notWellFormed('a reserved namespace is declared', at)
    refuseEdgeSpace(namespace)
    this.#defaults[this.#defaults.length - 1] = namespace
  }

  /** `xmlns:prefix="…"` on the element entered last. */
  declare(prefix: string, namespace: string, at: number): void {
    const legal = prefix === 'xml' ? namespace === XML_NS : namespace !== XML_NS
    if (!legal || prefix === 'xmlns' || namespace === XMLNS_NS) {
      throw notWellFormed('a reserved prefix or namespace is declared', at)
    }
    if (namespace === '') throw notWellFormed('a prefix is declared to mean nothing', at)
    refuseEdgeSpace(namespace)
    this.#prefixes ??= new Map()
    this.#bindings.push({ depth: this.#defaults.length, prefix, before: this.#prefixes.get(prefix) })
    this.#prefixes.set(prefix, namespace)
  }

  /**
   * What a prefix means here.
   * @throws XmlError if nobody declared it
   */
  resolve(prefix: string, at: number): string {
    if (prefix === 'xml') return XML_NS
    const own = this.#prefixes?.get(prefix)
    if (own !== undefined) return own
    const outer = this.#outer.prefixes.get(prefix)
    if (outer === undefined) throw notWellFormed('a prefix is not declared', at)
    this.#borrowed ??= new Set()
    this.#borrowed.add(prefix)
    return outer
  }
}

/** It is no URI reference, and parsers disagree about what it is (Namespaces in XML §2.1). */
function refuseEdgeSpace(namespace: string): void {
  if (namespace.trim() !== namespace) throw new XmlError('policy-violation', 'a namespace has white space at its edge')
}
