// XEP-0191: an account names whom it wants to hear nothing of, and to be gone for.

import { defineExtension } from '../../server/extension.js'
import type { IqRequest } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { BlockLists } from './block-lists.js'
import type {} from './hooks.js'
import type { BlockingContext } from './presences.js'
import { checkMayBlock, NS, readItems } from './request.js'

/** Lists of their own for each server: they are in memory. */
export const blocking = () => {
  const lists = new BlockLists()
  return defineExtension({
    name: 'blocking',
    xeps: ['XEP-0191 1.3'],
    requires: ['presence', 'roster'],
    stores: ['blocks', 'roster'],
    features: { server: [NS] },
    handlers: [
      {
        kind: 'iq-get',
        to: 'own-account',
        namespace: NS,
        name: 'blocklist',
        handle: ({ from }, context) => lists.read(from, context),
      },
      {
        kind: 'iq-set',
        to: 'own-account',
        namespace: NS,
        name: 'block',
        handle: (request, context) => block(request, lists, context),
      },
      {
        kind: 'iq-set',
        to: 'own-account',
        namespace: NS,
        name: 'unblock',
        handle: (request, context) => unblock(request, lists, context),
      },
    ],
    on: {
      'stanza:authorise': ({ stanza }, context) => lists.authorise(stanza, context),
      'stanza:deliver': ({ stanza }) => lists.mayBeHanded(stanza),
      'session:closed': ({ jid }) => lists.leave(jid),
      'account:removed': ({ account }) => lists.forget(account),
    },
    start: (context) => lists.load(context),
    stop: () => lists.clear(),
  })
}

async function block({ from, payload }: IqRequest, lists: BlockLists, context: BlockingContext): Promise<undefined> {
  const items = readItems(payload)
  if (items.length === 0) throw new StanzaError('bad-request', 'there is nobody to block')
  for (const { jid } of items) checkMayBlock(from.bare, jid, context)
  await lists.block(from.bare, items, context)
}

async function unblock({ from, payload }: IqRequest, lists: BlockLists, context: BlockingContext): Promise<undefined> {
  const items = readItems(payload)
  if (items.length === 0) await lists.unblockAll(from.bare, context)
  else await lists.unblock(from.bare, items, context)
}
