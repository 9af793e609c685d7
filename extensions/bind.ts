// Resource binding: a session of the account gets its full JID (RFC 6120 §7).

import { randomBytes } from 'node:crypto'
import { type Context, defineExtension, type OpeningStream } from '../server/extension.js'
import { parseJid } from '../server/jid.js'
import { PrepareError, prepareResource } from '../server/prepare.js'
import { StanzaError } from '../server/stanza-error.js'
import { child, el, type Element, text } from '../server/xml.js'

const NS = 'urn:ietf:params:xml:ns:xmpp-bind'

/** Of one account. */
const MAX_SESSIONS = 100

export const bind = defineExtension({
  name: 'bind',
  handlers: [
    { kind: 'opening-iq', namespace: NS, name: 'bind', handle: bindResource },
    { kind: 'iq-set', to: 'own-account', namespace: NS, name: 'bind', handle: refuseSecond },
    { kind: 'iq-set', to: 'server', namespace: NS, name: 'bind', handle: refuseSecond },
  ],
  on: {
    'stream:features': (features, { state }) =>
      state === 'authenticated' ? [...features, el('bind', { xmlns: NS })] : features,
  },
})

function bindResource(request: Element, stream: OpeningStream, context: Context): Element {
  const wanted = wantedResource(request)
  const resource = wanted ?? madeResource()
  if (isFull(stream, resource, context)) throw new StanzaError('resource-constraint', 'there are too many sessions')
  const jid = stream.bind(resource, wanted !== undefined)
  return el('bind', { xmlns: NS }, el('jid', {}, jid.full))
}

/** Whoever takes the place of another session of theirs needs no room (RFC 6120 §7.6.2.1, §7.7.2.2). */
function isFull({ account }: OpeningStream, resource: string, context: Context): boolean {
  if (account === undefined || context.sessionsOf(account) < MAX_SESSIONS) return false
  return context.clientOf(parseJid(account).withResource(resource)) === undefined
}

/** Undefined when the client leaves it to the server, which an empty one does, too (RFC 6120 §7.6). */
function wantedResource(request: Element): string | undefined {
  const resource = child(request, 'resource')
  const wanted = resource === undefined ? '' : text(resource)
  return wanted === '' ? undefined : prepared(wanted)
}

/** Not to be guessed: who knows a full JID can send to it (RFC 6120 §13.10.2). */
function madeResource(): string {
  return randomBytes(12).toString('base64url')
}

function prepared(resource: string): string {
  try {
    return prepareResource(resource)
  } catch (reason) {
    if (reason instanceof PrepareError) throw new StanzaError('bad-request', reason.message)
    throw reason
  }
}

/** One stream, one resource: more than one is not offered (RFC 6120 §7.7.2). */
function refuseSecond(): never {
  throw new StanzaError('not-allowed', 'this stream is bound already')
}
