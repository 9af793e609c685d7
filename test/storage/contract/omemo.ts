// The contract of OmemoStore.

import { describe, expect } from 'vitest'
import { juliet, nobody, type Open, romeo, storageTest } from './samples.js'

const legacy = 'eu.siacs.conversations.axolotl'
const two = 'urn:xmpp:omemo:2'

export const describeOmemoStore = (open: Open): void => {
  const check = storageTest(open)

  describe('omemo', () => {
    check('the devices of all lists are known, each once', async ({ stores: { omemo } }) => {
      await omemo.learn(juliet, legacy, [4294967295, 7])
      await omemo.learn(juliet, two, [7, 1])
      expect(await omemo.devices(juliet)).toEqual([1, 7, 4294967295])
    })

    check('a new list replaces the one of its own namespace', async ({ stores: { omemo } }) => {
      await omemo.learn(juliet, legacy, [1, 2])
      await omemo.learn(juliet, two, [3])
      await omemo.learn(juliet, legacy, [4])
      expect(await omemo.devices(juliet)).toEqual([3, 4])
    })

    check('an empty list takes the devices away', async ({ stores: { omemo } }) => {
      await omemo.learn(juliet, two, [3])
      await omemo.learn(juliet, two, [])
      expect(await omemo.devices(juliet)).toEqual([])
    })

    check('devices of another account are not among them', async ({ stores: { omemo } }) => {
      await omemo.learn(romeo, two, [3])
      expect(await omemo.devices(juliet)).toEqual([])
    })

    check('nothing is written for an account that is not there', async ({ stores: { omemo } }) => {
      await omemo.learn(nobody, two, [3])
      expect(await omemo.devices(nobody)).toEqual([])
    })
  })
}
