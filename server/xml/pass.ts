// The strict pass: proves that a text is exactly one well-formed, namespace-well-formed element without anything
// that RFC 6120 §11.1 forbids, and tells a listener what it finds. Linear in time; its memory grows with depth alone.

import { decodeValue } from './decode.js'
import { EQUALS, EXCLAMATION_MARK, GREATER_THAN, LESS_THAN, QUESTION_MARK, QUOTE, SLASH } from './characters.js'
import { notWellFormed, XmlError } from './error.js'
import { escapeAttribute } from './escape.js'
import { checkValue, endOfCdata, endOfName, endOfText, isLiteral, isQuote, skipSpace } from './lexemes.js'
import { type PassLimits } from './limits.js'
import { type Scope } from './scope.js'

export interface Attribute {
  /** As written, with its prefix. */
  readonly name: string
  /** '' for none. */
  readonly prefix: string
  readonly value: string
  /** From the first character of the name to the one after the closing quote. */
  readonly start: number
  readonly end: number
}

export interface StartTag {
  /** As written, with its prefix. */
  readonly written: string
  readonly local: string
  readonly prefix: string
  readonly namespace: string
  /** In the order written, declarations among them. */
  readonly attributes: readonly Attribute[]
  /** The root is 1. */
  readonly depth: number
  /** From `<` to the character after `>`. */
  readonly start: number
  readonly end: number
}

/** Who wants to know what the pass finds; nothing may be believed before the pass is over. */
export interface Listener {
  open(tag: StartTag): void
  /** Character data, raw; inside an element that was opened. */
  characters(start: number, end: number, cdata: boolean): void
  /** @param start of the end tag, `end` the character after it; both `tag.end` for an empty-element tag */
  close(tag: StartTag, start: number, end: number): void
}

const SEVERAL = 8

/**
 * @param scope what is declared outside; left as it was
 * @throws XmlError for everything that is not one acceptable element
 */
export function pass(text: string, limits: PassLimits, scope: Scope, listener: Listener): void {
  new Pass(text, limits, scope, listener).run()
}

class Pass {
  readonly #text: string
  readonly #limits: PassLimits
  readonly #scope: Scope
  readonly #listener: Listener
  readonly #open: StartTag[] = []
  #at = 0
  #byPrefix = 0

  constructor(text: string, limits: PassLimits, scope: Scope, listener: Listener) {
    this.#text = text
    this.#limits = limits
    this.#scope = scope
    this.#listener = listener
  }

  run(): void {
    if (this.#text.charCodeAt(0) !== LESS_THAN) throw notWellFormed('a frame has to start with <', 0)
    this.#refuseRestricted()
    this.#startTag()
    for (let inside = this.#open.at(-1); inside !== undefined; inside = this.#open.at(-1)) this.#content(inside)
    this.#at = skipSpace(this.#text, this.#at)
    if (this.#at === this.#text.length) return
    this.#refuseRestricted()
    throw notWellFormed('something follows the element', this.#at)
  }

  #content(inside: StartTag): void {
    if (this.#text.charCodeAt(this.#at) !== LESS_THAN) return this.#characters()
    const next = this.#text.charCodeAt(this.#at + 1)
    if (next === SLASH) return this.#endTag(inside)
    if (next === EXCLAMATION_MARK && this.#text.startsWith('<![CDATA[', this.#at)) return this.#cdata()
    this.#refuseRestricted()
    this.#startTag()
  }

  #characters(): void {
    const end = endOfText(this.#text, this.#at)
    if (end === this.#text.length) throw notWellFormed('an element is not closed', end)
    this.#listener.characters(this.#at, end, false)
    this.#at = end
  }

  #cdata(): void {
    const start = this.#at + '<![CDATA['.length
    const end = endOfCdata(this.#text, start)
    this.#listener.characters(start, end, true)
    this.#at = end + ']]>'.length
  }

  /** Comments, processing instructions (an XML declaration too) and everything of a DTD (RFC 6120 §11.1). */
  #refuseRestricted(): void {
    const next = this.#text.charCodeAt(this.#at + 1)
    if (this.#text.charCodeAt(this.#at) !== LESS_THAN) return
    if (next === QUESTION_MARK) throw new XmlError('restricted-xml', 'processing instructions are not allowed')
    if (next !== EXCLAMATION_MARK) return
    if (this.#text.startsWith('--', this.#at + 2)) throw new XmlError('restricted-xml', 'comments are not allowed')
    if (/^[A-Z]/.test(this.#text.slice(this.#at + 2, this.#at + 3))) {
      throw new XmlError('restricted-xml', 'document type declarations are not allowed')
    }
  }

  #startTag(): void {
    const start = this.#at
    const depth = this.#open.length + 1
    if (depth > this.#limits.depth) throw new XmlError('policy-violation', 'elements are nested too deeply')
    this.#at = endOfName(this.#text, start + 1)
    const written = this.#text.slice(start + 1, this.#at)
    const attributes = this.#attributes()
    const empty = this.#text.charCodeAt(this.#at) === SLASH
    if (empty) this.#at++
    if (this.#text.charCodeAt(this.#at) !== GREATER_THAN) throw notWellFormed('a tag is not closed', this.#at)
    this.#at++
    this.#scope.enter()
    this.#declare(attributes)
    const tag = this.#resolve(written, attributes, depth, start)
    this.#listener.open(tag)
    if (empty) this.#close(tag, this.#at)
    else this.#open.push(tag)
  }

  #attributes(): readonly Attribute[] {
    let attributes: Attribute[] | undefined
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === GREATER_THAN || code === SLASH) break
      const start = skipSpace(this.#text, this.#at)
      if (start === this.#at) throw notWellFormed('white space is missing in a tag', start)
      this.#at = start
      const next = this.#text.charCodeAt(start)
      if (next === GREATER_THAN || next === SLASH) break
      attributes ??= []
      attributes.push(this.#attribute(start))
      if (attributes.length > this.#limits.attributes) {
        throw new XmlError('policy-violation', 'an element has too many attributes')
      }
    }
    if (attributes === undefined) return noAttributes
    if (attributes.length > 1) refuseTwins(attributes, nameOf, this.#at)
    return attributes
  }

  #attribute(start: number): Attribute {
    const text = this.#text
    const nameEnd = endOfName(text, start)
    const equals = skipSpace(text, nameEnd)
    if (text.charCodeAt(equals) !== EQUALS) throw notWellFormed('an attribute has no value', equals)
    const open = skipSpace(text, equals + 1)
    const quote = text.charCodeAt(open)
    if (!isQuote(quote)) throw notWellFormed('the value of an attribute is not quoted', open)
    const close = text.indexOf(quote === QUOTE ? '"' : "'", open + 1)
    if (close < 0) throw notWellFormed('the value of an attribute is not closed', open)
    this.#at = close + 1
    const name = text.slice(start, nameEnd)
    return { name, prefix: prefixOf(name), value: this.#value(open + 1, close), start, end: close + 1 }
  }

  #value(start: number, end: number): string {
    const raw = this.#text.slice(start, end)
    if (isLiteral(raw)) return raw
    checkValue(this.#text, start, end)
    return decodeValue(raw)
  }

  #declare(attributes: readonly Attribute[]): void {
    for (const { name, prefix, value, start } of attributes) {
      if (name !== 'xmlns' && prefix !== 'xmlns') continue
      if (value.length > this.#limits.namespace) throw new XmlError('policy-violation', 'a namespace is too long')
      if (prefix === '') this.#scope.declareDefault(value, start)
      else this.#scope.declare(name.slice('xmlns:'.length), value, start)
    }
  }

  #resolve(written: string, attributes: readonly Attribute[], depth: number, start: number): StartTag {
    const prefix = prefixOf(written)
    // Such an element could only be written with its prefix, and what we write has none.
    if (prefix === 'xml') throw new XmlError('policy-violation', 'an element has the prefix xml')
    if (prefix === 'xmlns') throw notWellFormed('an element has the prefix xmlns', start)
    this.#resolveAttributes(attributes)
    const local = prefix === '' ? written : written.slice(prefix.length + 1)
    const namespace = prefix === '' ? this.#scope.defaultNamespace : this.#scope.resolve(prefix, start)
    this.#countChange(prefix, namespace)
    return { written, local, prefix, namespace, attributes, depth, start, end: this.#at }
  }

  /** Attributes are unique by expanded name too, which only prefixed ones can break (Namespaces in XML §6.3). */
  #resolveAttributes(attributes: readonly Attribute[]): void {
    let expanded: string[] | undefined
    let before = ''
    for (const { name, prefix, start } of attributes) {
      if (prefix === '' || prefix === 'xmlns') continue
      const namespace = this.#scope.resolve(prefix, start)
      if (prefix !== before && prefix !== 'xml') this.#count(namespace)
      before = prefix
      expanded ??= []
      expanded.push(`${name.slice(prefix.length)}\0${namespace}`)
    }
    if (expanded !== undefined && expanded.length > 1) refuseTwins(expanded, itself, this.#at)
  }

  /** Without a prefix here or around, a namespace only changes by a declaration that is in the text already. */
  #countChange(prefix: string, namespace: string): void {
    const parent = this.#open.at(-1)
    if (prefix === '' && (parent === undefined || parent.prefix === '')) return
    if (namespace !== parent?.namespace) this.#count(namespace)
  }

  /** One more place where a tree has to say the namespace. */
  #count(namespace: string): void {
    this.#byPrefix += escapeAttribute(namespace).length
    if (this.#byPrefix > this.#limits.byPrefix) {
      throw new XmlError('policy-violation', 'too much would have to be written for the prefixes')
    }
  }

  #endTag(inside: StartTag): void {
    const start = this.#at
    const nameEnd = start + 2 + inside.written.length
    const end = skipSpace(this.#text, nameEnd)
    if (!this.#text.startsWith(inside.written, start + 2) || this.#text.charCodeAt(end) !== GREATER_THAN) {
      throw notWellFormed('an end tag does not match', start)
    }
    this.#at = end + 1
    this.#open.pop()
    this.#close(inside, start)
  }

  #close(tag: StartTag, start: number): void {
    this.#scope.leave()
    this.#listener.close(tag, start, this.#at)
  }
}

const noAttributes: readonly Attribute[] = []
const nameOf = (attribute: Attribute): string => attribute.name
const itself = (name: string): string => name

function prefixOf(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? '' : name.slice(0, colon)
}

/** A few are compared one by one, which is fastest; many go through a set, which is linear. */
function refuseTwins<T>(list: readonly T[], key: (item: T) => string, at: number): void {
  const twins = list.length > SEVERAL ? new Set(list.map(key)).size < list.length : list.some(hasTwin)
  if (twins) throw notWellFormed('an attribute stands twice', at)

  function hasTwin(item: T, index: number): boolean {
    const name = key(item)
    for (let before = 0; before < index; before++) if (key(list[before] ?? item) === name) return true
    return false
  }
}
