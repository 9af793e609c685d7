// Which characters XML allows where (XML 1.0, fifth edition, §2.2 and §2.3).

/** The namespace that the prefix `xml` always means (Namespaces in XML §3). */
export const XML_NS = 'http://www.w3.org/XML/1998/namespace'
/** The namespace that the prefix `xmlns` always means. */
export const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'

export const TAB = 0x09
export const LINE_FEED = 0x0a
export const CARRIAGE_RETURN = 0x0d
export const SPACE = 0x20
export const EXCLAMATION_MARK = 0x21
export const QUOTE = 0x22
export const HASH = 0x23
export const AMPERSAND = 0x26
export const APOSTROPHE = 0x27
export const SLASH = 0x2f
export const COLON = 0x3a
export const SEMICOLON = 0x3b
export const LESS_THAN = 0x3c
export const EQUALS = 0x3d
export const GREATER_THAN = 0x3e
export const QUESTION_MARK = 0x3f
export const RIGHT_BRACKET = 0x5d

/** White space, production S. */
export function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === TAB || code === CARRIAGE_RETURN
}

/** Production Char, for a whole code point. */
export function isXmlCharacter(point: number): boolean {
  if (point < SPACE) return isSpace(point)
  return point < 0xd800 || (point > 0xdfff && point < 0xfffe) || (point > 0xffff && point < 0x110000)
}

const nameStartRanges = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
] as const

/** Production NameStartChar without the colon, which separates the parts of a qualified name. */
export function isNameStart(point: number): boolean {
  if (point < 0x80) return isAsciiNameStart(point)
  return nameStartRanges.some(([first, last]) => point >= first && point <= last)
}

/** Production NameChar without the colon. */
export function isNameCharacter(point: number): boolean {
  if (point < 0x80) return isAsciiNameCharacter(point)
  if (point === 0xb7 || (point >= 0x300 && point <= 0x36f) || point === 0x203f || point === 0x2040) return true
  return isNameStart(point)
}

/** The ASCII part of NameStartChar. */
export function isAsciiNameStart(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || code === 0x5f
}

/** The ASCII part of NameChar: nearly every character of nearly every name. */
export function isAsciiNameCharacter(code: number): boolean {
  return isAsciiNameStart(code) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e
}
