// What SASL messages look like inside an element: base64, and '=' for "empty" (RFC 6120 §6.4.2).

import { SaslFailure } from './failure.js'

/** No white space, no missing padding, no bits to spare (RFC 6120 §13.9.1). @throws SaslFailure `incorrect-encoding` */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new SaslFailure('incorrect-encoding')
  return bytes
}

/** @throws SaslFailure `incorrect-encoding` */
export function readData(text: string): Buffer {
  return text === '=' ? Buffer.alloc(0) : decodeBase64(text)
}

/** @throws SaslFailure `malformed-request` for bytes that are not UTF-8 */
export function readText(data: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    throw new SaslFailure('malformed-request')
  }
}
