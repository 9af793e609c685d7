// What becomes of a stanza between two of whom one has blocked the other (XEP-0191 §3.3). Nothing else in the server blocks.

import type { Context } from '../../server/extension.js'
import { isRequest, type Stanza } from '../../server/stanza.js'
import { Dropped, StanzaError } from '../../server/stanza-error.js'
import { el } from '../../server/xml.js'
import type { Lists } from './lists.js'

const ERRORS_NS = 'urn:xmpp:blocking:errors'

/** A stanza that has come in, or that the server passes on. @throws StanzaError, or Dropped where nobody is to be told */
export function authorise(stanza: Stanza, lists: Lists, context: Pick<Context, 'isLocal'>): void {
  const { refusal, isOutbound } = judge(stanza, lists)
  if (refusal === undefined) return
  // What a client of the one who blocks says bears its full address; the server writes the bare one.
  if (isAnswerToSubscription(stanza) && (!isOutbound || stanza.from.isBare)) return
  if (!isOutbound && isRequestOfOurs(stanza, context)) return
  throw refusal
}

/** A stanza that sessions are to be handed. @throws Dropped */
export function mayBeHanded(stanza: Stanza, lists: Lists): void {
  if (judge(stanza, lists).refusal !== undefined) throw new Dropped()
}

interface Judgement {
  readonly refusal: Error | undefined
  readonly isOutbound: boolean
}

const fine: Judgement = { refusal: undefined, isOutbound: false }

function judge(stanza: Stanza, lists: Lists): Judgement {
  const { from, to } = stanza
  // Nobody blocks their own clients (XEP-0191 §5).
  if (to === undefined || from.bare === to.bare) return fine
  if (lists.blocks(from.bare, to)) return { refusal: toBlocked(), isOutbound: true }
  if (lists.blocks(to.bare, from)) return { refusal: fromBlocked(stanza), isOutbound: false }
  return fine
}

/**
 * It changes rosters and is handed to nobody: the two rosters would contradict each other for good if one heard of the end of a
 * subscription and the other did not.
 */
function isAnswerToSubscription({ kind, type }: Stanza): boolean {
  return kind === 'presence' && (type === 'subscribed' || type === 'unsubscribe' || type === 'unsubscribed')
}

/** It is written in the roster of the one who asks, as if nobody answered; the roster passes it on from the bare address, and asks here again. */
function isRequestOfOurs({ kind, type, from }: Stanza, context: Pick<Context, 'isLocal'>): boolean {
  return kind === 'presence' && type === 'subscribe' && !from.isBare && context.isLocal(from.domain)
}

function toBlocked(): StanzaError {
  return new StanzaError('not-acceptable', undefined, el('blocked', { xmlns: ERRORS_NS }))
}

/** As if nobody were there. */
function fromBlocked(stanza: Stanza): Error {
  const isAnswered = stanza.kind === 'message' ? stanza.type !== 'error' : isRequest(stanza)
  return isAnswered ? new StanzaError('service-unavailable') : new Dropped()
}
