// What the contract's tests are played with: accounts of their own, and records that say only what matters.

import { test } from 'vitest'
import type { Credentials } from '../../../storage/accounts.js'
import type { Debt, MessageStore, NewDebt, NewMessage } from '../../../storage/messages.js'
import { type NodeConfig, type PepItem, type PepLimits, sizeOf } from '../../../storage/pep.js'
import type { NewRegistration } from '../../../storage/push.js'
import type { RosterItem } from '../../../storage/roster.js'
import type { Storage } from '../../../storage/storage.js'

export const juliet = 'juliet@localhost'
export const romeo = 'romeo@localhost'
export const nobody = 'nobody@localhost'
export const service = 'push.localhost'

export type Open = () => Promise<Storage>

/** A test on a fresh storage with the accounts of juliet and romeo. */
export const storageTest = (open: Open) => (title: string, work: (storage: Storage) => Promise<void>) => {
  test(title, async () => {
    const storage = await open()
    try {
      await storage.stores.accounts.create(juliet, credentials(1))
      await storage.stores.accounts.create(romeo, credentials(2))
      await work(storage)
    } finally {
      await storage.close()
    }
  })
}

export const credentials = (seed: number): Credentials => {
  const bytes = (offset: number) => Uint8Array.of(seed, offset, 0, 255)
  const keys = (offset: number) => ({ storedKey: bytes(offset), serverKey: bytes(offset + 1) })
  return { salt: bytes(0), iterations: 4096 + seed, keys: { sha1: keys(1), sha256: keys(3), sha512: keys(5) } }
}

export const contact = (jid: string, more: Partial<RosterItem> = {}): RosterItem => ({
  contact: jid,
  name: undefined,
  groups: [],
  subscription: 'none',
  ask: false,
  listed: true,
  request: undefined,
  approved: false,
  ...more,
})

export const message = (id: string, more: Partial<NewMessage> = {}): NewMessage => ({
  id,
  xml: `<message id='${id}'/>`,
  at: 1000,
  waiting: true,
  ...more,
})

/** Everything that is owed and due by then, whole. */
export const owedBy = async (messages: MessageStore, now = 1e15): Promise<readonly Debt[]> => {
  const asked = { after: undefined, now, count: 1_000_000, except: [] }
  const due = await Promise.all((await messages.services()).map((one) => messages.due(one, asked)))
  const ids = due.flatMap((list) => list.map(({ id }) => id)).sort((a, b) => a - b)
  return (await Promise.all(ids.map((id) => messages.debt(id)))).filter((one) => one !== undefined)
}

export const debt = (more: Partial<NewDebt> = {}): NewDebt => ({
  account: juliet,
  service,
  node: 'phone',
  topic: undefined,
  at: 1000,
  expires: 9000,
  ...more,
})

export const registration = (more: Partial<NewRegistration> = {}): NewRegistration => ({
  account: juliet,
  service,
  node: 'phone',
  sealing: undefined,
  omemoDevice: undefined,
  publishOptions: undefined,
  rules: { away: false, muted: [], ignoreUnknown: false, rooms: undefined, priority: false, jingle: false },
  client: { resource: 'balcony', chosen: false, userAgent: undefined },
  created: 500,
  ...more,
})

export const nodeConfig = (more: Partial<NodeConfig> = {}): NodeConfig => ({
  accessModel: 'presence',
  maxItems: 1,
  persistItems: true,
  sendLast: 'on_sub_and_presence',
  notifyRetract: true,
  deliverPayloads: true,
  whitelist: [],
  ...more,
})

export const pepItem = (id: string, more: Partial<PepItem> = {}): PepItem => ({
  id,
  publisher: `${juliet}/balcony`,
  xml: `<tune xmlns='urn:example:tune'>${id}</tune>`,
  at: 1000,
  ...more,
})

export const pepLimits: PepLimits = { nodes: 3, items: 4, bytes: 10_000 }

/** An item that takes so many bytes, however its text counts in characters. */
export const pepItemOf = (id: string, bytes: number, more: Partial<PepItem> = {}): PepItem => {
  const item = pepItem(id, { publisher: juliet, xml: '<é/>', ...more })
  return { ...item, xml: item.xml + 'x'.repeat(bytes - sizeOf(item)) }
}

/** Text that a careless layer would spoil: quotes, separators, an astral character, one that combines, the last code points. */
export const awkward = `'";--\\ %_ \u2028\u0301 \u{1F98A} \uFFFD\u{10FFFD} {"a":[1]} </x>&amp;`
