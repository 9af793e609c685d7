import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJid } from '../../server/jid.js'
import { Content, readStanza, reviveStanza, type Stanza, writeStanza } from '../../server/stanza.js'
import { el, parse, readFrame } from '../../server/xml.js'

const romeo = parseJid('romeo@localhost/orchard')
const read = (xml: string): Stanza => readStanza(readFrame(xml, { depth: 64 }), romeo)

describe('the head', () => {
  test('`from` is what the stream says, whatever the sender wrote', () => {
    expect(
      writeStanza(
        read('<message xmlns="jabber:client" from="nurse@localhost" to="juliet@localhost"><body>x</body></message>'),
      ),
    ).toBe(
      '<message xmlns="jabber:client" from="romeo@localhost/orchard" to="juliet@localhost"><body>x</body></message>',
    )
  })

  for (const [xml, condition] of [
    ['<iq xmlns="jabber:client" type="get"><x xmlns="y"/></iq>', 'bad-request'],
    ['<iq xmlns="jabber:client" id="1"><x xmlns="y"/></iq>', 'bad-request'],
    ['<iq xmlns="jabber:client" id="1" type="put"/>', 'bad-request'],
    ['<presence xmlns="jabber:client" type="lurking"/>', 'bad-request'],
    ['<message xmlns="jabber:client" to="@"/>', 'jid-malformed'],
  ] as const) {
    test(`${xml} is ${condition}`, () =>
      expect(() => read(xml)).toThrow(expect.objectContaining({ condition }) as Error))
  }
})

const content = (...names: readonly string[]): Content =>
  Content.of(...names.map((name) => el(name, { xmlns: 'urn:x' }, name)))

describe('the inside', () => {
  test('a child is found by name and namespace, never by prefix', () => {
    const { content: found } = read('<message xmlns="jabber:client"><p:a xmlns:p="urn:x">1</p:a><a>2</a></message>')
    expect(found.find('a', 'urn:x')?.getText()).toBe('1')
    expect(found.find('a', 'jabber:client')?.getText()).toBe('2')
    expect(found.find('a', 'urn:y')).toBeUndefined()
  })

  test('what is taken out leaves the rest as it was, text and index alike', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    fc.assert(
      fc.property(fc.array(name, { maxLength: 8 }), name, (names, gone) => {
        const left = content(...names).without(gone, 'urn:x', () => true)
        const expected = content(...names.filter((other) => other !== gone))
        expect(left.inner).toBe(expected.inner)
        expect(left.children).toEqual(expected.children)
        expect(left.elements().map(String)).toEqual(expected.elements().map(String))
      }),
    )
  })

  test('nothing taken out is the same object', () => {
    const whole = content('a', 'b')
    expect(whole.without('c', 'urn:x', () => true)).toBe(whole)
    expect(whole.without('a', 'urn:x', () => false)).toBe(whole)
  })

  test('what is added stands at the end, and changes nothing that was there', () => {
    const before = content('a')
    const after = before.with(el('b', { xmlns: 'urn:x' }))
    expect(before.inner).toBe('<a xmlns="urn:x">a</a>')
    expect(after.inner).toBe('<a xmlns="urn:x">a</a><b xmlns="urn:x"/>')
  })
})

test('a message comes back however many attributes it has once its namespaces are spelled out', () => {
  const numbers = Array.from({ length: 200 }, (_, index) => index)
  const declared = numbers.map((n) => ` xmlns:p${n}="u${n}"`).join('')
  const used = numbers.map((n) => ` p${n}:x="1"`).join('')
  const message = read(
    `<c:message xmlns:c="jabber:client" to="juliet@localhost"><w xmlns="w"${declared}><z${used}/></w></c:message>`,
  )
  const kept = writeStanza(message)
  expect(() => readFrame(kept, { depth: 64 })).toThrow('too many attributes')
  expect(writeStanza(reviveStanza(kept))).toBe(kept)
})

test('what was written and kept comes back as the same stanza', () => {
  const xml =
    '<message xmlns="jabber:client" from="romeo@localhost/orchard" to="juliet@localhost" type="chat" id="&quot;1&quot;" xml:lang="it"><body>&lt;3 🥀</body></message>'
  expect(writeStanza(reviveStanza(xml))).toBe(xml)
  expect(parse(xml).getChildText('body')).toBe('<3 🥀')
})
