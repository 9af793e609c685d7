// What an operator sees of the registrations: never a key.

import type { Registration } from '../../storage/push.js'
import type { Stores } from '../../storage/storage.js'

export interface RegistrationReport {
  readonly account: string
  readonly service: string
  readonly node: string | undefined
  readonly sealed: boolean
  readonly maxSize: number | undefined
  readonly deviceId: number | undefined
  /** Whether the account's own OMEMO device lists name the device; undefined without a device. */
  readonly deviceKnown: boolean | undefined
  readonly state: 'active' | 'disabled'
  readonly reason: string | undefined
  /** The resource of the client that made it. */
  readonly client: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly lastResult: { readonly at: number; readonly outcome: string } | undefined
}

/** @param account a prepared bare JID; all accounts when left out */
export async function reportRegistrations(
  stores: Pick<Stores, 'push' | 'omemo'>,
  account: string | undefined,
): Promise<readonly RegistrationReport[]> {
  const registrations = await (account === undefined ? stores.push.all() : stores.push.of(account))
  return Promise.all(registrations.map((registration) => report(stores, registration)))
}

async function report({ omemo }: Pick<Stores, 'omemo'>, registration: Registration): Promise<RegistrationReport> {
  const { account, service, node, sealing, omemoDevice, state, reason, client, created, lastResult } = registration
  return {
    account,
    service,
    node: node === '' ? undefined : node,
    sealed: sealing !== undefined,
    maxSize: sealing?.maxSize,
    deviceId: omemoDevice,
    deviceKnown: omemoDevice === undefined ? undefined : (await omemo.devices(account)).includes(omemoDevice),
    state,
    reason,
    client: client.resource,
    created,
    lastResult,
  }
}
