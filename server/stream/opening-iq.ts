// RFC 6120 §7: what a client may ask between its login and the binding of a resource.

import type { Log } from '../log.js'
import { jidOf } from '../jid.js'
import type { OpeningStream } from '../extension.js'
import type { Registry } from '../registry.js'
import { asStanzaError } from '../stanza-fault.js'
import { Content, type Iq, isRequest, readStanza, requestOf } from '../stanza.js'
import { errorElement, StanzaError } from '../stanza-error.js'
import { escapeAttribute, type Frame } from '../xml.js'

export interface OpeningIqParts {
  readonly registry: Registry
  readonly log: Log
}

/** Gives the answer, or undefined for what is not to be answered. */
export async function answerOpeningIq(
  frame: Frame,
  stream: OpeningStream,
  { registry, log }: OpeningIqParts,
): Promise<Iq | undefined> {
  const server = jidOf(undefined, stream.domain)
  const id = frame.attributes.get('id') ?? ''
  const head = { kind: 'iq', from: server, to: undefined, id, lang: undefined } as const
  try {
    const iq = readStanza(frame, server)
    if (iq.kind !== 'iq' || !isRequest(iq)) return undefined
    const handle = iq.type === 'set' ? handlerOf(iq.content, registry) : undefined
    if (handle === undefined) throw new StanzaError('not-authorized', 'bind a resource first')
    const payload = await handle(requestOf(iq).payload, stream)
    return { ...head, type: 'result', content: payload === undefined ? Content.empty : Content.of(payload) }
  } catch (reason) {
    const asked = { ...head, type: 'set', content: Content.empty } as const
    return { ...head, type: 'error', content: Content.of(errorElement(asStanzaError(reason, asked, log))) }
  }
}

/** As RFC 6120 §7.6.1 shows it, without `from`: Stanza, which has no JID yet, takes no answer that bears one. */
export function writeOpeningAnswer({ type, id, content }: Iq): string {
  const start = `<iq xmlns="jabber:client" type="${type}" id="${escapeAttribute(id)}"`
  return content.inner === '' ? `${start}/>` : `${start}>${content.inner}</iq>`
}

function handlerOf(content: Content, registry: Registry): ReturnType<Registry['openingIq']> {
  const payload = content.children[0]
  return payload && registry.openingIq(payload.namespace, payload.name)
}
