// What went wrong, as the sender may know it. What nobody foresaw is logged and becomes internal-server-error (RFC 6120 §8.3.3.6).

import { StorageError } from '../storage/storage.js'
import type { Log } from './log.js'
import type { Stanza } from './stanza.js'
import { StanzaError } from './stanza-error.js'

export function asStanzaError(reason: unknown, stanza: Stanza, log: Log): StanzaError {
  if (reason instanceof StanzaError) return reason
  const fields = { kind: stanza.kind, type: stanza.type, from: stanza.from.bare }
  if (reason instanceof StorageError && reason.kind === 'full') {
    log.error('the disk is full: a stanza was refused', fields, reason)
    return new StanzaError('resource-constraint')
  }
  log.error('a stanza could not be handled', fields, reason)
  return new StanzaError('internal-server-error')
}
