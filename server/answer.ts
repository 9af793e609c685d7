// The stanza that answers another: a result, or an error (RFC 6120 §8.2.3, §8.3).

import { Content, type Iq, type Stanza } from './stanza.js'
import { errorElement, type StanzaError } from './stanza-error.js'
import type { Element } from './xml.js'

export function resultOf(iq: Iq, payload: Element | undefined): Iq {
  const content = payload === undefined ? Content.empty : Content.of(payload)
  return {
    kind: 'iq',
    type: 'result',
    from: iq.to ?? iq.from.toBare(),
    to: iq.from,
    id: iq.id,
    lang: undefined,
    content,
  }
}

export function errorOf(stanza: Stanza, error: StanzaError): Stanza {
  const from = stanza.to ?? stanza.from.toBare()
  return { ...stanza, type: 'error', from, to: stanza.from, lang: undefined, content: Content.of(errorElement(error)) }
}
