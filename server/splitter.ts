// A TCP stream cut into its header, its stanzas and its end (RFC 6120 §4.2 to §4.4, XEP-0114), whatever the chunks are.
// It only finds borders and looks at no character twice; each stanza is proved by `readFrame`.

import {
  APOSTROPHE,
  EXCLAMATION_MARK,
  GREATER_THAN,
  isSpace,
  LESS_THAN,
  QUESTION_MARK,
  QUOTE,
  RIGHT_BRACKET,
  SLASH,
} from './xml/characters.js'
import { notWellFormed, XmlError } from './xml/error.js'
import { readHeader, type StreamHeader } from './xml/header.js'

export type StreamPart =
  | ({ readonly kind: 'open' } & StreamHeader)
  /** The text of one element, for `readFrame` with what the header declares. */
  | { readonly kind: 'stanza'; readonly text: string }
  | { readonly kind: 'close' }

export interface SplitterLimits {
  /** How many bytes of UTF-8 the header or one stanza may have. */
  readonly bytes: number
  /** How deep elements may stand in a stanza; the stanza itself is 1. */
  readonly depth: number
}

/** Where in the markup the text read so far ends. */
type State = 'text' | 'markup' | 'tag' | 'quote' | 'end-tag' | 'exclamation' | 'cdata' | 'declaration' | 'closed'

const CDATA = '[CDATA['
const XML_DECLARATION =
  /^<\?xml\s+version\s*=\s*(["'])1\.\d+\1(\s+encoding\s*=\s*(["'])utf-8\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*\?>$/i
const LONGEST_DECLARATION = 256

export class StreamSplitter {
  readonly #limits: SplitterLimits
  #parts: StreamPart[] = []
  #state: State = 'text'
  /** Of the stanza, header or end tag that is not complete: its text so far, in the pieces that came. */
  #pieces: string[] = []
  #bytes = 0
  /** How many elements are open, the stream not counted. */
  #depth = 0
  #streamName: string | undefined
  #quote = QUOTE
  #slashBefore = false
  #brackets = 0
  #matched = 0
  #begun = false

  constructor(limits: SplitterLimits) {
    this.#limits = limits
  }

  /**
   * Takes the next piece of the stream, cut anywhere.
   * @returns what is complete now, in order
   * @throws XmlError, after which the stream is over: what was complete in the same piece is lost with it
   */
  push(text: string): StreamPart[] {
    this.#parts = []
    let from = 0
    for (let at = 0; at < text.length; at++) {
      if (this.#state === 'text') {
        at = this.#skipText(text, at)
        if (at === text.length) break
        if (this.#depth === 0) from = at
      }
      if (this.#step(text.charCodeAt(at))) {
        this.#keep(text.slice(from, at + 1))
        this.#finish()
        from = at + 1
      }
    }
    if (this.#inside()) this.#keep(text.slice(from))
    return this.#parts
  }

  /** The next `<`; between stanzas only white space may come before it (RFC 6120 §4.6.1). */
  #skipText(text: string, from: number): number {
    if (this.#depth > 0) {
      const next = text.indexOf('<', from)
      return next < 0 ? text.length : next
    }
    let at = from
    while (isSpace(text.charCodeAt(at))) at++
    if (at > from) this.#begun = true
    if (at < text.length && text.charCodeAt(at) !== LESS_THAN) throw notWellFormed('text stands between stanzas', at)
    return at
  }

  /** Whether the character ends a header, a stanza or the stream. */
  #step(code: number): boolean {
    switch (this.#state) {
      case 'text':
        this.#state = 'markup'
        return false
      case 'markup':
        return this.#markup(code)
      case 'tag':
        return this.#tag(code)
      case 'quote':
        if (code === this.#quote) this.#state = 'tag'
        return false
      case 'end-tag':
        return code === GREATER_THAN && this.#leave()
      case 'exclamation':
        return this.#exclamation(code)
      case 'cdata':
        return this.#cdata(code)
      case 'declaration':
        return code === GREATER_THAN
      case 'closed':
        if (!isSpace(code)) throw notWellFormed('something follows the end of the stream', 0)
        return false
    }
  }

  #markup(code: number): boolean {
    if (code === QUESTION_MARK) return this.#declaration()
    this.#begun = true
    this.#matched = 0
    this.#slashBefore = false
    if (code === SLASH) this.#state = 'end-tag'
    else if (code === EXCLAMATION_MARK) this.#state = 'exclamation'
    else return this.#enter(code)
    return false
  }

  #declaration(): boolean {
    if (this.#begun) throw new XmlError('restricted-xml', 'processing instructions are not allowed')
    this.#begun = true
    this.#state = 'declaration'
    return false
  }

  #enter(code: number): boolean {
    if (code === GREATER_THAN || isSpace(code)) throw notWellFormed('a tag has no name', 0)
    this.#state = 'tag'
    if (this.#streamName === undefined) return false
    this.#depth++
    if (this.#depth > this.#limits.depth) throw new XmlError('policy-violation', 'elements are nested too deeply')
    return false
  }

  #tag(code: number): boolean {
    if (code === GREATER_THAN) {
      this.#state = 'text'
      if (this.#streamName === undefined) return true
      return this.#slashBefore && this.#leave()
    }
    this.#slashBefore = code === SLASH
    if (code === QUOTE || code === APOSTROPHE) {
      this.#quote = code
      this.#state = 'quote'
    }
    return false
  }

  /** An end: of an element inside, of a stanza, or of the stream. */
  #leave(): boolean {
    this.#state = 'text'
    this.#depth--
    return this.#depth <= 0
  }

  #exclamation(code: number): boolean {
    const expected = CDATA.charCodeAt(this.#matched)
    if (code !== expected || this.#depth === 0) throw refused(code, this.#matched)
    this.#matched++
    if (this.#matched === CDATA.length) {
      this.#state = 'cdata'
      this.#brackets = 0
    }
    return false
  }

  #cdata(code: number): boolean {
    if (code === GREATER_THAN && this.#brackets >= 2) this.#state = 'text'
    this.#brackets = code === RIGHT_BRACKET ? this.#brackets + 1 : 0
    return false
  }

  #inside(): boolean {
    return this.#depth > 0 || (this.#state !== 'text' && this.#state !== 'closed')
  }

  #keep(piece: string): void {
    this.#bytes += Buffer.byteLength(piece)
    const declared = this.#state === 'declaration' ? LONGEST_DECLARATION : this.#limits.bytes
    if (this.#bytes > declared) throw new XmlError('policy-violation', 'a stanza is too long')
    this.#pieces.push(piece)
  }

  #finish(): void {
    const text = this.#pieces.join('')
    this.#pieces = []
    this.#bytes = 0
    if (this.#state === 'declaration') this.#finishDeclaration(text)
    else if (this.#streamName === undefined) this.#open(text)
    else if (this.#depth < 0) this.#close(text)
    else this.#parts.push({ kind: 'stanza', text })
  }

  #finishDeclaration(text: string): void {
    this.#state = 'text'
    if (XML_DECLARATION.test(text)) return
    if (/^<\?xml\s/.test(text)) throw notWellFormed('the XML declaration is wrong', 0)
    throw new XmlError('restricted-xml', 'processing instructions are not allowed')
  }

  #open(text: string): void {
    if (text.startsWith('</')) throw notWellFormed('the stream ends before it starts', 0)
    const { written, ...header } = readHeader(text)
    this.#streamName = written
    this.#parts.push({ kind: 'open', ...header })
    if (this.#slashBefore) this.#end()
  }

  #close(text: string): void {
    if (text.slice(2, -1).trimEnd() !== this.#streamName) throw notWellFormed('an end tag does not match', 0)
    this.#end()
  }

  #end(): void {
    this.#state = 'closed'
    this.#depth = 0
    this.#parts.push({ kind: 'close' })
  }
}

/** `<!--` and `<!DOCTYPE` are XML that streams may not have (RFC 6120 §11.1); what else starts like this is none. */
function refused(code: number, matched: number): XmlError {
  const letter = code >= 0x41 && code <= 0x5a
  if (matched === 0 && (code === 0x2d || letter)) {
    return new XmlError('restricted-xml', 'comments and document type declarations are not allowed')
  }
  return notWellFormed('markup that XML does not know', 0)
}
