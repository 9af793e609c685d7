// The contract of PrivateXmlStore.

import { describe, expect } from 'vitest'
import type { PrivateElement } from '../../../storage/private-xml.js'
import { awkward, juliet, nobody, type Open, romeo, storageTest } from './samples.js'

const element = (name: string, xml: string | undefined, namespace = 'n'): PrivateElement => ({ namespace, name, xml })
const limits = { elements: 3, bytes: 100 }

export const describePrivateXmlStore = (open: Open): void => {
  const check = storageTest(open)

  describe('private XML', () => {
    check('a private element comes back as it was given, by namespace and name', async ({ stores: { privateXml } }) => {
      const large = { elements: 3, bytes: 10_000 }
      expect(await privateXml.put(juliet, [element(awkward, awkward), element('b', '<b/>', 'm')], large)).toBe(true)
      expect(await privateXml.get(juliet, 'n', awkward)).toBe(awkward)
      expect(await privateXml.get(juliet, 'm', 'b')).toBe('<b/>')
      expect(await privateXml.get(juliet, 'n', 'b')).toBeUndefined()
      expect(await privateXml.get(romeo, 'm', 'b')).toBeUndefined()
    })

    check('a private element takes the place of the one before it, or goes', async ({ stores: { privateXml } }) => {
      await privateXml.put(juliet, [element('a', 'old'), element('b', 'stays')], limits)
      await privateXml.put(juliet, [element('a', 'newer'), element('a', 'newest')], limits)
      expect(await privateXml.get(juliet, 'n', 'a')).toBe('newest')
      expect(await privateXml.put(juliet, [element('a', undefined)], limits)).toBe(true)
      expect(await privateXml.get(juliet, 'n', 'a')).toBeUndefined()
      expect(await privateXml.get(juliet, 'n', 'b')).toBe('stays')
    })

    check('beyond either limit no private element is written', async ({ stores: { privateXml } }) => {
      expect(
        await privateXml.put(
          juliet,
          ['a', 'b', 'c'].map((name) => element(name, 'x')),
          limits,
        ),
      ).toBe(true)
      expect(await privateXml.put(juliet, [element('a', 'y'), element('d', 'x')], limits)).toBe(false)
      expect(await privateXml.get(juliet, 'n', 'a')).toBe('x')
      // Each takes three bytes: two of the others leave 94, of which namespace and name take two.
      expect(await privateXml.put(juliet, [element('a', 'é'.repeat(46) + 'x')], limits)).toBe(false)
      expect(await privateXml.put(juliet, [element('a', 'é'.repeat(46))], limits)).toBe(true)
      expect(await privateXml.put(juliet, [element('a', undefined), element('d', 'x')], limits)).toBe(true)
    })

    check('nothing private is written for an account that is not there', async ({ stores: { privateXml } }) => {
      expect(await privateXml.put(nobody, [element('a', 'x')], limits)).toBe(false)
      expect(await privateXml.get(nobody, 'n', 'a')).toBeUndefined()
    })
  })
}
