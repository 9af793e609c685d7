// One value that somebody set, before it is checked: in a file, by a flag, or as an option of the library.

/** What a name stands for: a table of keys, a table of free entries, a key, or nothing that this version knows. */
export type Place =
  | { readonly kind: 'section' }
  | { readonly kind: 'entries'; readonly key: string }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'unknown'; readonly message: string }

export interface Setting {
  readonly place: Place
  /** Of a table of free entries (`components`), which entry. */
  readonly entry: string | undefined
  /** The name as its source writes it. */
  readonly name: string
  readonly value: unknown
  readonly file: string | undefined
  readonly line: number | undefined
}

export type Table = Readonly<Record<string, unknown>>

/** A nested record, but no list and no date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

type Path = readonly string[]

/** How a nested source names things. */
export interface Source {
  readonly placeOf: (path: Path) => Place
  readonly nameOf: (path: Path) => string
  readonly file: string | undefined
  readonly lineOf: (path: Path) => number | undefined
}

/** Takes a nested source apart: one setting for each value that somebody set. */
export function settingsOf(table: Table, source: Source, above: Path = []): readonly Setting[] {
  return Object.entries(table).flatMap(([segment, value]) => settingsAt(value, source, [...above, segment]))
}

function settingsAt(value: unknown, source: Source, path: Path): readonly Setting[] {
  if (value === undefined) return []
  const place = source.placeOf(path)
  const at = (inner: unknown, entry?: string): Setting => {
    const whole = entry === undefined ? path : [...path, entry]
    return { place, entry, value: inner, name: source.nameOf(whole), file: source.file, line: source.lineOf(whole) }
  }
  if (place.kind === 'section' && isTable(value)) return settingsOf(value, source, path)
  if (place.kind === 'entries' && isTable(value)) return Object.entries(value).map(([entry, inner]) => at(inner, entry))
  return [at(value)]
}
