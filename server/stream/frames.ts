// The frames that are not stanzas (RFC 7395 §3.3–3.6): header, features, error, close.

import { randomUUID } from 'node:crypto'
import { streamErrorContent, type StreamError } from '../stream-error.js'
import { type Element, escapeAttribute, serialize } from '../xml.js'

export const FRAMING_NS = 'urn:ietf:params:xml:ns:xmpp-framing'
const STREAMS_NS = 'http://etherx.jabber.org/streams'

/** Strophe and Converse know a close by exactly these bytes. */
export const closeFrame = `<close xmlns="${FRAMING_NS}" />`

export function openFrame(from: string): string {
  return `<open xmlns="${FRAMING_NS}" from="${escapeAttribute(from)}" id="${randomUUID()}" version="1.0" xml:lang="en"/>`
}

export function featuresFrame(features: readonly Element[]): string {
  return `<stream:features xmlns:stream="${STREAMS_NS}">${features.map(serialize).join('')}</stream:features>`
}

export function errorFrame(error: StreamError): string {
  return `<stream:error xmlns:stream="${STREAMS_NS}">${streamErrorContent(error)}</stream:error>`
}
