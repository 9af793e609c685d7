// What can be wrong with a request to a command (XEP-0050 §4.4).

import { StanzaError, type StanzaErrorCondition } from '../../server/stanza-error.js'
import { el } from '../../server/xml.js'

export const NS = 'http://jabber.org/protocol/commands'

export const commandError = {
  malformedAction: () => error('bad-request', 'malformed-action', 'there is no such action'),
  badAction: () => error('bad-request', 'bad-action', 'this cannot be done here'),
  badPayload: (text: string) => error('bad-request', 'bad-payload', text),
  badSessionId: () => error('bad-request', 'bad-sessionid', 'there is no such session'),
  sessionExpired: () => error('not-allowed', 'session-expired', 'the session is over: execute the command anew'),
}

function error(condition: StanzaErrorCondition, detail: string, text: string): StanzaError {
  return new StanzaError(condition, text, el(detail, { xmlns: NS }))
}
