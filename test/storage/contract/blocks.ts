// The contract of BlockStore.

import { describe, expect } from 'vitest'
import type { Storage } from '../../../storage/storage.js'
import { awkward, juliet, nobody, type Open, romeo, storageTest } from './samples.js'

/** Whom the account has blocked. */
export const blockedBy = async ({ stores }: Storage, account: string): Promise<readonly string[]> => {
  const blocks = await stores.blocks.all()
  return blocks
    .filter((block) => block.account === account)
    .map(({ jid }) => jid)
    .sort()
}

export const describeBlockStore = (open: Open): void => {
  const check = storageTest(open)

  describe('blocks', () => {
    check('what is blocked comes back as it was given, each once', async (storage) => {
      expect(await storage.stores.blocks.add(juliet, ['b@x', `a@x/${awkward}`], 10)).toBe(true)
      expect(await storage.stores.blocks.add(juliet, ['b@x', 'x', 'x'], 10)).toBe(true)
      expect(await blockedBy(storage, juliet)).toEqual([`a@x/${awkward}`, 'b@x', 'x'])
    })

    check('blocks of two accounts do not mix', async (storage) => {
      await storage.stores.blocks.add(juliet, ['a@x', 'b@x'], 10)
      await storage.stores.blocks.add(romeo, ['a@x'], 10)
      await storage.stores.blocks.remove(juliet, ['a@x', 'c@x'])
      expect(await blockedBy(storage, juliet)).toEqual(['b@x'])
      expect(await blockedBy(storage, romeo)).toEqual(['a@x'])
    })

    check(
      'beyond the limit none of them is written, and what is there already does not count twice',
      async (storage) => {
        const { blocks } = storage.stores
        expect(await blocks.add(juliet, ['a@x', 'b@x'], 3)).toBe(true)
        expect(await blocks.add(juliet, ['c@x', 'd@x'], 3)).toBe(false)
        expect(await blockedBy(storage, juliet)).toEqual(['a@x', 'b@x'])
        expect(await blocks.add(juliet, ['a@x', 'b@x', 'c@x', 'c@x'], 3)).toBe(true)
      },
    )

    check('nothing is written for an account that is not there', async (storage) => {
      expect(await storage.stores.blocks.add(nobody, [romeo], 10)).toBe(false)
      expect(await storage.stores.blocks.all()).toEqual([])
    })
  })
}
