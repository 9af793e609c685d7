// Stanza errors: what a handler throws, and the table that gives each condition its type (RFC 6120 §8.3.3).

import { el, type Element } from './xml.js'

const NS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Each condition with the type that RFC 6120 §8.3.3 recommends. */
const typeOf = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  gone: 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  redirect: 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'cancel',
  'unexpected-request': 'wait',
} as const

export type StanzaErrorCondition = keyof typeof typeOf
export type StanzaErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait'

/** Thrown by a handler or a gate; the router alone turns it into `<error/>`. */
export class StanzaError extends Error {
  override readonly name = 'StanzaError'
  readonly condition: StanzaErrorCondition
  readonly text: string | undefined
  readonly detail: Element | undefined

  /**
   * @param condition the defined condition (RFC 6120 §8.3.3)
   * @param text one sentence for a person; says no more than a stranger may know
   * @param detail the application-specific condition (RFC 6120 §8.3.4)
   */
  constructor(condition: StanzaErrorCondition, text?: string, detail?: Element) {
    super(text === undefined ? condition : `${condition}: ${text}`)
    this.condition = condition
    this.text = text
    this.detail = detail
  }

  get type(): StanzaErrorType {
    return typeOf[this.condition]
  }
}

/** Thrown by a gate: the stanza vanishes, and not even its sender is told. */
export class Dropped extends Error {
  override readonly name = 'Dropped'
}

export function isStanzaErrorCondition(name: string): name is StanzaErrorCondition {
  return Object.hasOwn(typeOf, name)
}

/** The `<error/>` child of an error answer. */
export function errorElement(error: StanzaError): Element {
  return el(
    'error',
    { type: error.type },
    el(error.condition, { xmlns: NS }),
    error.text !== undefined && el('text', { xmlns: NS, 'xml:lang': 'en' }, error.text),
    error.detail,
  )
}

/** What an error answer that somebody sent us says. An unknown or missing condition reads as `undefined-condition`. */
export interface ReadError {
  readonly condition: StanzaErrorCondition
  readonly type: string | undefined
}

export function readError(error: Element | undefined): ReadError {
  if (error === undefined) return { condition: 'undefined-condition', type: undefined }
  const named = error.getChildElements().find((child) => child.attrs['xmlns'] === NS && child.name !== 'text')
  const condition = named !== undefined && isStanzaErrorCondition(named.name) ? named.name : 'undefined-condition'
  const type: unknown = error.attrs['type']
  return { condition, type: typeof type === 'string' ? type : undefined }
}
