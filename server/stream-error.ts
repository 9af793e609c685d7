// Stream errors (RFC 6120 §4.9): unrecoverable, so whoever throws one ends the stream; the stream alone sends it.

import { el, serialize } from './xml.js'

const ERRORS_NS = 'urn:ietf:params:xml:ns:xmpp-streams'

export type StreamErrorCondition =
  | 'bad-format'
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'unsupported-stanza-type'
  | 'unsupported-version'

export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly condition: StreamErrorCondition
  readonly text: string | undefined

  /** @param text one sentence for a person, sent as `<text/>` (RFC 6120 §4.9.1) */
  constructor(condition: StreamErrorCondition, text?: string) {
    super(text === undefined ? condition : `${condition}: ${text}`)
    this.condition = condition
    this.text = text
  }
}

/** What stands in `<stream:error/>`. */
export function streamErrorContent({ condition, text }: StreamError): string {
  const parts = [el(condition, { xmlns: ERRORS_NS })]
  if (text !== undefined) parts.push(el('text', { xmlns: ERRORS_NS, 'xml:lang': 'en' }, text))
  return parts.map(serialize).join('')
}
