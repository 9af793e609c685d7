// From text to a tree of ltx elements, by the strict pass: prefixes resolved away, references and line ends too.

import { Element } from 'ltx'
import { decodeCdata, decodeText } from './decode.js'
import { escapeAttribute } from './escape.js'
import { type ChildIndex, type Frame } from './frame.js'
import { ownLimits } from './limits.js'
import { type Attribute, type Listener, pass, type StartTag } from './pass.js'
import { type Declared, nothingDeclared, Scope } from './scope.js'

/**
 * The tree of one element.
 * @throws XmlError if the text is anything else
 */
export function parse(xml: string): Element {
  return build(xml, nothingDeclared, (namespace) => namespace)
}

/** The whole stanza as a tree. */
export function frameElement(frame: Frame): Element {
  let head = `<${frame.name} xmlns="${escapeAttribute(frame.namespace)}"`
  for (const name of ['to', 'from', 'id', 'type', 'xml:lang']) {
    const value = frame.attributes.get(name)
    if (value !== undefined) head += ` ${name}="${escapeAttribute(value)}"`
  }
  return parse(`${head}${frame.extra}>${frame.inner}</${frame.name}>`)
}

/**
 * One child of a stanza as a tree that stands on its own; the others are not looked at.
 * @param prefixes who asks for several children reads them once
 */
export function childElement(
  frame: Pick<Frame, 'extra' | 'inner' | 'namespace'>,
  child: ChildIndex,
  prefixes = prefixesIn(frame.extra),
): Element {
  const declared = { defaultNamespace: frame.namespace, prefixes }
  return build(frame.inner.slice(child.start, child.end), declared, (namespace) => namespace)
}

/**
 * @param declared what is in force outside the element
 * @param map from the namespace that an element is in to the one it shall be in
 * @throws XmlError if the text is not one well-formed element
 */
export function build(xml: string, declared: Declared, map: (namespace: string) => string): Element {
  const scope = new Scope(declared)
  const builder = new Builder(xml, scope, map)
  pass(xml, ownLimits, scope, builder)
  return builder.root
}

class Builder implements Listener {
  root = new Element('')
  readonly #xml: string
  readonly #scope: Scope
  readonly #map: (namespace: string) => string
  readonly #open: { readonly element: Element; readonly namespace: string }[] = []
  #text = ''

  constructor(xml: string, scope: Scope, map: (namespace: string) => string) {
    this.#xml = xml
    this.#scope = scope
    this.#map = map
  }

  open(tag: StartTag): void {
    this.#flush()
    const element = new Element(tag.local)
    const parent = this.#open.at(-1)
    const namespace = this.#map(tag.namespace)
    if (namespace !== (parent?.namespace ?? '')) setOwn(element, 'xmlns', namespace)
    for (const attribute of tag.attributes) this.#attribute(element, attribute)
    if (parent === undefined) this.root = element
    else parent.element.cnode(element)
    this.#open.push({ element, namespace })
  }

  characters(start: number, end: number, cdata: boolean): void {
    const raw = this.#xml.slice(start, end)
    this.#text += cdata ? decodeCdata(raw) : decodeText(raw)
  }

  close(): void {
    this.#flush()
    this.#open.pop()
  }

  /** A prefix is declared where it is used, so that every part of the tree can be taken out of it. */
  #attribute(element: Element, { name, prefix, value, start }: Attribute): void {
    if (name === 'xmlns' || prefix === 'xmlns') return
    if (prefix !== '' && prefix !== 'xml') setOwn(element, `xmlns:${prefix}`, this.#scope.resolve(prefix, start))
    setOwn(element, name, value)
  }

  #flush(): void {
    if (this.#text === '') return
    this.#open.at(-1)?.element.t(this.#text)
    this.#text = ''
  }
}

/** `__proto__` is a legal name, and assigning to it would be lost. */
function setOwn(element: Element, name: string, value: string): void {
  if (name !== '__proto__') element.attrs[name] = value
  else Object.defineProperty(element.attrs, name, { value, enumerable: true, configurable: true, writable: true })
}

/** The prefixes that the rest of a start tag declares (`Frame.extra`), with their namespaces. */
export function prefixesIn(extra: string): ReadonlyMap<string, string> {
  if (!extra.includes('xmlns:')) return nothingDeclared.prefixes
  const prefixes = new Map<string, string>()
  const listener: Listener = {
    open({ attributes }) {
      for (const { name, prefix, value } of attributes) if (prefix === 'xmlns') prefixes.set(name.slice(6), value)
    },
    characters: () => undefined,
    close: () => undefined,
  }
  pass(`<head${extra}/>`, ownLimits, new Scope(nothingDeclared), listener)
  return prefixes
}
