// Where each key of a TOML document stands: its parser tells values, not places. Runs only on text that the parser accepted.

/** A path of keys as one string: `\0` cannot stand in a TOML document, so no two paths look alike. */
export function pathId(path: readonly string[]): string {
  return path.join('\0')
}

/** The line, counted from 1, at which each key, table and key of an inline table first stands; by `pathId`. */
export function keyLines(toml: string): ReadonlyMap<string, number> {
  const scan = new Scan(toml)
  let table: readonly string[] = []
  for (scan.skipBlank(); !scan.atEnd(); scan.skipBlank()) {
    if (scan.peek() === '[') table = scan.header()
    else scan.pair(table)
  }
  return scan.lines
}

class Scan {
  readonly lines = new Map<string, number>()
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  peek(): string {
    return this.#text.charAt(this.#at)
  }

  /** White space, line ends, comments and the commas of lists. */
  skipBlank(): void {
    for (; !this.atEnd() && ' \t\r\n,#'.includes(this.peek()); this.#step()) {
      if (this.peek() === '#') this.#skipComment()
    }
  }

  /** `[a.b]` or `[[a.b]]`: gives the path of the table. */
  header(): readonly string[] {
    while (this.peek() === '[') this.#step()
    const path = this.#keyPath([])
    while (this.peek() === ']') this.#step()
    return path
  }

  /** `a.b = value`. */
  pair(table: readonly string[]): void {
    const path = this.#keyPath(table)
    this.#step()
    this.#value(path)
  }

  /** Keys and dots; stops at what ends them: `=` or `]`. Notes the line of each step of the path. */
  #keyPath(above: readonly string[]): readonly string[] {
    let path = above
    for (this.#skipSpace(); !this.atEnd() && !'=]'.includes(this.peek()); this.#skipSpace()) {
      if (this.peek() === '.') this.#step()
      else path = this.#note([...path, this.#key()])
    }
    return path
  }

  #note(path: readonly string[]): readonly string[] {
    const id = pathId(path)
    if (!this.lines.has(id)) this.lines.set(id, this.#line)
    return path
  }

  #key(): string {
    const quote = this.peek()
    if (quote === '"' || quote === "'") return this.#quotedKey(quote)
    const start = this.#at
    while (!this.atEnd() && !' \t.=]'.includes(this.peek())) this.#step()
    return this.#text.slice(start, this.#at)
  }

  #quotedKey(quote: string): string {
    const start = this.#at
    this.#string(quote)
    const inner = this.#text.slice(start + 1, this.#at - 1)
    return quote === '"' ? unescape(inner) : inner
  }

  #value(path: readonly string[]): void {
    this.skipBlank()
    const first = this.peek()
    if (first === '"' || first === "'") this.#string(first)
    else if (first === '[') this.#list(path)
    else if (first === '{') this.#inlineTable(path)
    else while (!this.atEnd() && !',]}#\n'.includes(this.peek())) this.#step()
  }

  #list(path: readonly string[]): void {
    this.#step()
    for (this.skipBlank(); !this.atEnd() && this.peek() !== ']'; this.skipBlank()) this.#value(path)
    this.#step()
  }

  #inlineTable(path: readonly string[]): void {
    this.#step()
    for (this.skipBlank(); !this.atEnd() && this.peek() !== '}'; this.skipBlank()) this.pair(path)
    this.#step()
  }

  /** A string of one line or, with three quotes, of several. */
  #string(quote: string): void {
    const long = this.#text.startsWith(quote.repeat(3), this.#at)
    const end = long ? quote.repeat(3) : quote
    this.#step(end.length)
    while (!this.atEnd() && !this.#text.startsWith(end, this.#at)) {
      this.#step(quote === '"' && this.peek() === '\\' ? 2 : 1)
    }
    this.#step(end.length)
    // A long string may end in up to two quotes of its own before the three that close it.
    if (long) while (this.peek() === quote) this.#step()
  }

  #skipSpace(): void {
    while (this.peek() === ' ' || this.peek() === '\t') this.#step()
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = (end === -1 ? this.#text.length : end) - 1
  }

  #step(count = 1): void {
    for (let left = count; left > 0; left -= 1) {
      if (this.peek() === '\n') this.#line += 1
      this.#at += 1
    }
  }
}

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b' }

function unescape(quoted: string): string {
  return quoted.replace(/\\(?:x([0-9A-F]{2})|u([0-9A-F]{4})|U([0-9A-F]{8})|(.))/gi, (_all, x, u, U, other) => {
    const code: unknown = x ?? u ?? U
    if (typeof code === 'string') return String.fromCodePoint(Number.parseInt(code, 16))
    return escapes[String(other)] ?? String(other)
  })
}
