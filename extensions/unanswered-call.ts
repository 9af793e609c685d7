// A call that nobody can have heard: its caller is told so, instead of waiting (XEP-0353 says nothing of it).

import { errorOf } from '../server/answer.js'
import { type Context, defineExtension } from '../server/extension.js'
import { type Jid, parseJid } from '../server/jid.js'
import { Content, type Message } from '../server/stanza.js'
import { StanzaError } from '../server/stanza-error.js'
import type { UnreachedCall } from './push/hooks.js'

export const unansweredCall = defineExtension({
  name: 'unanswered-call',
  requires: ['push', 'roster'],
  stores: ['roster'],
  on: { 'call:unreached': (call, context) => context.later(() => answer(call, context)) },
})

async function answer(call: UnreachedCall, context: Context<'roster'>): Promise<void> {
  const caller = parseJid(call.caller)
  if (!(await mayKnow(call.account, caller, context))) return
  await context.route(errorOf(proposal(call, caller), unreached()))
}

/** It tells who is there: only to those who see the account's presence anyway (RFC 6121 §4.2). */
async function mayKnow(account: string, { bare }: Jid, { stores }: Context<'roster'>): Promise<boolean> {
  if (bare === account) return true
  const subscription = (await stores.roster.item(account, bare))?.subscription
  return subscription === 'from' || subscription === 'both'
}

/** It can pass: the account may be there soon (RFC 6120 §8.3.3.13). */
function unreached(): StanzaError {
  return new StanzaError('recipient-unavailable', 'nobody could be told of the call')
}

function proposal({ called, id }: UnreachedCall, from: Jid): Message {
  return { kind: 'message', type: 'chat', from, to: parseJid(called), id, lang: undefined, content: Content.empty }
}
