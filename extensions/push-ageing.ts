// Registrations that nobody uses any more end: first disabled, so that their client hears of it, and only long after that removed.

import type { Config } from '../server/config.js'
import { type ClientIdentity, type Context, defineExtension } from '../server/extension.js'
import { parseJid } from '../server/jid.js'
import type { Registration } from '../storage/push.js'
import type {} from './push/hooks.js'

export type PushAgeingOptions = Pick<Config['push'], 'unusedDays'>

type PushContext = Context<'push'>

const dayMs = 24 * 60 * 60 * 1000
/** So many are looked at in one step. */
const pageSize = 100

/** Called with 0 days it only notes who is here, so that it is known when an operator wants it. */
export const pushAgeing = ({ unusedDays }: PushAgeingOptions) => {
  let timer: NodeJS.Timeout | undefined
  let over = false
  return defineExtension({
    name: 'push-ageing',
    requires: ['push'],
    stores: ['push'],
    on: {
      'session:bound': ({ jid }, context) => noteUse(jid.bare, context.clientOf(jid), context),
      // It was here until now, however long that was. Who is sent away by a stop comes back.
      'session:closed': ({ jid }, context) => {
        if (!over) noteUse(jid.bare, { resource: jid.resource ?? '', userAgent: undefined }, context)
      },
    },
    start: (context) => {
      if (unusedDays === 0) return
      const look = (): void => context.later(() => endUnused(unusedDays * dayMs, context))
      look()
      timer = setInterval(look, dayMs).unref()
    },
    stop: () => {
      over = true
      clearInterval(timer)
    },
  })
}

/** Nobody waits for it. */
function noteUse(account: string, client: Omit<ClientIdentity, 'chosen'> | undefined, context: PushContext): void {
  if (client === undefined) return
  context.later(() => context.stores.push.used(account, client, context.clock.now()))
}

async function endUnused(unusedMs: number, context: PushContext): Promise<void> {
  const { push } = context.stores
  const before = context.clock.now() - unusedMs
  await eachOf(() => push.unused(before, pageSize), ifUnseen(before, disable, context))
  await eachOf(() => push.forgotten(before, pageSize), ifUnseen(before, remove, context))
}

/** Whatever is done with one, it is not among the next: it is ended, or was found to be in use. */
async function eachOf(
  read: () => Promise<readonly Registration[]>,
  work: (registration: Registration) => Promise<void>,
): Promise<void> {
  for (let page = await read(); page.length > 0; page = page.length < pageSize ? [] : await read())
    for (const registration of page) await work(registration)
}

/** A client that has been connected all the time was last noted when it came. */
function ifUnseen(
  before: number,
  end: (registration: Registration, context: PushContext) => Promise<void>,
  context: PushContext,
): (registration: Registration) => Promise<void> {
  const { push } = context.stores
  return async ({ account, service, node, client }) => {
    for (const here of await clientsHere(account, client.resource, context))
      await push.used(account, here, context.clock.now())
    const present = await push.find(account, service, node)
    if (present !== undefined && present.usedAt < before) await end(present, context)
  }
}

/** The sessions that are available, and the one of this resource in any case. */
async function clientsHere(
  account: string,
  resource: string,
  context: PushContext,
): Promise<readonly ClientIdentity[]> {
  const available = await context.presenceOf(account)
  const jids = [parseJid(account).withResource(resource), ...available.map(({ jid }) => jid)]
  return jids.flatMap((jid) => context.clientOf(jid) ?? [])
}

async function disable(registration: Registration, { stores, clock, hooks, log }: PushContext): Promise<void> {
  const { account, service, node, created } = registration
  const reason = 'unused'
  if (!(await stores.push.disable(account, service, node, created, reason, clock.now()))) return
  log.info('a push registration was not used for long: disabled', { account, service })
  await hooks.notify('push:disabled', { registration, reason })
}

async function remove(registration: Registration, { stores, hooks, log }: PushContext): Promise<void> {
  const { account, service, node, created } = registration
  if (!(await stores.push.remove(account, service, node, created))) return
  log.info('a push registration was disabled for long, and its client never came: removed', { account, service })
  await hooks.notify('push:removed', { registration })
}
