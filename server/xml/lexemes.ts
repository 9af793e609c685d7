// Where a name, a text, a value or a reference ends: each function takes an offset and gives the one after (XML 1.0 §2, §4.1).

import {
  AMPERSAND,
  APOSTROPHE,
  CARRIAGE_RETURN,
  COLON,
  HASH,
  isAsciiNameCharacter,
  isNameCharacter,
  isNameStart,
  isSpace,
  isXmlCharacter,
  LESS_THAN,
  LINE_FEED,
  QUOTE,
  RIGHT_BRACKET,
  SEMICOLON,
  SPACE,
  TAB,
} from './characters.js'
import { notWellFormed } from './error.js'

/** The offset of the first character that is not white space. */
export function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/**
 * The end of a qualified name (Namespaces in XML §4).
 * @throws XmlError if none starts here, or its colon stands where it must not
 */
export function endOfName(text: string, from: number): number {
  const end = endOfNcName(text, from)
  if (text.charCodeAt(end) !== COLON) return end
  const last = endOfNcName(text, end + 1)
  if (text.charCodeAt(last) === COLON) throw notWellFormed('a name has two colons', last)
  return last
}

function endOfNcName(text: string, from: number): number {
  const first = text.codePointAt(from)
  if (first === undefined || !isNameStart(first)) throw notWellFormed('a name is missing or starts wrongly', from)
  let at = from + (first > 0xffff ? 2 : 1)
  for (;;) {
    const code = text.charCodeAt(at)
    if (isAsciiNameCharacter(code)) at++
    else if (code < 0x80 || Number.isNaN(code)) return at
    else {
      const point = text.codePointAt(at) ?? 0
      if (!isNameCharacter(point)) return at
      at += point > 0xffff ? 2 : 1
    }
  }
}

/**
 * The end of character data: the next `<`, or the end of the text (XML 1.0 §2.4).
 * @throws XmlError for `]]>`, a wrong reference or a character that XML does not know
 */
export function endOfText(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (isPlain(code) && code !== RIGHT_BRACKET) at++
    else if (code === LESS_THAN || at >= text.length) return at
    else if (code === AMPERSAND) at = afterReference(text, at)
    else {
      if (code === RIGHT_BRACKET && text.startsWith(']]>', at)) throw notWellFormed(']]> stands in a text', at)
      at = afterCharacter(text, at)
    }
  }
}

/**
 * The offset of the quote that closes an attribute's value (production AttValue).
 * @param quote the character code of the quote that opened it
 * @throws XmlError for `<`, a wrong reference, a wrong character, or if the quote never comes
 */
export function endOfValue(text: string, from: number, quote: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (isPlain(code)) at++
    else if (code === LESS_THAN) throw notWellFormed('< stands in the value of an attribute', at)
    else at = code === AMPERSAND ? afterReference(text, at) : afterCharacter(text, at)
  }
}

/**
 * The offset of the `]]>` that ends a CDATA section (XML 1.0 §2.7).
 * @throws XmlError if it never comes or a character before it is wrong
 */
export function endOfCdata(text: string, from: number): number {
  let at = from
  while (!(text.charCodeAt(at) === RIGHT_BRACKET && text.startsWith(']]>', at))) at = afterCharacter(text, at)
  return at
}

/** Whether a value has nothing to resolve and nothing to normalise. */
export function isLiteral(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code === AMPERSAND || code < SPACE) return false
  }
  return true
}

/** The common case: printable, in the lower part of Unicode, and no markup. */
function isPlain(code: number): boolean {
  if (code < SPACE) return code === LINE_FEED || code === TAB || code === CARRIAGE_RETURN
  return code < 0xd800 && code !== AMPERSAND && code !== LESS_THAN
}

function afterCharacter(text: string, at: number): number {
  const point = text.codePointAt(at)
  if (point === undefined) throw notWellFormed('the text ends too early', at)
  if (!isXmlCharacter(point)) throw notWellFormed('a character that XML does not allow', at)
  return at + (point > 0xffff ? 2 : 1)
}

const predefined = ['amp;', 'lt;', 'gt;', 'quot;', 'apos;'] as const

/** Without a DTD, only the five predefined entities are declared (XML 1.0 §4.6, RFC 6120 §11.1). */
function afterReference(text: string, from: number): number {
  if (text.charCodeAt(from + 1) === HASH) return afterCharacterReference(text, from)
  const entity = predefined.find((name) => text.startsWith(name, from + 1))
  if (entity === undefined) throw notWellFormed('a reference to something that is not declared', from)
  return from + 1 + entity.length
}

function afterCharacterReference(text: string, from: number): number {
  const hexadecimal = text[from + 2] === 'x'
  const start = from + (hexadecimal ? 3 : 2)
  const radix = hexadecimal ? 16 : 10
  let point = 0
  let at = start
  for (let digit = digitOf(text.charCodeAt(at)); digit < radix; digit = digitOf(text.charCodeAt(++at))) {
    // Leading zeros are legal without end; a value beyond Unicode only has to stay beyond it.
    point = Math.min(point * radix + digit, 0x110000)
  }
  const complete = at > start && text.charCodeAt(at) === SEMICOLON
  if (!complete || !isXmlCharacter(point)) throw notWellFormed('a wrong character reference', from)
  return at + 1
}

/** The value of a digit; for anything else a number that no radix reaches. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 99
}

/** Whether the character opens the value of an attribute. */
export function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE
}
