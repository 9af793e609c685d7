// Who is asked for an account's presence, and what they are told (RFC 6121 §4.3).

import { isPromise } from '../../server/awaitable.js'
import { type Jid, parseJid } from '../../server/jid.js'
import { Content, type Presence } from '../../server/stanza.js'
import { maySee, type PresenceContext, sees, type Sending, unavailable } from './sending.js'
import type { RosterItem } from '../../storage/roster.js'

/** Whom a session has sent directed presence, and how presence is handed over. */
export interface Probed {
  readonly sending: Sending
  wasSentTo(session: Jid, somebody: Jid): boolean
}

/**
 * A probe from elsewhere, or from one of our clients by hand (RFC 6121 §4.3.2). Whoever may not know is told the same, whether
 * the account is there or not. Who was sent directed presence learns that the session is still there, and no more (§4.6.6).
 */
export async function answerProbe(
  { to, from }: Presence,
  probed: Probed,
  context: PresenceContext,
): Promise<undefined> {
  if (to === undefined) return
  const account = to.bare
  const available = await context.presenceOf(account)
  if (!(await isPermitted(account, from, context))) {
    if (probed.wasSentTo(to, from)) await probed.sending.to(from, { ...unavailable(to), type: 'available' }, context)
    else await context.hooks.notify('probe:refused', { account, prober: from })
  } else if (available.length === 0) {
    await probed.sending.to(from, unavailable(to.toBare()), context)
  } else {
    await sendAll(account, from, probed.sending, context)
  }
}

/** A session that has become available learns who is there: as if it had probed everybody that its account sees (RFC 6121 §4.2.2). */
export async function probeContacts(
  session: Jid,
  items: readonly RosterItem[],
  sending: Sending,
  context: PresenceContext,
): Promise<void> {
  const contacts = items.filter(sees).map(({ contact }) => parseJid(contact))
  await Promise.all(contacts.map((contact) => probe(session, contact, sending, context)))
}

async function probe(session: Jid, contact: Jid, sending: Sending, context: PresenceContext): Promise<void> {
  if (!context.isLocal(contact.domain)) {
    await sending.to(contact, probeFrom(session), context)
    return
  }
  const available = await context.presenceOf(contact.bare)
  if (available.length === 0) return
  // The contact's own roster decides: where the two disagree, the contact has taken the permission back.
  if (await isPermitted(contact.bare, session, context)) await sendAll(contact.bare, session, sending, context)
  else await context.hooks.notify('probe:refused', { account: contact.bare, prober: session })
}

/** Tells somebody of every available session of the account. Nothing comes between looking and handing over: what changes later is told later. */
export async function sendAll(account: string, to: Jid, sending: Sending, context: PresenceContext): Promise<void> {
  const there = context.presenceOf(account)
  const available = isPromise(there) ? await there : there
  await Promise.all(available.map(({ presence }) => sending.to(to, presence, context)))
}

async function isPermitted(account: string, prober: Jid, { stores }: PresenceContext): Promise<boolean> {
  if (prober.bare === account) return true
  const item = await stores.roster.item(account, prober.bare)
  return item !== undefined && maySee(item)
}

function probeFrom(from: Jid): Presence {
  return {
    kind: 'presence',
    type: 'probe',
    from,
    to: undefined,
    id: undefined,
    lang: undefined,
    content: Content.empty,
  }
}
