// Addresses: how text becomes one, and when two are the same (RFC 7622).

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Jid, JidError, jidOf, parseJid } from '../../server/jid.js'

const partsOf = ({ local, domain, resource }: Jid): readonly unknown[] => [local, domain, resource]

describe('A JID is read as', () => {
  test.each<[string, string, readonly unknown[]]>([
    ['a domain', 'example.com', [undefined, 'example.com', undefined]],
    ['a bare JID', 'alice@example.com', ['alice', 'example.com', undefined]],
    ['a full JID', 'alice@example.com/phone', ['alice', 'example.com', 'phone']],
    ['a domain with a resource', 'example.com/phone', [undefined, 'example.com', 'phone']],
    ['a resource with all signs', 'alice@example.com/a@b/c d', ['alice', 'example.com', 'a@b/c d']],
    ['a domain whose resource has an @', 'example.com/a@b', [undefined, 'example.com', 'a@b']],
    ['small letters, but for the resource', 'ALICE@Example.COM/Phone', ['alice', 'example.com', 'Phone']],
    ['letters of the world', 'ÜBER@MÜNCHEN.example/ß', ['über', 'münchen.example', 'ß']],
    ['a domain on one label', 'alice@localhost', ['alice', 'localhost', undefined]],
  ])('%s', (_, text, parts) => {
    expect(partsOf(parseJid(text))).toEqual(parts)
  })
})

describe('A JID is refused for', () => {
  test.each([
    ['nothing', ''],
    ['an empty localpart', '@example.com'],
    ['an empty domain', 'alice@'],
    ['an empty domain before a resource', 'alice@/phone'],
    ['a resource alone', '/phone'],
    ['an empty resource', 'alice@example.com/'],
    ['a second @', 'alice@bob@example.com'],
    ['a space in the localpart', 'al ice@example.com'],
    ['a space in the domain', 'alice@exam ple.com'],
    ['a control character in the resource', 'alice@example.com/a\tb'],
    ['a lone surrogate', 'alice@example.com/\uD83D'],
    ['an empty label', 'alice@example..com'],
  ])('%s', (_, text) => {
    expect(() => parseJid(text)).toThrow(JidError)
    expect(() => parseJid(text)).toThrow(JidError)
  })
})

describe('A JID', () => {
  const full = jidOf('Alice', 'EXAMPLE.com', 'Phone')

  test('has a bare and a full text', () => {
    expect([full.bare, full.full, full.toString()]).toEqual(['alice@example.com', 'alice@example.com/Phone', full.full])
    expect([full.isBare, full.toBare().isBare, full.toBare().full]).toEqual([false, true, full.bare])
  })

  test('gets a resource, prepared', () => {
    expect(full.toBare().withResource('a\u00a0b').full).toBe('alice@example.com/a b')
    expect(() => full.withResource('')).toThrow(JidError)
  })

  test('is another one with another resource', () => {
    expect(full.equals(parseJid('alice@example.com/Phone'))).toBe(true)
    expect(full.equals(parseJid('alice@example.com/phone'))).toBe(false)
    expect(full.equals(full.toBare())).toBe(false)
  })

  test('of parts may not smuggle in another part', () => {
    expect(() => jidOf('alice@example.com/a', 'example.com')).toThrow(JidError)
    expect(() => jidOf('alice', 'example.com/a')).toThrow(JidError)
    expect(() => jidOf('alice', 'evil@example.com')).toThrow(JidError)
  })
})

test('Any text is refused with a JidError or is a JID whose text reads as itself', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('a', 'Ä', '@', '/', '.', 'xn--', 'İ', 'Σ', '１', '。', ' ', '\u0301', 'ﬁ'))
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, (written) => {
      const jid = attempt(written)
      if (jid === undefined) return
      expect(partsOf(parseJid(jid.full))).toEqual(partsOf(jid))
      expect(parseJid(jid.full).full).toBe(jid.full)
    }),
    { numRuns: 1000 },
  )
})

test('More addresses than are remembered are still read right', () => {
  for (let index = 0; index < 5000; index++)
    expect(parseJid(`USER${index}@a.example`).bare).toBe(`user${index}@a.example`)
})

function attempt(text: string): Jid | undefined {
  try {
    return parseJid(text)
  } catch (error) {
    if (error instanceof JidError) return undefined
    throw error
  }
}
