// One element from the wire, proved well-formed and indexed, without a tree: it can be passed on as its sender's own text.

import { isSpace } from './characters.js'
import { decodeText } from './decode.js'
import { escapeAttribute } from './escape.js'
import { outsideLimits, ownLimits, type PassLimits } from './limits.js'
import { type Attribute, type Listener, pass, type StartTag } from './pass.js'
import { type Declared, nothingDeclared, Scope } from './scope.js'
import { build } from './tree.js'
import { serialize } from './write.js'

/** Bounds on what is read; how many bytes it may be is the transport's to check. */
export interface XmlLimits {
  /** How deep elements may stand in one another: the root is 1, its children 2. */
  readonly depth: number
}

/** One direct child element, and where it stands in `Frame.inner`. */
export interface ChildIndex {
  /** The local name. */
  readonly name: string
  readonly namespace: string
  readonly start: number
  readonly end: number
}

/**
 * One well-formed element. Written as `<name xmlns="namespace" … extra>inner</name>` it reads as the same tree again,
 * wherever it is put.
 */
export interface Frame {
  /** The local name. */
  readonly name: string
  readonly namespace: string
  /** All but namespace declarations, by the name as written (`to`, `xml:lang`), with the meaning of the value. */
  readonly attributes: ReadonlyMap<string, string>
  /** What else stands in the start tag, raw, each with a space before it: prefix declarations, foreign attributes. */
  readonly extra: string
  /** The raw text between start and end tag. */
  readonly inner: string
  readonly children: readonly ChildIndex[]
  /** Whether there is character data other than white space directly inside. */
  readonly hasText: boolean
}

/** What the header of a TCP stream declares for the stanzas in it (RFC 6120 §4.8). */
export interface Inherited extends Declared {
  /** Every element in the stream's default namespace comes out in this one instead (XEP-0114: `jabber:client`). */
  readonly mapTo?: string
}

/** What a stanza's head is written from (RFC 6120 §8.1); anything else of a start tag is passed on as it is. */
const head: ReadonlySet<string> = new Set(['xmlns', 'to', 'from', 'id', 'type', 'xml:lang'])

/**
 * Reads one frame: a WebSocket message (RFC 7395 §3.3.3), or what the splitter cut out of a stream.
 * @param inherited what is declared around the frame; nothing when not given
 * @throws XmlError
 */
export function readFrame(text: string, limits: XmlLimits, inherited: Inherited = nothingDeclared): Frame {
  return read(text, outsideLimits(text, limits.depth), inherited)
}

/**
 * Reads again what was written from a frame and kept. It is taken however it has grown with the namespaces spelled out.
 * @throws XmlError for what is not one well-formed element
 */
export function rereadFrame(text: string): Frame {
  return read(text, ownLimits, nothingDeclared)
}

function read(text: string, limits: PassLimits, inherited: Inherited): Frame {
  const scope = new Scope(inherited)
  const reader = new FrameReader(text, inherited)
  pass(text, limits, scope, reader)
  if (reader.prefixed) return read(canonical(text, inherited), ownLimits, nothingDeclared)
  if (reader.redundant.length > 0) return read(without(text, reader.redundant), limits, inherited)
  return reader.frame(scope.borrowed)
}

/** The same tree, spelled without element prefixes. */
function canonical(text: string, inherited: Inherited): string {
  return serialize(build(text, inherited, mapping(inherited)))
}

function mapping({ defaultNamespace, mapTo }: Inherited): (namespace: string) => string {
  if (mapTo === undefined) return asItIs
  return (namespace) => (namespace === defaultNamespace ? mapTo : namespace)
}

const asItIs = (namespace: string): string => namespace

function without(text: string, cuts: readonly Attribute[]): string {
  let rest = ''
  let at = 0
  for (const { start, end } of cuts) {
    rest += text.slice(at, start)
    at = end
  }
  return rest + text.slice(at)
}

/** Gathers the frame while the pass runs, and whether the inside can stand under another root as it is. */
class FrameReader implements Listener {
  /** Whether the inside has to be spelled anew, because where it stands it would not mean the same. */
  prefixed = false
  /** Declarations that repeat the root's namespace: they would not follow when the root goes into another one. */
  readonly redundant: Attribute[] = []
  readonly #text: string
  readonly #inherited: Inherited
  readonly #map: (namespace: string) => string
  readonly #children: ChildIndex[] = []
  /** The mapped namespace of every open element, and the default namespace inside it. */
  readonly #open: { readonly namespace: string; readonly inside: string }[] = []
  #root: StartTag | undefined
  #namespace = ''
  #innerEnd = 0
  #hasText = false

  constructor(text: string, inherited: Inherited) {
    this.#text = text
    this.#inherited = inherited
    this.#map = mapping(inherited)
  }

  open(tag: StartTag): void {
    const namespace = this.#map(tag.namespace)
    if (this.#root === undefined) {
      this.#root = tag
      this.#namespace = namespace
      this.prefixed = tag.prefix !== ''
      this.#open.push({ namespace, inside: namespace })
      return
    }
    const outer = this.#open.at(-1) ?? { namespace: '', inside: '' }
    const inside = this.#insideOf(tag, outer.inside)
    if (tag.prefix !== '') this.#checkPrefixed(tag, namespace, outer.namespace)
    this.#open.push({ namespace, inside })
  }

  characters(start: number, end: number, cdata: boolean): void {
    if (this.#open.length !== 1 || this.#hasText) return
    for (let at = start; at < end; at++) {
      if (isSpace(this.#text.charCodeAt(at))) continue
      // White space may have been written as a reference.
      this.#hasText = cdata || /[^ \t\n\r]/.test(decodeText(this.#text.slice(at, end)))
      return
    }
  }

  close(tag: StartTag, start: number, end: number): void {
    const namespace = this.#open.pop()?.namespace ?? ''
    const offset = this.#root?.end ?? 0
    if (tag.depth === 1) this.#innerEnd = start
    if (tag.depth === 2)
      this.#children.push({ name: tag.local, namespace, start: tag.start - offset, end: end - offset })
  }

  /** @param borrowed the prefixes that only the stream header declares: the frame has to declare them itself */
  frame(borrowed: ReadonlySet<string>): Frame {
    const attributes = new Map<string, string>()
    let extra = ''
    for (const { name, prefix, value, start, end } of this.#root?.attributes ?? []) {
      if (name !== 'xmlns' && prefix !== 'xmlns') attributes.set(name, value)
      if (!head.has(name)) extra += ` ${this.#text.slice(start, end)}`
    }
    for (const prefix of borrowed) {
      extra += ` xmlns:${prefix}="${escapeAttribute(this.#inherited.prefixes.get(prefix) ?? '')}"`
    }
    return {
      name: this.#root?.local ?? '',
      namespace: this.#namespace,
      attributes,
      extra,
      inner: this.#text.slice(this.#root?.end ?? 0, this.#innerEnd),
      children: this.#children,
      hasText: this.#hasText,
    }
  }

  #insideOf(tag: StartTag, outer: string): string {
    const declaration = tag.attributes.find(({ name }) => name === 'xmlns')
    if (declaration === undefined) return outer
    const inside = this.#map(declaration.value)
    if (inside === outer && inside === this.#namespace) this.redundant.push(declaration)
    else if (inside !== declaration.value) this.prefixed = true
    return inside
  }

  #checkPrefixed(tag: StartTag, namespace: string, outer: string): void {
    if (namespace !== tag.namespace) this.prefixed = true
    if (namespace === this.#namespace && namespace === outer) this.prefixed = true
  }
}
