// Presence (RFC 6121 §4): sessions say that they are here, and everybody who may know is told; also of their end.

import { defineExtension } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import type { Presence } from '../../server/stanza.js'
import type {} from '../roster/hooks.js'
import { Broadcasts } from './broadcasts.js'
import type {} from './hooks.js'
import { answerProbe } from './probe.js'
import type { PresenceContext } from './sending.js'

/** What a session has announced is known only in this process, for each server apart. */
export const presence = () => {
  const all = new Broadcasts()
  return defineExtension({
    name: 'presence',
    requires: ['roster'],
    stores: ['roster'],
    handlers: [
      {
        kind: 'presence',
        direction: 'broadcast',
        types: ['available'],
        handle: (said, context) => all.available(said, context),
      },
      {
        kind: 'presence',
        direction: 'broadcast',
        types: ['unavailable'],
        handle: (said, context) => all.unavailable(said, context),
      },
      {
        kind: 'presence',
        direction: 'outbound',
        types: ['available', 'unavailable'],
        handle: (said, context) => all.directed(said, context),
      },
      { kind: 'presence', direction: 'inbound', types: ['available', 'unavailable'], handle: toAccount },
      {
        kind: 'presence',
        direction: 'inbound',
        types: ['probe'],
        handle: (probe, context) => answerProbe(probe, all, context),
      },
    ],
    on: {
      'session:closed': ({ jid }, context) => all.gone(jid, context),
      'subscription:granted': ({ account, contact }, context) => all.granted(account, parseJid(contact), context),
      'subscription:ended': ({ account, contact }, context) => all.ended(account, parseJid(contact), context),
      'account:remove': ({ account }) => all.settled(account),
      'presence:outdated': ({ account }, context) => all.renew(account, context),
      'presence:directed': (spoken, { account }) => [...spoken, ...all.spokenTo(account)],
    },
    stop: () => all.clear(),
  })
}

/** RFC 6121 §8.5.2.1.2 and §8.5.3.2.2: to the account it is for every session that is available, to a session that is gone for nobody. */
async function toAccount(said: Presence, context: PresenceContext): Promise<undefined> {
  if (said.to?.resource === undefined && said.to !== undefined)
    await context.deliver(said.to.bare, said, { kind: 'available' })
}
