// The contract of VCardStore.

import { describe, expect } from 'vitest'
import { awkward, juliet, nobody, type Open, romeo, storageTest } from './samples.js'

const photo = { xml: `<PHOTO>${awkward}</PHOTO>`, hash: 'ab12' }

export const describeVCardStore = (open: Open): void => {
  const check = storageTest(open)

  describe('vCards', () => {
    check('a vCard comes back as it was given, and is replaced whole', async ({ stores: { vcards } }) => {
      await vcards.put(juliet, { xml: awkward, photo })
      expect(await vcards.get(juliet)).toEqual({ xml: awkward, photo })
      expect(await vcards.hash(juliet)).toEqual({ hash: 'ab12' })
      await vcards.put(juliet, { xml: '<b/>', photo: undefined })
      expect(await vcards.get(juliet)).toEqual({ xml: '<b/>', photo: undefined })
      expect(await vcards.hash(juliet)).toEqual({ hash: undefined })
      expect(await vcards.get(romeo)).toBeUndefined()
      expect(await vcards.hash(romeo)).toBeUndefined()
    })

    check('a picture may have no hash', async ({ stores: { vcards } }) => {
      await vcards.put(juliet, { xml: '<a/>', photo: { xml: '<PHOTO/>', hash: undefined } })
      expect(await vcards.get(juliet)).toEqual({ xml: '<a/>', photo: { xml: '<PHOTO/>', hash: undefined } })
    })

    check('the picture alone changes, and the rest is made where there is none', async ({ stores: { vcards } }) => {
      await vcards.put(juliet, { xml: '<a/>', photo: undefined })
      await vcards.putPhoto(juliet, photo, '<rest/>')
      expect(await vcards.get(juliet)).toEqual({ xml: '<a/>', photo })
      await vcards.putPhoto(juliet, undefined, '<rest/>')
      expect(await vcards.get(juliet)).toEqual({ xml: '<a/>', photo: undefined })
      await vcards.putPhoto(romeo, photo, '<rest/>')
      expect(await vcards.get(romeo)).toEqual({ xml: '<rest/>', photo })
    })

    check('no vCard is written for an account that is not there', async ({ stores: { vcards } }) => {
      await vcards.put(nobody, { xml: '<a/>', photo })
      await vcards.putPhoto(nobody, photo, '<a/>')
      expect(await vcards.get(nobody)).toBeUndefined()
    })
  })
}
