// Explains: why each recent message became a push or did not, for each registration, and what became of it (contract §2).

import { type Context, defineExtension } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import type {} from '../push/hooks.js'
import { keyOf } from './entry.js'
import type { TraceEntry } from './hooks.js'
import { reconcile } from './reconcile.js'
import { Trace } from './trace.js'

/** What somebody who asks why his phone kept silent looks back on. */
const anAccount = 100
/** About 8 MB of memory: of a server whose accounts are busier, the most recently heard of. */
const altogether = 10_000

export const pushTrace = () => {
  const trace = new Trace({ anAccount, altogether })
  return defineExtension({
    name: 'push-trace',
    requires: ['push'],
    stores: ['messages'],
    on: {
      'push:decided': (decided) => trace.decided(decided),
      'push:outcome': (outcome) => trace.outcome(outcome),
      'push:disabled': ({ registration, reason }) =>
        trace.ended(registration, `the registration is disabled: ${reason}`),
      'push:removed': ({ registration }) => trace.ended(registration, 'the registration is removed'),
      'account:removed': ({ account }) => trace.forget(account),
      'push:trace': async (entries, { account }, context) => [
        ...entries,
        ...(await entriesOf(account, trace, context)),
      ],
    },
  })
}

async function entriesOf(
  account: string | undefined,
  trace: Trace,
  context: Context<'messages'>,
): Promise<readonly TraceEntry[]> {
  const { stores, clock } = context
  const owed = await stores.messages.owedTo(account, altogether)
  const entries = reconcile(
    trace.of(account).map((entry) => ({ key: entry.key, entry: entry.tell() })),
    owed.map((push) => ({ key: keyOf(push.message, push), push })),
    owed.length < altogether,
    clock.now(),
  )
  return entries.map((entry) => (waitsForService(entry, context) ? { ...entry, why: away, next: undefined } : entry))
}

const away = 'its service is not connected'

/** A component of ours that is not there is not asked; when it comes, it gets what waits. */
function waitsForService({ decision, service }: TraceEntry, context: Context<'messages'>): boolean {
  if (decision !== 'waiting') return false
  const { domain } = parseJid(service)
  return context.isComponent(domain) && !context.components().includes(domain)
}
