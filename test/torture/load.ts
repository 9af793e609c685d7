// What goes on in a life of the server: services, writers, readers and phones, all at once.

import type { Ledger } from './ledger.js'
import type { Life } from './life.js'
import { Phone } from './phone.js'
import type { Random } from './random.js'
import { Reader } from './reader.js'
import { moods, Service } from './service.js'
import type { World } from './world.js'
import { Writer } from './writer.js'

const writers = 4

export interface LoadOptions {
  readonly world: World
  readonly ledger: Ledger
  readonly life: Life
  readonly random: Random
  /** So many times each of the writers writes, at most. */
  readonly batches: number
  /** No service is in any mood, and no writer breaks off. */
  readonly isWell: boolean
}

export interface Load {
  readonly services: Promise<unknown>
  readonly writers: Promise<unknown>
  /** They come and go until the life is over. */
  readonly readers: Promise<unknown>
}

export function startLoad(options: LoadOptions): Load {
  const { world, life, ledger, random } = options
  const { accounts } = world
  const readers = accounts.flatMap((account) => {
    const place = { account, life, ledger }
    const phone = new Phone(place, random.of(`phone of ${account.name}`)).visits()
    return account.temper === 'away'
      ? [phone]
      : [phone, new Reader(place, random.of(`reader of ${account.name}`)).reads()]
  })
  return {
    services: together(world.services.map((service, index) => serves(service, index, options))),
    writers: together(Array.from({ length: writers }, (_, index) => writes(index, options))),
    readers: together(readers),
  }
}

/** What fails is heard of when somebody waits for it. */
function together(work: readonly Promise<void>[]): Promise<unknown> {
  const all = Promise.all(work)
  all.catch(() => undefined)
  return all
}

function serves(service: World['services'][number], index: number, options: LoadOptions): Promise<void> {
  const { life, ledger, isWell } = options
  const random = options.random.of(`service ${index}`)
  return new Service({ ...service, ledger }).serves(life, isWell ? 'prompt' : random.pick(moods), random)
}

function writes(index: number, options: LoadOptions): Promise<void> {
  const { world, life, ledger, batches, isWell } = options
  const random = options.random.of(`writer ${index}`)
  const account = random.pick(world.accounts)
  return new Writer({ name: `w${index}`, account, world, life, ledger, random, batches, breaks: !isWell }).writes()
}
