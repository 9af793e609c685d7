// Who may read a node: its access model (XEP-0060 §4.5, §6.5.1).

import type { StanzaError } from '../../server/stanza-error.js'
import type { NodeConfig } from '../../storage/pep.js'
import type { RosterStore } from '../../storage/roster.js'
import { pepError } from './errors.js'

/** Why the reader may not read the node, or undefined when it may. @param account @param reader bare JIDs */
export async function refusalFor(
  reader: string,
  account: string,
  config: NodeConfig,
  roster: RosterStore,
): Promise<StanzaError | undefined> {
  if (reader === account) return undefined
  switch (config.accessModel) {
    case 'open':
      return undefined
    case 'whitelist':
      return config.whitelist.includes(reader) ? undefined : pepError.closedNode()
    case 'presence':
      return (await seesPresence(reader, account, roster)) ? undefined : pepError.presenceSubscriptionRequired()
  }
}

/** Is the reader subscribed to the account's presence (RFC 6121 §2.1.2.5)? */
async function seesPresence(reader: string, account: string, roster: RosterStore): Promise<boolean> {
  const item = await roster.item(account, reader)
  return item?.subscription === 'from' || item?.subscription === 'both'
}
