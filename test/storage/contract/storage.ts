// The contract of Storage itself: wiping, secrets, closing.

import { describe, expect } from 'vitest'
import type { Storage } from '../../../storage/storage.js'
import { StorageError } from '../../../storage/storage.js'
import {
  contact,
  credentials,
  debt,
  juliet,
  message,
  nobody,
  nodeConfig,
  type Open,
  owedBy,
  pepItem,
  pepLimits,
  registration,
  romeo,
  service,
  storageTest,
} from './samples.js'

/** Something in every store. */
export const furnish = async ({ stores }: Storage, account: string): Promise<void> => {
  await stores.roster.put(account, contact('friend@elsewhere'), 10)
  await stores.blocks.add(account, ['enemy@elsewhere'], 10)
  await stores.push.put(registration({ account }), 10)
  await stores.messages.keep(account, message('m1'), [debt({ account })], 10)
  await stores.messages.keep(account, message('m2', { waiting: false }), [debt({ account })], 10)
  await stores.pep.publish(account, 'tune', pepItem('1', { publisher: account }), nodeConfig(), pepLimits)
  await stores.omemo.learn(account, 'urn:xmpp:omemo:2', [1, 2])
  await stores.lastActivity.left(account, { at: 1, status: 'gone' })
  await stores.privateXml.put(account, [{ namespace: 'n', name: 'a', xml: '<a/>' }], { elements: 10, bytes: 1000 })
  await stores.vcards.put(account, { xml: '<vCard/>', photo: undefined })
}

/** What the stores say of an account. */
const belongings = async ({ stores }: Storage, account: string) => ({
  account: await stores.accounts.credentials(account),
  roster: await stores.roster.items(account),
  blocked: (await stores.blocks.all()).filter((one) => one.account === account),
  registrations: await stores.push.of(account),
  messages: await stores.messages.waiting(account, 0, 1000),
  owed: (await owedBy(stores.messages)).filter((one) => one.account === account),
  nodes: await stores.pep.nodes(account),
  items: (await stores.pep.items(account, 'tune', {})).items,
  devices: await stores.omemo.devices(account),
  left: await stores.lastActivity.of(account),
  privateXml: await stores.privateXml.get(account, 'n', 'a'),
  vcard: await stores.vcards.get(account),
})

const nothing = {
  account: undefined,
  roster: [],
  blocked: [],
  registrations: [],
  messages: [],
  owed: [],
  nodes: [],
  items: [],
  devices: [],
  left: undefined,
  privateXml: undefined,
  vcard: undefined,
}

export const describeStorage = (open: Open): void => {
  const check = storageTest(open)

  describe('storage', () => {
    check('wiping an account takes everything of it and nothing of another', async (storage) => {
      for (const account of [juliet, romeo]) await furnish(storage, account)
      const before = await belongings(storage, romeo)
      expect(await storage.wipe(juliet)).toBe(true)
      expect(await belongings(storage, juliet)).toStrictEqual(nothing)
      expect(await belongings(storage, romeo)).toStrictEqual(before)
    })

    check('who takes the name of a wiped account inherits nothing', async (storage) => {
      await furnish(storage, juliet)
      const late = { message: message('late'), contact: contact(romeo) }
      const { stores } = storage
      const written = await Promise.all([
        storage.wipe(juliet),
        stores.messages.keep(juliet, late.message, [debt()], 10),
        stores.roster.put(juliet, late.contact, 10),
        stores.accounts.create(juliet, credentials(5)),
      ])
      expect(written).toEqual([true, undefined, false, true])
      expect(await belongings(storage, juliet)).toStrictEqual({ ...nothing, account: credentials(5) })
    })

    check('who is wiped is let in nowhere any more', async (storage) => {
      const { accounts, pep } = storage.stores
      for (const account of [juliet, romeo]) await accounts.create(account, credentials(1))
      const config = nodeConfig({ accessModel: 'whitelist', whitelist: ['nurse@localhost', juliet] })
      await pep.create(romeo, 'secrets', config, { nodes: 9, items: 9, bytes: 9999 })
      await storage.wipe(juliet)
      expect((await pep.config(romeo, 'secrets'))?.whitelist).toEqual(['nurse@localhost'])
    })

    check('wiping nobody says so', async (storage) => {
      expect(await storage.wipe(nobody)).toBe(false)
    })

    check('a secret is made once and stays', async (storage) => {
      const both = await Promise.all([storage.secret('a'), storage.secret('a')])
      expect(both[0]).toHaveLength(32)
      expect(both[1]).toStrictEqual(both[0])
      expect(await storage.secret('a')).toStrictEqual(both[0])
      expect(await storage.secret('b')).not.toStrictEqual(both[0])
    })

    check('closing waits for what is being written, and takes nothing after', async (storage) => {
      const written = storage.stores.messages.keep(juliet, message('m1'), [], 10)
      const read = storage.stores.accounts.exists(juliet)
      await Promise.all([storage.close(), storage.close()])
      expect(await written).toEqual([])
      expect(await read).toBe(true)
      await expect(storage.stores.messages.keep(juliet, message('m2'), [], 10)).rejects.toBeInstanceOf(StorageError)
      await expect(storage.stores.messages.settle(1)).rejects.toBeInstanceOf(StorageError)
      await expect(storage.stores.push.disable(juliet, service, '', 1, 'gone', 1)).rejects.toBeInstanceOf(StorageError)
      await expect(storage.stores.accounts.exists(juliet)).rejects.toBeInstanceOf(StorageError)
    })
  })
}
