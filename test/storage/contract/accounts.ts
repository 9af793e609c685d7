// The contract of AccountStore.

import { describe, expect } from 'vitest'
import { awkward, credentials, juliet, nobody, type Open, romeo, storageTest } from './samples.js'

export const describeAccountStore = (open: Open): void => {
  const check = storageTest(open)

  describe('accounts', () => {
    check('credentials come back as they were given', async ({ stores: { accounts } }) => {
      expect(await accounts.credentials(juliet)).toStrictEqual(credentials(1))
      expect(await accounts.credentials(romeo)).toStrictEqual(credentials(2))
    })

    check('who has no account has no credentials', async ({ stores: { accounts } }) => {
      expect(await accounts.credentials(nobody)).toBeUndefined()
      expect(await accounts.exists(nobody)).toBe(false)
      expect(await accounts.exists(juliet)).toBe(true)
    })

    check('an account that is there is not made again, and keeps its credentials', async ({ stores: { accounts } }) => {
      expect(await accounts.create(juliet, credentials(7))).toBe(false)
      expect(await accounts.credentials(juliet)).toStrictEqual(credentials(1))
    })

    check('of two who take a name at the same time one gets it', async ({ stores: { accounts } }) => {
      const made = await Promise.all([accounts.create(nobody, credentials(3)), accounts.create(nobody, credentials(4))])
      expect(made).toEqual([true, false])
      expect(await accounts.credentials(nobody)).toStrictEqual(credentials(3))
    })

    check('new credentials replace the old ones of that account alone', async ({ stores: { accounts } }) => {
      expect(await accounts.setCredentials(juliet, credentials(9))).toBe(true)
      expect(await accounts.credentials(juliet)).toStrictEqual(credentials(9))
      expect(await accounts.credentials(romeo)).toStrictEqual(credentials(2))
    })

    check('credentials for nobody make no account', async ({ stores: { accounts } }) => {
      expect(await accounts.setCredentials(nobody, credentials(9))).toBe(false)
      expect(await accounts.exists(nobody)).toBe(false)
    })

    check('accounts are listed in the order of their names', async ({ stores: { accounts } }) => {
      await accounts.create('benvolio@localhost', credentials(3))
      expect(await accounts.list()).toEqual(['benvolio@localhost', juliet, romeo])
    })

    check('a name is taken letter by letter', async ({ stores: { accounts } }) => {
      await accounts.create(awkward, credentials(3))
      expect(await accounts.exists(awkward)).toBe(true)
      expect(await accounts.exists('JULIET@localhost')).toBe(false)
      expect(await accounts.exists('%@localhost')).toBe(false)
    })
  })
}
