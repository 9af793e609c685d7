// The contract of LastActivityStore.

import { describe, expect } from 'vitest'
import { awkward, juliet, nobody, type Open, romeo, storageTest } from './samples.js'

export const describeLastActivityStore = (open: Open): void => {
  const check = storageTest(open)

  describe('last activity', () => {
    check('who has never left has no last activity', async ({ stores: { lastActivity } }) => {
      expect(await lastActivity.of(juliet)).toBeUndefined()
    })

    check('the last time that an account left replaces the one before', async ({ stores: { lastActivity } }) => {
      await lastActivity.left(juliet, { at: 1_700_000_000_000, status: awkward })
      expect(await lastActivity.of(juliet)).toStrictEqual({ at: 1_700_000_000_000, status: awkward })
      await lastActivity.left(juliet, { at: 1_700_000_000_001, status: undefined })
      expect(await lastActivity.of(juliet)).toStrictEqual({ at: 1_700_000_000_001, status: undefined })
    })

    check('one account leaves, and another does not', async ({ stores: { lastActivity } }) => {
      await lastActivity.left(juliet, { at: 1, status: 'away' })
      expect(await lastActivity.of(romeo)).toBeUndefined()
    })

    check('nobody can leave who is not there', async ({ stores: { lastActivity } }) => {
      await lastActivity.left(nobody, { at: 1, status: 'away' })
      expect(await lastActivity.of(nobody)).toBeUndefined()
    })
  })
}
