// What commands print on stdout: lines, JSON, aligned tables.

import { visibleLine } from '../visible.js'

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** For what is no answer to what was asked, but should be known: on stderr. */
export function printNote(line: string): void {
  process.stderr.write(`sealpost: ${line}\n`)
}

/** RFC 3339, UTC. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

/** Columns as wide as their widest cell, two spaces apart. What strangers wrote into a cell cannot command the terminal. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const safe = rows.map((row) => row.map(visibleLine))
  const widths = (safe[0] ?? []).map((_cell, column) => Math.max(...safe.map((row) => (row[column] ?? '').length)))
  return safe.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
