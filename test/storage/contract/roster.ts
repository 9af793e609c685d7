// The contract of RosterStore.

import { describe, expect } from 'vitest'
import { awkward, contact, juliet, nobody, type Open, romeo, storageTest } from './samples.js'

const full = contact(romeo, {
  name: awkward,
  groups: ['Friends', awkward, ''],
  subscription: 'both',
  ask: true,
  listed: false,
  request: `<presence type='subscribe'>${awkward}</presence>`,
  approved: true,
})

export const describeRosterStore = (open: Open): void => {
  const check = storageTest(open)

  describe('roster', () => {
    check('an item comes back as it was given', async ({ stores: { roster } }) => {
      expect(await roster.put(juliet, full, 10)).toBe(true)
      expect(await roster.item(juliet, romeo)).toStrictEqual(full)
      expect(await roster.items(juliet)).toStrictEqual([full])
    })

    check('a contact that is not there is undefined', async ({ stores: { roster } }) => {
      expect(await roster.item(juliet, romeo)).toBeUndefined()
      expect(await roster.items(juliet)).toEqual([])
    })

    check('an item is replaced whole', async ({ stores: { roster } }) => {
      await roster.put(juliet, full, 10)
      await roster.put(juliet, contact(romeo), 10)
      expect(await roster.items(juliet)).toStrictEqual([contact(romeo)])
    })

    check('rosters of two accounts do not mix', async ({ stores: { roster } }) => {
      await roster.put(juliet, contact(romeo), 10)
      await roster.put(romeo, contact(juliet), 10)
      expect(await roster.remove(romeo, juliet)).toBe(true)
      expect(await roster.items(juliet)).toStrictEqual([contact(romeo)])
    })

    check('items come in the order of the addresses', async ({ stores: { roster } }) => {
      for (const jid of ['c@x', 'a@x', 'b@x']) await roster.put(juliet, contact(jid), 10)
      expect((await roster.items(juliet)).map((item) => item.contact)).toEqual(['a@x', 'b@x', 'c@x'])
    })

    check('a full roster takes no new contact but changes the ones it has', async ({ stores: { roster } }) => {
      await roster.put(juliet, contact('a@x'), 2)
      await roster.put(juliet, contact('b@x', { listed: false }), 2)
      expect(await roster.put(juliet, contact('c@x'), 2)).toBe(false)
      expect(await roster.put(juliet, contact('a@x', { name: 'A' }), 2)).toBe(true)
      expect((await roster.items(juliet)).map((item) => item.name ?? item.contact)).toEqual(['A', 'b@x'])
    })

    check('the limit holds for contacts that come at the same time', async ({ stores: { roster } }) => {
      const put = await Promise.all(['a@x', 'b@x', 'c@x'].map((jid) => roster.put(juliet, contact(jid), 2)))
      expect(put).toEqual([true, true, false])
    })

    check('removing a contact that is not there says so', async ({ stores: { roster } }) => {
      expect(await roster.remove(juliet, romeo)).toBe(false)
    })

    check(
      'the version is another one after every change that shows, and never one that was',
      async ({ stores: { roster } }) => {
        const seen = [await roster.version(juliet)]
        const changes = [
          () => roster.put(juliet, contact(romeo), 10),
          () => roster.put(juliet, contact(romeo), 10),
          () => roster.put(juliet, contact(romeo, { listed: false }), 10),
          () => roster.put(juliet, contact(romeo, { name: 'Romeo' }), 10),
          () => roster.remove(juliet, romeo),
        ]
        for (const change of changes) {
          await change()
          seen.push(await roster.version(juliet))
        }
        expect(new Set(seen).size).toBe(6)
      },
    )

    check(
      'what does not show leaves the version as it is, and so does the roster of another',
      async ({ stores: { roster } }) => {
        await roster.put(juliet, contact('a@x'), 1)
        const version = await roster.version(juliet)
        await roster.put(juliet, contact(romeo), 1)
        await roster.remove(juliet, 'nobody@x')
        await roster.put(romeo, contact(juliet), 10)
        expect(await roster.version(juliet)).toBe(version)
        expect(await roster.put(juliet, contact(romeo, { listed: false }), 10)).toBe(true)
        expect(await roster.put(juliet, contact(romeo, { listed: false, request: 'r' }), 10)).toBe(true)
        expect(await roster.remove(juliet, romeo)).toBe(true)
        expect(await roster.version(juliet)).toBe(version)
      },
    )

    check('nothing is written for an account that is not there', async ({ stores: { roster } }) => {
      expect(await roster.put(nobody, contact(romeo), 10)).toBe(false)
      expect(await roster.items(nobody)).toEqual([])
    })
  })
}
