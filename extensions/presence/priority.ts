// The priority of a session, which decides what messages it is handed (RFC 6121 §4.7.2.3).

import type { Presence } from '../../server/stanza.js'
import { CLIENT_NS } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { text } from '../../server/xml.js'

/** @returns -128…127, 0 when the presence names none. @throws StanzaError `bad-request` for anything else */
export function priorityOf({ content }: Presence): number {
  const element = content.find('priority', CLIENT_NS)
  if (element === undefined) return 0
  const written = text(element).trim()
  const priority = /^[+-]?\d{1,3}$/.test(written) ? Number(written) : NaN
  if (priority >= -128 && priority <= 127) return priority
  throw new StanzaError('bad-request', 'a priority is a whole number from -128 to 127')
}
