// When an account is removed, the services of its registrations are told that their nodes are over, as Tigase does it:
// http://tigase.org/protocol/account#event. Once, and only those that can be reached: nobody's removal waits for a service.

import { randomUUID } from 'node:crypto'
import type { Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import { el, type Element } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import { NS, plainNotification, publishElement } from './notification.js'

const EVENT = 'http://tigase.org/protocol/account#event'

type PushContext = Context<'push'>

/** What is needed to take leave of a service. No keys: nothing of this is for the device. */
type Parting = Pick<Registration, 'service' | 'node' | 'publishOptions'> & { readonly sealed: boolean }

export class Goodbyes {
  /** Accounts that are being removed. */
  readonly #leaving = new Map<string, readonly Parting[]>()

  /** Reads them while they are there. Refuses nothing: a removal does not fail for this. */
  async prepare(account: string, { stores, log }: PushContext): Promise<void> {
    try {
      const registrations = await stores.push.of(account)
      this.#leaving.set(account, registrations.filter(isKnownToService).map(partingOf))
    } catch (reason) {
      log.error('the push services of an account that goes will not be told', { account }, reason)
    }
  }

  /** The account is gone for good. */
  say(account: string, context: PushContext): void {
    const partings = this.#leaving.get(account) ?? []
    this.#leaving.delete(account)
    const from = parseJid(account).domain
    for (const parting of partings) context.later(() => tell(parting, from, context))
  }
}

/** A service whose own answer ended the registration knows. */
function isKnownToService({ reason, lastResult }: Registration): boolean {
  return reason === undefined || reason !== lastResult?.outcome
}

function partingOf({ service, node, publishOptions, sealing }: Registration): Parting {
  return { service, node, publishOptions, sealed: sealing !== undefined }
}

async function tell(parting: Parting, from: string, context: PushContext): Promise<void> {
  const payload = publishElement(notificationFor(parting, from), randomUUID(), parting)
  const answer = await context.ask(parseJid(parting.service), 'set', payload, { from })
  if (answer.kind !== 'result')
    context.log.info('a push service may not know that an account is gone', { service: parting.service })
}

/** The event is for the service, in clear. Where a device reads sealed notifications, there is nothing for it to open. */
function notificationFor({ sealed }: Parting, domain: string): Element {
  const event = el('event', { xmlns: EVENT, name: 'account-removed' })
  if (sealed) return el('notification', { xmlns: NS }, event)
  const notification = plainNotification({ unread: 0, sender: domain, message: '' }, 'none')
  notification.cnode(event)
  return notification
}
