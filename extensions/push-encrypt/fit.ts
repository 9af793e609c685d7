// Makes the JSON of a sealed push fit its registration's max-size (tigase:push:encrypt:0 §4.2): what may be cut is cut,
// what may not is left out, in an order that leaves a person the most. Pure.

import type { OmemoPart, Summary } from '../push/hooks.js'

const tagBytes = 16
const ellipsis = '…'

/** How many bytes of JSON there is room for, so that base64(AES-GCM(JSON) ‖ tag) has at most `maxSize` bytes. */
export function roomIn(maxSize: number): number {
  return 3 * Math.floor(maxSize / 4) - tagBytes
}

/**
 * The JSON, or undefined if even the barest does not fit. First the body is cut; OMEMO data cannot be cut, so it is left out
 * whole; then the nickname goes; then the message is `…`.
 */
export function fitted(summary: Summary, maxSize: number): string | undefined {
  const room = roomIn(maxSize)
  const nameless: Summary = { ...summary, nickname: undefined }
  for (const part of summary.omemo) {
    const json = cutToFit(summary, part, room)
    if (json !== undefined) return json
  }
  return (
    cutToFit(summary, undefined, room) ??
    cutToFit(nameless, undefined, room) ??
    ifFits(jsonOf({ ...nameless, message: ellipsis }, undefined), room)
  )
}

/** A fixed sentence is whole or not there; of what somebody wrote at least the first character that a reader sees stays. */
function cutToFit(summary: Summary, omemo: OmemoPart | undefined, room: number): string | undefined {
  const whole = jsonOf(summary, omemo)
  if (!summary.isWritten || Buffer.byteLength(whole) <= room) return ifFits(whole, room)
  const left = room - Buffer.byteLength(jsonOf({ ...summary, message: ellipsis }, omemo))
  const message = cut(summary.message, left)
  return message === '' ? undefined : jsonOf({ ...summary, message: message + ellipsis }, omemo)
}

function ifFits(json: string, room: number): string | undefined {
  return Buffer.byteLength(json) <= room ? json : undefined
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** As many whole graphemes from the start as have at most `bytes` bytes in JSON. */
function cut(message: string, bytes: number): string {
  const end = endWithin(message, bytes)
  if (end === message.length) return message
  // Whether a grapheme ends here is told by what stands before and by one character after. Asked for one place alone: going
  // through all segments of a long text takes time by the square of its length.
  const around = graphemes.segment(message.slice(0, end + 2)).containing(end)
  return message.slice(0, around?.index ?? 0)
}

/** Where the last character ends that has room within `bytes` bytes of JSON. */
function endWithin(message: string, bytes: number): number {
  let end = 0
  let left = bytes
  for (const character of message) {
    left -= jsonBytes(character)
    if (left < 0) break
    end += character.length
  }
  return end
}

function jsonBytes(character: string): number {
  return /^[ !#-[\]-~]$/.test(character) ? 1 : Buffer.byteLength(JSON.stringify(character)) - 2
}

function jsonOf(
  { unread, sender, type, message, nickname, sid, media, id }: Summary,
  omemo: OmemoPart | undefined,
): string {
  return JSON.stringify({ unread, sender, type, message, nickname, sid, media, id, omemo })
}
