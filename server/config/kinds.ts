// The kinds of values that a key can have: what each takes, and in which words it says what it expected.

import type { Config } from './shape.js'

/** Where the value of a key stands in a checked configuration. */
export type Of<T> = (config: Config) => T

export type Reading<T> =
  { readonly kind: 'value'; readonly value: T } | { readonly kind: 'problem'; readonly message: string }

export interface Described<T> {
  /** As a config file writes it, tables before a dot. */
  readonly name: string
  /** What it takes, in words. */
  readonly type: string
  readonly of: Of<T>
  /** What it does, for docs/configuration.md. */
  readonly means: string
  /** What holds where nobody sets it, in words. */
  readonly unset?: string
  /** Nobody is shown what it holds. */
  readonly isSecret?: true
}

export interface Key<T> extends Described<T> {
  /** @param environment where secrets given as `env:NAME` are looked up */
  readonly read: (raw: unknown, environment: NodeJS.ProcessEnv) => Reading<T>
}

export function value<T>(read: T): Reading<T> {
  return { kind: 'value', value: read }
}

export function problem(message: string): { readonly kind: 'problem'; readonly message: string } {
  return { kind: 'problem', message }
}

/** What was expected, and what was found instead. */
export function unexpected(expected: string, raw: unknown): { readonly kind: 'problem'; readonly message: string } {
  return problem(`expected ${expected}, not ${shown(raw)}`)
}

function shown(raw: unknown): string {
  if (raw instanceof Date) return 'a date'
  if (Array.isArray(raw)) return 'a list'
  if (typeof raw === 'object' && raw !== null) return 'a table'
  const text = typeof raw === 'string' ? JSON.stringify(raw) : String(raw)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

type Range = readonly [least: number, most: number]

export function integer(name: string, [least, most]: Range, of: Of<number>, means: string): Key<number> {
  const type = `a whole number from ${least} to ${most}`
  const read = (raw: unknown): Reading<number> =>
    typeof raw === 'number' && Number.isInteger(raw) && raw >= least && raw <= most ? value(raw) : unexpected(type, raw)
  return { name, type, of, means, read }
}

export function seconds(name: string, range: Range, of: Of<number>, means: string): Key<number> {
  return within(name, 'a number of seconds', range, of, means)
}

export function decimal(name: string, range: Range, of: Of<number>, means: string): Key<number> {
  return within(name, 'a number', range, of, means)
}

function within(name: string, what: string, [least, most]: Range, of: Of<number>, means: string): Key<number> {
  const type = `${what} from ${least} to ${most}`
  const read = (raw: unknown): Reading<number> =>
    typeof raw === 'number' && raw >= least && raw <= most ? value(raw) : unexpected(type, raw)
  return { name, type, of, means, read }
}

export function toggle(name: string, of: Of<boolean>, means: string): Key<boolean> {
  const type = 'true or false'
  const read = (raw: unknown): Reading<boolean> => (typeof raw === 'boolean' ? value(raw) : unexpected(type, raw))
  return { name, type, of, means, read }
}

export function choice<T extends string>(name: string, words: readonly T[], of: Of<T>, means: string): Key<T> {
  const quoted = words.map((word) => `"${word}"`)
  const type = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`
  const read = (raw: unknown): Reading<T> => {
    const found = words.find((word) => word === raw)
    return found === undefined ? unexpected(type, raw) : value(found)
  }
  return { name, type, of, means, read }
}

/** A text that `check` accepts: it gives the value, or undefined when the text is not of the type. */
export interface TextType<T> {
  readonly type: string
  readonly check: (text: string) => T | undefined
}

export function text<T>(name: string, { type, check }: TextType<NonNullable<T>>, of: Of<T>, means: string): Key<T> {
  const read = (raw: unknown): Reading<T> => {
    const checked = typeof raw === 'string' ? check(raw) : undefined
    return checked === undefined ? unexpected(type, raw) : value(checked)
  }
  return { name, type, of, means, read }
}
