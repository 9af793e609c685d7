// The verification string (XEP-0115 §5): the XEP's own examples, and every way in which an answer can be unfit to share.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { featuresOf, isVerified } from '../../extensions/caps/verification.js'
import { type Element, parse } from '../../server/xml.js'

const info = (inside: string): Element =>
  parse(`<query xmlns='http://jabber.org/protocol/disco#info'>${inside}</query>`)

const sha1 = (described: string): string => createHash('sha1').update(described).digest('base64')

const exodus = `<identity category='client' name='Exodus 0.9.1' type='pc'/>
  <feature var='http://jabber.org/protocol/muc'/>
  <feature var='http://jabber.org/protocol/disco#items'/>
  <feature var='http://jabber.org/protocol/caps'/>
  <feature var='http://jabber.org/protocol/disco#info'/>`

const softwareInfo = `<x xmlns='jabber:x:data' type='result'>
  <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
  <field var='ip_version' type='text-multi'><value>ipv6</value><value>ipv4</value></field>
  <field var='software'><value>Psi</value></field>
  <field var='os'><value>Mac</value></field>
  <field var='os_version'><value>10.5.1</value></field>
  <field var='software_version'><value>0.11</value></field>
</x>`

const psi = `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
  <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/>
  <feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/>
  <feature var='http://jabber.org/protocol/muc'/>${softwareInfo}`

const form = (...fields: readonly string[]): string => `<x xmlns='jabber:x:data' type='result'>${fields.join('')}</x>`
const formType = (...values: readonly string[]): string =>
  `<field var='FORM_TYPE' type='hidden'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`

describe('a verification string', () => {
  test('is that of the simple example of XEP-0115 §5.2', () => {
    expect(isVerified(info(exodus), 'sha-1', 'QgayPKawpkPSDYmwT/WM94uAlu0=')).toBe(true)
  })

  test('is that of the complex example of XEP-0115 §5.3, whatever the order in the answer', () => {
    expect(isVerified(info(psi), 'sha-1', 'q07IKJEyjvHSyhy//CH0CxmKi8w=')).toBe(true)
  })

  test('of another answer does not fit', () => {
    expect(isVerified(info(exodus), 'sha-1', 'q07IKJEyjvHSyhy//CH0CxmKi8w=')).toBe(false)
    expect(isVerified(info(exodus.replace('#items', '#other')), 'sha-1', 'QgayPKawpkPSDYmwT/WM94uAlu0=')).toBe(false)
  })

  test('can be made with SHA-256 and its relatives as well, and with no hash function that we do not know', () => {
    const ver = createHash('sha256').update('client/pc//<a<').digest('base64')
    const query = info(`<identity category='client' type='pc'/><feature var='a'/>`)
    expect(isVerified(query, 'sha-256', ver)).toBe(true)
    expect(isVerified(query, 'sha-512', ver)).toBe(false)
    expect(isVerified(query, 'md5', createHash('md5').update('client/pc//<a<').digest('base64'))).toBe(false)
    expect(isVerified(query, 'constructor', ver)).toBe(false)
  })

  test('sorts by bytes, not by the units of JavaScript', () => {
    // U+FF5E comes before U+1F600 in bytes, and after it in UTF-16.
    const query = info(`<feature var='\u{1F600}'/><feature var='\uFF5E'/>`)
    expect(isVerified(query, 'sha-1', sha1('\uFF5E<\u{1F600}<'))).toBe(true)
  })

  test('leaves out a form whose FORM_TYPE is missing or not hidden', () => {
    const ignored = `${form(`<field var='a'><value>1</value></field>`)}${form(formType('t').replace('hidden', 'text-single'))}`
    expect(isVerified(info(`<feature var='f'/>${ignored}`), 'sha-1', sha1('f<'))).toBe(true)
  })

  test.each([
    [
      'two identities that are the same',
      `<identity category='c' type='t'/><identity category='c' type='t'/>`,
      'c/t//<c/t//<',
    ],
    ['a feature twice', `<feature var='f'/><feature var='f'/>`, 'f<f<'],
    ['two forms of one type', `${form(formType('t'))}${form(formType('t'))}`, 't<t<'],
    ['a form of two types', form(formType('t', 'u')), 't<'],
    ['a feature that hides another one', `<feature var='f&lt;g'/>`, 'f<g<'],
    ['a name that hides a feature', `<identity category='c' type='t' name='n&lt;f'/>`, 'c/t//n<f<'],
  ])('does not hold for an answer with %s', (_, inside, described) => {
    expect(isVerified(info(inside), 'sha-1', sha1(described))).toBe(false)
  })
})

describe('the features of an answer', () => {
  test('are the names in it', () => {
    expect(
      featuresOf(info(`<identity category='c' type='t'/><feature var='a'/><feature var='b'/><feature var='a'/>`)),
    ).toEqual(new Set(['a', 'b']))
  })

  test('are none of an answer that is something else', () => {
    expect(featuresOf(parse(`<query xmlns='jabber:iq:roster'><feature var='a'/></query>`))).toBeUndefined()
    expect(
      featuresOf(parse(`<info xmlns='http://jabber.org/protocol/disco#info'><feature var='a'/></info>`)),
    ).toBeUndefined()
  })

  test('are not taken from an answer that is too large to remember', () => {
    const many = (count: number): Element => info(`<feature var='${'x'.repeat(99)}'/>`.repeat(count))
    expect(featuresOf(many(163))).toEqual(new Set(['x'.repeat(99)]))
    expect(featuresOf(many(164))).toBeUndefined()
    expect(featuresOf(info(`<feature var=''/>`.repeat(16_385)))).toBeUndefined()
  })
})
