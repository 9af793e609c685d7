// What the rest of the server knows of a logger. Keys, passwords and message bodies never go into one.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** `message` is a fixed sentence; what varies goes into `fields`, and a fault into `reason`. */
export interface Log {
  debug(message: string, fields?: LogFields, reason?: unknown): void
  info(message: string, fields?: LogFields, reason?: unknown): void
  warn(message: string, fields?: LogFields, reason?: unknown): void
  error(message: string, fields?: LogFields, reason?: unknown): void
}

const ignore = (): void => undefined

export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
