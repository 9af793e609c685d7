// From what was written to what it means: line ends, references, attribute white space (XML 1.0 §2.11, §3.3.3, §4.1).
// The input has been proved well-formed, so every `&` here starts a legal reference.

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The meaning of character data. */
export function decodeText(raw: string): string {
  if (!raw.includes('&') && !raw.includes('\r')) return raw
  return raw.replace(/\r\n?|&([^;]+);/g, (_, name?: string) => (name === undefined ? '\n' : resolve(name)))
}

/** The meaning of an attribute's value: white space that was not written as a reference becomes a space. */
export function decodeValue(raw: string): string {
  return raw.replace(/\r\n|[\t\n\r]|&([^;]+);/g, (_, name?: string) => (name === undefined ? ' ' : resolve(name)))
}

/** The meaning of a CDATA section's inside: only its line ends are changed. */
export function decodeCdata(raw: string): string {
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
}

function resolve(name: string): string {
  if (!name.startsWith('#')) return entities.get(name) ?? ''
  const hexadecimal = name[1] === 'x'
  return String.fromCodePoint(parseInt(name.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10))
}
