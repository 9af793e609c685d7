// A log that remembers: a warning or error that a scenario did not announce fails it.

import { inspect } from 'node:util'
import type { Log, LogFields, LogLevel } from '../../server/log.js'

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields | undefined
  readonly reason: unknown
}

export class RecordedLog implements Log {
  readonly lines: LogLine[] = []
  readonly #expected = new Set<string>()

  debug(message: string, fields?: LogFields, reason?: unknown): void {
    this.#add('debug', message, fields, reason)
  }

  info(message: string, fields?: LogFields, reason?: unknown): void {
    this.#add('info', message, fields, reason)
  }

  warn(message: string, fields?: LogFields, reason?: unknown): void {
    this.#add('warn', message, fields, reason)
  }

  error(message: string, fields?: LogFields, reason?: unknown): void {
    this.#add('error', message, fields, reason)
  }

  /** Announces that a warning or error with this text will come, at least once. */
  expects(text: string): void {
    this.#expected.add(text)
  }

  /** What nobody announced, and what was announced and did not come; one line each. */
  problems(): readonly string[] {
    const grave = this.lines.filter(({ level }) => level === 'warn' || level === 'error')
    const announced = [...this.#expected]
    const unannounced = grave.filter(({ message }) => !announced.some((text) => message.includes(text)))
    const missing = announced.filter((text) => !grave.some(({ message }) => message.includes(text)))
    return [...unannounced.map(written), ...missing.map((text) => `the log was to say: ${text}`)]
  }

  #add(level: LogLevel, message: string, fields: LogFields | undefined, reason: unknown): void {
    this.lines.push({ level, message, fields, reason })
  }
}

function written({ level, message, fields, reason }: LogLine): string {
  const rest = [fields, reason].filter((part) => part !== undefined).map((part) => inspect(part))
  return [`log ${level}: ${message}`, ...rest].join(' ')
}
