// Names and passwords: what is the same, what is refused (RFC 7622 §3, RFC 8264, RFC 8265, RFC 4013).

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  prepareDomain,
  PrepareError,
  prepareLocalpart,
  preparePassword,
  prepareResource,
} from '../../server/prepare.js'

describe('A localpart is prepared:', () => {
  test.each([
    ['ASCII in small letters', 'Alice.B-1_~', 'alice.b-1_~'],
    ['capitals of other scripts', 'ÀΩЖ', 'àωж'],
    ['full-width letters', 'ＡＬＩＣＥ１', 'alice1'],
    ['half-width kana', 'ｶﾞ', 'ガ'],
    ['combining characters composed', 'e\u0301', 'é'],
    ['a capital sigma at the end as any other', 'ΟΔΟΣ', 'οδοσ'],
    ['sharp s and final sigma kept', 'straße.ς', 'straße.ς'],
    ['letters from right to left', 'שלום1', 'שלום1'],
    ['a middle dot between two l', 'col·lega', 'col·lega'],
    ['katakana with its middle dot', 'ア・イ', 'ア・イ'],
    ['a joiner after a virama', 'क्\u200dष', 'क्\u200dष'],
    ['names of 1,023 bytes', 'é'.repeat(511) + 'a', 'é'.repeat(511) + 'a'],
  ])('%s', (_, text, prepared) => {
    expect(prepareLocalpart(text)).toBe(prepared)
  })

  test.each([
    ['nothing', ''],
    ...[...`"&'/:<>@`].map((sign): [string, string] => [sign, `a${sign}b`]),
    ['a forbidden sign in full width', 'a＠b'],
    ['a space', 'a b'],
    ['an ideographic space', 'a\u3000b'],
    ['a control character', 'a\0'],
    ['a symbol', 'a☃'],
    ['an emoji', 'a😀'],
    ['a soft hyphen', 'a\u00ad'],
    ['a zero width space', 'a\u200b'],
    ['a joiner without need', 'a\u200db'],
    ['a non-joiner without need', 'a\u200cb'],
    ['a ligature', 'ﬁ'],
    ['a Roman number', 'ⅷ'],
    ['a circled digit', '①'],
    ['old Hangul', '\u1100'],
    ['half-width Hangul', '\uffa1\uffc2'],
    ['a private character', '\ue000'],
    ['an unassigned code point', '\u0378'],
    ['a character that is none', '\ufdd0'],
    ['a lone surrogate', 'a\ud800'],
    ['a middle dot elsewhere', 'a·b'],
    ['Arabic digits of both kinds', '\u0627\u0661\u06f1'],
    ['a Katakana dot between Latin letters', 'a・b'],
    ['directions mixed', 'שלוםa'],
    ['letters from right to left after others', 'aש'],
    ['digits before letters from right to left', '1ש'],
    ['a tatweel', 'ا\u0640ا'],
    ['1,024 bytes', 'é'.repeat(512)],
  ])('but not %s', (_, text) => {
    expect(() => prepareLocalpart(text)).toThrow(PrepareError)
  })
})

describe('A domain is prepared:', () => {
  test.each([
    ['in small letters', 'Example.COM', 'example.com'],
    ['without the dot at its end', 'example.com.', 'example.com'],
    ['a single label', 'localhost', 'localhost'],
    ['labels of Unicode', 'MÜNCHEN.example', 'münchen.example'],
    ['labels of punycode as what they mean', 'XN--mnchen-3ya.example', 'münchen.example'],
    ['sharp s kept', 'faß.example', 'faß.example'],
    ['an ideographic full stop', 'a。example', 'a.example'],
    ['an IPv4 address', '127.0.0.1', '127.0.0.1'],
    ['an IPv6 address', '[::1]', '[::1]'],
    ['a label of digits', '1', '1'],
  ])('%s', (_, text, prepared) => {
    expect(prepareDomain(text)).toBe(prepared)
  })

  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['an empty label', 'a..b'],
    ['two dots at the end', 'a..'],
    ['a space', 'a b'],
    ['an @', 'a@b'],
    ['a slash', 'a/b'],
    ['a colon', 'a:5222'],
    ['a percent sign', 'a%41'],
    ['a hyphen at the edge', '-a.example'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example`],
    ['punycode that means nothing', 'xn--\u0061\u0062--.example'],
    ['an IPv6 address without brackets', '::1'],
    ['a wrong IPv6 address', '[::g]'],
    ['an open bracket', '[::1'],
    ['full-width digits that would be an address', '１２７.1'],
    ['more than 1,023 bytes', 'a.'.repeat(600) + 'a'],
    ['a lone surrogate', '\ud800.example'],
  ])('but not %s', (_, text) => {
    expect(() => prepareDomain(text)).toThrow(PrepareError)
  })
})

describe('A resource is prepared:', () => {
  test.each([
    ['capitals kept', 'Phone', 'Phone'],
    ['spaces of all kinds as space', 'a\u00a0b\u3000c', 'a b c'],
    ['symbols and emoji', 'a☃😀', 'a☃😀'],
    ['full-width letters kept', 'Ａ', 'Ａ'],
    ['combining characters composed', 'e\u0301', 'é'],
  ])('%s', (_, text, prepared) => {
    expect(prepareResource(text)).toBe(prepared)
  })

  test.each([
    ['nothing', ''],
    ['a control character', 'a\n'],
    ['a zero width space', 'a\u200b'],
    ['an unassigned code point', '\u0378'],
    ['a private character', '\ue000'],
    ['a lone surrogate', '\udc00'],
    ['1,024 bytes', 'a'.repeat(1024)],
  ])('but not %s', (_, text) => {
    expect(() => prepareResource(text)).toThrow(PrepareError)
  })
})

describe('A password is prepared by SASLprep:', () => {
  // The examples of RFC 4013 §3, and what browsers and phones type.
  test.each([
    ['a soft hyphen means nothing', 'I\u00adX', 'IX'],
    ['capitals are kept', 'USER', 'USER'],
    ['compatibility characters are resolved', '\u00aa\u2168', 'aIX'],
    ['spaces of all kinds are spaces', 'a\u00a0b', 'a b'],
    ['unassigned code points pass', 'a\u0378', 'a\u0378'],
  ])('%s', (_, text, prepared) => {
    expect(preparePassword(text)).toBe(prepared)
  })

  test.each([
    ['nothing', ''],
    ['soft hyphens alone', '\u00ad\u00ad'],
    ['a control character', '\u0007'],
    ['directions mixed', '\u06271'],
    ['a lone surrogate', 'a\ud800'],
  ])('but not %s', (_, text) => {
    expect(() => preparePassword(text)).toThrow(PrepareError)
  })

  test('and a reason never quotes it', () => {
    expect(() => preparePassword('secret\u0007')).toThrow(/^(?!.*secret)/)
  })
})

describe('Whatever the text, preparing is refused with a PrepareError or changes nothing the second time:', () => {
  const single = fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point))
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    single,
    fc.tuple(single, single).map(([a, b]) => a + b),
    fc
      .tuple(fc.constantFrom('a', 'l', 'ש', 'e', 'が', '1'), single, fc.constantFrom('', 'l', '\u0301', 'ש'))
      .map((all) => all.join('')),
  )

  test.each<[string, (text: string) => string]>([
    ['localpart', prepareLocalpart],
    ['domain', prepareDomain],
    ['resource', prepareResource],
  ])('%s', (_, prepare) => {
    fc.assert(
      fc.property(text, (written) => {
        const once = attempt(prepare, written)
        if (once !== undefined) expect(prepare(once)).toBe(once)
      }),
      { numRuns: 4000 },
    )
  })
})

function attempt(prepare: (text: string) => string, text: string): string | undefined {
  try {
    return prepare(text)
  } catch (error) {
    if (error instanceof PrepareError) return undefined
    throw error
  }
}
