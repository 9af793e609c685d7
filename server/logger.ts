// The log of the process: pino's lines on stderr, for a person or as JSON. Nothing of it can command a terminal.

import { destination, pino, stdTimeFunctions, type DestinationStream } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogConfig } from './config.js'
import { faultCode } from './fault.js'
import type { Log, LogFields } from './log.js'
import { visibleLine, visibleText } from './visible.js'

const standardError = 2

/**
 * A log that writes each line before it returns, so that none is lost when the process ends.
 * @param sink where the lines go; stderr unless told
 */
export function createLogger(config: LogConfig, sink: DestinationStream = stderrSink()): Log {
  const lines = pino(
    {
      level: config.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    config.format === 'json' ? sink : prettyTo(sink),
  )
  const write =
    (level: keyof Log) =>
    (message: string, fields?: LogFields, reason?: unknown): void =>
      lines[level](entry(fields, reason), message)
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function stderrSink(): DestinationStream {
  const sink = destination({ dest: standardError, sync: true })
  // Nobody reads the log any more: that is no reason to end the server.
  sink.on('error', () => undefined)
  return sink
}

function prettyTo(sink: DestinationStream): DestinationStream {
  const format = prettyFactory({
    colorize: process.stderr.isTTY,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    errorLikeObjectKeys: ['err'],
  })
  return { write: (line) => sink.write(format(line)) }
}

function entry(fields: LogFields = {}, reason: unknown): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) shown[name] = typeof field === 'string' ? oneLine(field) : field
  return reason === undefined ? shown : { ...shown, err: describe(reason) }
}

function describe(reason: unknown): Readonly<Record<string, unknown>> {
  if (!(reason instanceof Error)) return { type: typeof reason, message: oneLine(String(reason)), stack: '' }
  const code = faultCode(reason)
  const described = { type: reason.name, message: oneLine(reason.message), stack: visibleText(cut(reason.stack ?? '')) }
  return code === undefined ? described : { ...described, code }
}

const longest = 4000

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

function oneLine(text: string): string {
  return visibleLine(cut(text))
}
