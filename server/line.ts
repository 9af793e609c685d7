// Reads one line of a stream that somebody else writes: bounded, and UTF-8 or nothing.

import type { Readable } from 'node:stream'
import { faultCode } from './fault.js'

/** The stream did not bring one line. */
export class LineError extends Error {
  override readonly name = 'LineError'
}

const lineFeed = 0x0a

/**
 * The first line, without its end; also a last line that has no end. What follows it is not looked at. Leaves the stream open.
 * @param longest in bytes
 * @throws LineError when the line is longer, is not UTF-8, or there is none
 */
export async function readLine(stream: Readable, longest: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(stream)) {
    const end = chunk.indexOf(lineFeed)
    const part = end === -1 ? chunk : chunk.subarray(0, end)
    parts.push(part)
    size += part.length
    if (size > longest) throw new LineError(`the line is longer than ${longest} bytes`)
    if (end !== -1) return decode(parts)
  }
  if (size === 0) throw new LineError('there is no line')
  return decode(parts)
}

async function* chunksOf(stream: Readable): AsyncIterable<Uint8Array> {
  const chunks: AsyncIterable<Uint8Array> = stream.iterator({ destroyOnReturn: false })
  try {
    yield* chunks
  } catch (reason) {
    throw brokenOff.includes(faultCode(reason) ?? '') ? new LineError('the line breaks off') : reason
  }
}

const brokenOff: readonly string[] = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']

function decode(parts: readonly Uint8Array[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts)).replace(/\r$/, '')
  } catch {
    throw new LineError('the line is not UTF-8')
  }
}
