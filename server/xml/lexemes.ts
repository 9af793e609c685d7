// Where a name, a text, a value or a reference ends: each function takes an offset and gives the one after (XML 1.0 §2, §4.1).

import {
  AMPERSAND,
  APOSTROPHE,
  COLON,
  HASH,
  isAsciiNameCharacter,
  isAsciiNameStart,
  isNameCharacter,
  isNameStart,
  isSpace,
  isXmlCharacter,
  LESS_THAN,
  QUOTE,
  RIGHT_BRACKET,
  SEMICOLON,
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
  let at = afterNameStart(text, from)
  for (;;) {
    const code = text.charCodeAt(at)
    if (isAsciiNameCharacter(code)) at++
    else if (code > 0x7f) {
      const point = text.codePointAt(at) ?? 0
      if (!isNameCharacter(point)) return at
      at += point > 0xffff ? 2 : 1
    } else return at
  }
}

function afterNameStart(text: string, from: number): number {
  if (isAsciiNameStart(text.charCodeAt(from))) return from + 1
  const first = text.codePointAt(from)
  if (first === undefined || !isNameStart(first)) throw notWellFormed('a name is missing or starts wrongly', from)
  return from + (first > 0xffff ? 2 : 1)
}

// A regular expression runs over plain text several times faster than a loop in JavaScript does.
const specialInText = /[^\t\n\r -%'-;=-\\^-\ud7ff\ue000-\ufffd]/g
const specialInValue = /[^ -%'-;=-\ud7ff\ue000-\ufffd]/

/**
 * The end of character data: the next `<`, or the end of the text (XML 1.0 §2.4).
 * @throws XmlError for `]]>`, a wrong reference or a character that XML does not know
 */
export function endOfText(text: string, from: number): number {
  let at = from
  for (;;) {
    specialInText.lastIndex = at
    if (!specialInText.test(text)) return text.length
    at = specialInText.lastIndex - 1
    const code = text.charCodeAt(at)
    if (code === LESS_THAN) return at
    if (code === AMPERSAND) at = afterReference(text, at)
    else if (code !== RIGHT_BRACKET) at = afterCharacter(text, at)
    else if (text.startsWith(']]>', at)) throw notWellFormed(']]> stands in a text', at)
    else at++
  }
}

/** Whether an attribute's value is legal and means what is written: nothing to resolve, nothing to normalise. */
export function isLiteral(raw: string): boolean {
  return !specialInValue.test(raw)
}

/**
 * Proves that the rest of an attribute's value is legal (production AttValue).
 * @param end the offset of the quote that closes it
 * @throws XmlError for `<`, a wrong reference or a wrong character
 */
export function checkValue(text: string, from: number, end: number): void {
  let at = from
  while (at < end) {
    const code = text.charCodeAt(at)
    if (code === LESS_THAN) throw notWellFormed('< stands in the value of an attribute', at)
    at = code === AMPERSAND ? afterReference(text, at) : afterCharacter(text, at)
  }
}

/**
 * The offset of the `]]>` that ends a CDATA section (XML 1.0 §2.7).
 * @throws XmlError if it never comes or a character before it is wrong
 */
export function endOfCdata(text: string, from: number): number {
  const end = text.indexOf(']]>', from)
  if (end < 0) throw notWellFormed('a CDATA section is not closed', from)
  let at = from
  while (at < end) at = afterCharacter(text, at)
  return end
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
