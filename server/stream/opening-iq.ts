// What a client may ask before it has a JID: between its login and the binding of a resource (RFC 6120 §7), and before its login.

import type { Log } from '../log.js'
import { jidOf } from '../jid.js'
import type { Awaitable } from '../awaitable.js'
import type { OpeningIqRequest, OpeningStream } from '../extension.js'
import type { Registry } from '../registry.js'
import { asStanzaError } from '../stanza-fault.js'
import { Content, type Iq, isRequest, readStanza, requestOf } from '../stanza.js'
import { errorElement, StanzaError } from '../stanza-error.js'
import { type Element, escapeAttribute, type Frame } from '../xml.js'

/** Who handles it, if anybody does. */
type Find = (iq: Iq) => ((request: OpeningIqRequest) => Awaitable<Element | undefined>) | undefined

export interface OpeningIqParts {
  readonly find: Find
  readonly log: Log
}

/** Gives the answer, or undefined for what is not to be answered. */
export async function answerOpeningIq(
  frame: Frame,
  { domain }: OpeningStream,
  { find, log }: OpeningIqParts,
): Promise<Iq | undefined> {
  const server = jidOf(undefined, domain)
  const id = frame.attributes.get('id') ?? ''
  const head = { kind: 'iq', from: server, to: undefined, id, lang: undefined } as const
  try {
    const iq = readStanza(frame, server)
    if (iq.kind !== 'iq' || !isRequest(iq)) return undefined
    const handle = find(iq)
    if (handle === undefined) throw new StanzaError('not-authorized', 'bind a resource first')
    const payload = await handle(requestOf(iq))
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

/** For a stream that has logged in and has no resource yet. */
export function afterLogin(registry: Registry, stream: OpeningStream): Find {
  return ({ type, content }) => {
    const payload = type === 'set' ? content.children[0] : undefined
    const handle = payload && registry.openingIq(payload.namespace, payload.name)
    return handle && (({ payload: asked }) => handle(asked, stream))
  }
}

/** For a stream that has not: undefined when nobody handles anything of that kind, and the stream has to end. */
export function beforeLogin({ children }: Frame, registry: Registry, stream: OpeningStream): Find | undefined {
  const payload = children[0]
  const handle = payload && registry.beforeLoginIq(payload.namespace, payload.name)
  return handle && (() => (request) => handle(request, stream))
}
