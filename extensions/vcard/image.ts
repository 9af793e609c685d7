// Pictures of people: Base64 as it stands in XML, and the hash that they are known by (XEP-0153 §3, XEP-0084 §4.1).

import { createHash } from 'node:crypto'

export interface Image {
  /** Without white space. */
  readonly base64: string
  readonly bytes: number
  /** SHA-1 of the image, in hexadecimal. */
  readonly hash: string
}

/** Undefined for what is no Base64, or nothing. White space between is no matter (XEP-0153 §4.3). */
export function readImage(text: string): Image | undefined {
  const base64 = text.replace(/[ \t\r\n]+/g, '')
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const image = Buffer.from(base64, 'base64')
  return { base64, bytes: image.length, hash: createHash('sha1').update(image).digest('hex') }
}

/** The media type as it was given; what is none is `image/png`, which everybody has to support. */
export function mediaType(given: string | undefined): string {
  const type = given?.trim() ?? ''
  return /^image\/[\w.+-]{1,40}$/.test(type) ? type : 'image/png'
}
