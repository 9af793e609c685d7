// Reading what came as JSON from somewhere else: nothing is believed before it was looked at.

export type Fields = Readonly<Record<string, unknown>>

/** The object in a line of JSON; undefined for anything else. */
export function parseFields(line: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return isFields(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

export function isFields(raw: unknown): raw is Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
}

export function isText(raw: unknown): raw is string {
  return typeof raw === 'string'
}

export function isOptionalText(raw: unknown): raw is string | undefined {
  return raw === undefined || typeof raw === 'string'
}

export function isOptionalNumber(raw: unknown): raw is number | undefined {
  return raw === undefined || typeof raw === 'number'
}

export function isListOf<T>(raw: unknown, is: (one: unknown) => one is T): raw is readonly T[] {
  return Array.isArray(raw) && raw.every(is)
}

/** Every entry of a list, read; undefined when it is no list, or one of them is not what it should be. */
export function parseList<T>(raw: unknown, parse: (fields: Fields) => T | undefined): readonly T[] | undefined {
  if (!isListOf(raw, isFields)) return undefined
  const parsed = raw.flatMap((fields) => parse(fields) ?? [])
  return parsed.length === raw.length ? parsed : undefined
}

/** The word, if it is one of those. */
export function wordOf<T extends string>(raw: unknown, words: readonly T[]): T | undefined {
  return words.find((word) => word === raw)
}
