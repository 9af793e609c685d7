// What has to be written as a reference (XML 1.0 §2.4, §2.11, §3.3.3), and what cannot be written at all (§2.2).

const references: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\t', '&#9;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
])

/** Nearly every address and name: it stays as it is, for a fraction of what looking for special characters costs. */
const plain = /^[ !#-%'-;=?-~]*$/

// The second half matches what is no XML character, a lone surrogate included. It has no reference, so it is dropped.
const specialInText = /[&<>\r]|[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu
const specialInAttribute = /[&<>"\t\n\r]|[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

/** Character data that any parser reads back as `text`, without the characters that XML cannot carry. */
export function escapeText(text: string): string {
  return plain.test(text) ? text : text.replace(specialInText, refer)
}

/** The same for a value between double quotes. */
export function escapeAttribute(value: string): string {
  return plain.test(value) ? value : value.replace(specialInAttribute, refer)
}

function refer(character: string): string {
  return references.get(character) ?? ''
}
