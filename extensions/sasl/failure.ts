// Why a login failed, in the words of RFC 6120 §6.5.

import { el, type Element } from '../../server/xml.js'

export const NS = 'urn:ietf:params:xml:ns:xmpp-sasl'

export type FailureCondition =
  | 'aborted'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'
  | 'temporary-auth-failure'

/** Ends the exchange; the client may try again. */
export class SaslFailure extends Error {
  override readonly name = 'SaslFailure'
  readonly condition: FailureCondition
  /** Whose password was wrong; undefined when no password was tried, or for a name that nobody can have. */
  readonly account: string | undefined

  constructor(condition: FailureCondition, account?: string) {
    super(condition)
    this.condition = condition
    this.account = account
  }
}

export function failureElement(condition: FailureCondition): Element {
  return el('failure', { xmlns: NS }, el(condition, { xmlns: NS }))
}
