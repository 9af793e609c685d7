// vCards (XEP-0054): who somebody says they are, for everybody to read; and their picture, which is their avatar (XEP-0398).

import { isPromise } from '../../server/awaitable.js'
import { type Context, defineExtension } from '../../server/extension.js'
import { Mailboxes } from '../../server/mailboxes.js'
import type { IqRequest } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { Element } from '../../server/xml.js'
import type {} from '../pep/hooks.js'
import type {} from '../presence/hooks.js'
import { type Desk, follow, followWhatIsLeft, pictureChanged, publishPicture } from './conversion.js'
import { emptyVCard, readVCard, VCARD, writeVCard } from './document.js'
import { Hashes } from './hashes.js'
import { wantsHash, withHash } from './update.js'
import { METADATA } from './user-avatar.js'

/** Which picture an account has is remembered for each server apart. */
export const vcard = () => {
  const hashes = new Hashes()
  const turns = new Mailboxes()
  return defineExtension({
    name: 'vcard',
    xeps: ['XEP-0054 1.3.0', 'XEP-0153 1.1.1', 'XEP-0398 1.0.0'],
    requires: ['pep', 'presence'],
    stores: ['pep', 'vcards'],
    features: { server: [VCARD], account: [VCARD, 'urn:xmpp:pep-vcard-conversion:0'] },
    handlers: [
      { kind: 'iq-get', to: 'account', namespace: VCARD, name: 'vCard', handle: get },
      {
        kind: 'iq-set',
        to: 'own-account',
        namespace: VCARD,
        name: 'vCard',
        handle: (request, context) =>
          turns.run(request.from.bare, 'exclusive', () => set(request, { context, hashes })),
      },
    ],
    on: {
      'session:bound': async ({ jid }, context) => {
        await hashes.of(jid.bare, context)
      },
      'session:closed': ({ jid }, context) => hashes.left(jid.bare, context),
      'presence:announce': (said, { account }, context) => {
        if (!wantsHash(said)) return said
        const known = hashes.of(account, context)
        return isPromise(known) ? known.then((read) => withHash(said, read)) : withHash(said, known)
      },
      'pep:published': async ({ account, node, xml }, context) => {
        if (node === METADATA) await follow(account, xml, { context, hashes })
      },
      'pep:retracted': async ({ account, node }, context) => {
        if (node === METADATA) await followWhatIsLeft(account, { context, hashes })
      },
      'pep:node-deleted': async ({ account, node }, context) => {
        if (node === METADATA) await follow(account, undefined, { context, hashes })
      },
    },
    stop: () => hashes.clear(),
  })
}

/** @throws StanzaError `service-unavailable` for others, whether there is such an account or not: nobody can list users (§3.3) */
async function get({ from, to }: IqRequest, { stores }: Context<'vcards'>): Promise<Element> {
  const account = (to ?? from).bare
  const kept = await stores.vcards.get(account)
  const element = kept && writeVCard(kept)
  if (element !== undefined) return element
  if (from.bare !== account) throw new StanzaError('service-unavailable')
  return emptyVCard()
}

/** §3.2. A picture that cannot be published leaves the vCard as it was. */
async function set({ from, payload }: IqRequest, desk: Desk): Promise<undefined> {
  const { vcards } = desk.context.stores
  const read = readVCard(payload)
  await publishPicture(from, read, desk)
  const before = await vcards.hash(from.bare)
  await vcards.put(from.bare, read.vcard)
  const hash = read.picture?.hash
  if (before === undefined || before.hash !== hash) pictureChanged(from.bare, hash, desk)
}
