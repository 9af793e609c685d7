// Who there is: accounts of several tempers, their registrations, the push services. The same for every seed but for the draws.

import { domain } from './client.js'
import type { Ledger, Registration } from './ledger.js'
import type { Random } from './random.js'

/**
 * away: nobody reads until the end, so every count is exact. polite: clients come and say goodbye. rude: clients die, keep silent
 * and stop reading.
 */
export type Temper = 'away' | 'polite' | 'rude'

export interface Account {
  readonly name: string
  readonly jid: string
  readonly password: string
  readonly temper: Temper
  readonly registrations: readonly Registration[]
  /** How often it is written to, compared with others. */
  readonly weight: number
}

export interface World {
  readonly accounts: readonly Account[]
  readonly services: readonly { readonly jid: string; readonly secret: string }[]
}

/** The resources of clients that have no registration. */
export const desks = ['desk', 'lap'] as const

/** The resource of those who only write; it is never available. */
export const pen = 'pen'

const serviceCount = 4
const registrationCount = 3
const tempers: readonly Temper[] = ['away', 'away', 'polite', 'polite', 'rude', 'rude', 'rude', 'away']

/** The last hears so little that most of its pushes have a kill between them. */
const weights = [20, 20, 20, 20, 10, 10, 10, 1]

/** @param ledger gets the registrations, with nothing asked for yet */
export function makeWorld(random: Random, ledger: Ledger): World {
  const services = Array.from({ length: serviceCount }, (_, index) => ({
    jid: `push${index}.${domain}`,
    secret: `s${index}`,
  }))
  const accounts = tempers.map((temper, index): Account => {
    const name = `${temper}${index}`
    const jid = `${name}@${domain}`
    const registrations = Array.from({ length: registrationCount }, (_, number): Registration => {
      const service = random.pick(services).jid
      const device = random.chance(0.5) ? 100 * (index + 1) + number : undefined
      return { account: jid, service, node: `${name}-${number}`, resource: `phone${number}`, device, changes: [] }
    })
    ledger.registrations.push(...registrations)
    return { name, jid, password: `pw-${name}`, temper, registrations, weight: weights[index] ?? 1 }
  })
  return { accounts, services }
}

/** Somebody to write to. */
export function recipientBy({ accounts }: World, random: Random): Account {
  return random.pick(accounts.flatMap((account) => Array<Account>(account.weight).fill(account)))
}
