// XEP-0160: keeps what nobody took, and hands it over to the first session that takes messages. It is removed when the
// reader's side has answered for it: written is not received.

import { type Context, defineExtension } from '../../server/extension.js'
import type { Claims } from '../../server/hooks.js'
import { writeStanza } from '../../server/stanza.js'
import type {} from '../message/hooks.js'
import { Readers } from './readers.js'

export interface OfflineOptions {
  /** How many messages wait for one account at most. */
  readonly limit: number
}

export const offline = ({ limit }: OfflineOptions) => {
  const readers = new Readers()
  return defineExtension({
    name: 'offline',
    xeps: ['XEP-0160 1.0.1', 'XEP-0203 2.0', 'XEP-0334 0.4.0'],
    requires: ['message'],
    stores: ['messages'],
    features: { server: ['msgoffline'] },
    on: {
      'message:keep': (kept, context) => keep(kept, limit, context),
      'session:reachable': ({ jid }, context) => readers.handOver(jid, context),
    },
  })
}

async function keep(
  { account, message, id, at, waiting, debts }: Claims['message:keep'],
  limit: number,
  { stores, hooks }: Context<'messages'>,
): Promise<boolean> {
  const owed = await stores.messages.keep(account, { id, xml: writeStanza(message), at, waiting }, debts, limit)
  if (owed === undefined) return false
  if (waiting) await hooks.notify('message:stored', { account, id })
  if (owed.length > 0) await hooks.notify('debts:kept', { account, stanza: message, debts: owed })
  return true
}
