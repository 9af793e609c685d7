// The worst that fits into a frame takes time in proportion to its length.

import { describe, expect, test } from 'vitest'
import { parseJid } from '../../server/jid.js'
import { type Content, readStanza } from '../../server/stanza.js'
import { frameElement, type Inherited, readFrame, serialize, XmlError } from '../../server/xml.js'

const size = 256 * 1024
/** Milliseconds. */
const floor = 80

/** Each makes a text of about that many characters. */
const worst: Readonly<Record<string, (length: number) => string>> = {
  'one long text': (length) => `<a>${'b'.repeat(length)}</a>`,
  'a text of references': (length) => `<a>${'&amp;'.repeat(length / 5)}</a>`,
  'a text of brackets': (length) => `<a>${']'.repeat(length)}</a>`,
  'a reference with many zeros': (length) => `<a>&#${'0'.repeat(length)}65;</a>`,
  'references that are not closed': (length) => `<a>${'&#1'.repeat(length / 3)}</a>`,
  'a text of astral characters': (length) => `<a>${'😀'.repeat(length / 2)}</a>`,
  'a long value of line ends': (length) => `<a b="${'\r\n'.repeat(length / 2)}"/>`,
  'a long value of references': (length) => `<a b="${'&#x10FFFF;'.repeat(length / 10)}"/>`,
  'a long name': (length) => `<${'n'.repeat(length / 2)}></${'n'.repeat(length / 2)}>`,
  'white space in a tag': (length) => `<a${' '.repeat(length)}/>`,
  'thousands of children': (length) => `<a>${'<b/>'.repeat(length / 4)}</a>`,
  'thousands of children with text between': (length) => `<a>${'c<b/>'.repeat(length / 5)}</a>`,
  'children with 256 attributes each': (length) => `<a>${manyAttributes.repeat(length / manyAttributes.length)}</a>`,
  'declarations that repeat': (length) => `<a xmlns="u">${'<b xmlns="u"/>'.repeat(length / 14)}</a>`,
  'prefixes declared on every level': (length) => layers(length, '<a xmlns:p="u" xmlns:q="v">'),
  'prefixes of the root used everywhere': (length) => `<p:a xmlns:p="u">${'<p:b p:c=""/>'.repeat(length / 13)}</p:a>`,
  'a long namespace under two prefixes': (length) =>
    `<p:a xmlns:p="${longest}" xmlns:q="${longest}">${'<q:b/>'.repeat(length / 6)}</p:a>`,
  'a long namespace on every element': (length) =>
    `<p:a xmlns:p="u" xmlns:q="${longest}">${'<q:b/>'.repeat(length / 6)}</p:a>`,
  'depth beyond every bound': (length) => '<a>'.repeat(length / 3),
  'CDATA sections': (length) => `<a>${'<![CDATA[]]>'.repeat(length / 12)}</a>`,
  'CDATA that is not closed': (length) => `<a>${'<![CDATA['.repeat(length / 9)}</a>`,
  'quotes that are not closed': (length) => `<a>${'<b c=">'.repeat(length / 7)}</a>`,
  'attributes without end': (length) => `<a ${Array.from({ length: length / 9 }, (_, n) => `b${n}=""`).join(' ')}/>`,
}

const longest = 'u'.repeat(1024)
const manyAttributes = `<b ${Array.from({ length: 256 }, (_, index) => `c${index}=""`).join(' ')}/>`

function layers(length: number, start: string): string {
  const deep = start.repeat(500) + '</a>'.repeat(500)
  return `<a>${deep.repeat(length / deep.length)}</a>`
}

describe('Eight times the text takes about eight times as long:', () => {
  test.each(Object.entries(worst))('%s', (_, make) => {
    const small = make(size / 8)
    const large = make(size)
    expectLinear(
      () => work(small),
      () => work(large),
    )
  })
})

/** Questions to a stanza, each of which looks at every child. */
const questions: Readonly<Record<string, (content: Content) => unknown>> = {
  'all children as trees': (content) => content.elements(),
  'the last child': (content) => content.find('last', 'jabber:client'),
  'taking every second one out': (content) => {
    let second = false
    return content.without('stanza-id', 'urn:xmpp:sid:0', () => (second = !second))
  },
  'taking all of them out': (content) => content.without('stanza-id', 'urn:xmpp:sid:0', () => true),
}

describe('Sixteen times the stanza takes about sixteen times as long, however much stands in its start tag:', () => {
  test.each(Object.entries(questions))('%s', (_, ask) => {
    expectLinear(
      () => ask(crowded(size / 64)),
      () => ask(crowded(size / 4)),
    )
  })
})

/** Half of it is the start tag, which declares a prefix, and half is children. */
function crowded(length: number): Content {
  const extra = `xmlns:p="u" p:b="${'&#97;'.repeat(length / 10)}"`
  const child = '<stanza-id xmlns="urn:xmpp:sid:0"/>'
  const children = child.repeat(length / 2 / child.length)
  const xml = `<message xmlns="jabber:client" ${extra}>${children}<last/></message>`
  return readStanza(readFrame(xml, { depth: 64 }), parseJid('a@localhost')).content
}

function expectLinear(small: () => void, large: () => void): void {
  small()
  const once = Math.min(milliseconds(small), milliseconds(small))
  // A quadratic way would take at least 64 times as long. What stays under the floor cannot hurt, and is too short to compare.
  const bound = Math.max(once * 40, floor)
  expect(fastest(large, bound)).toBeLessThan(bound)
}

const component: Inherited = { defaultNamespace: 'u', prefixes: new Map([['p', 'u']]), mapTo: 'v' }

/** Every way that a frame can go. */
function work(text: string): void {
  attempt(() => serialize(frameElement(readFrame(text, { depth: 1e9 }))))
  attempt(() => readFrame(text, { depth: 1e9 }, component))
}

function attempt(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
  }
}

/** The best of three, or the first that is good enough: a collection of garbage shall not count. */
function fastest(run: () => void, enough: number): number {
  let best = milliseconds(run)
  for (let more = 2; more > 0 && best >= enough; more--) best = Math.min(best, milliseconds(run))
  return best
}

/** Of this process's own time: what else the machine does shall not count. */
function milliseconds(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
