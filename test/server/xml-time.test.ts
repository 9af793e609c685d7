// The worst that fits into a frame takes time in proportion to its length.

import { describe, expect, test } from 'vitest'
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
  'depth beyond every bound': (length) => '<a>'.repeat(length / 3),
  'CDATA sections': (length) => `<a>${'<![CDATA[]]>'.repeat(length / 12)}</a>`,
  'CDATA that is not closed': (length) => `<a>${'<![CDATA['.repeat(length / 9)}</a>`,
  'quotes that are not closed': (length) => `<a>${'<b c=">'.repeat(length / 7)}</a>`,
  'attributes without end': (length) => `<a ${Array.from({ length: length / 9 }, (_, n) => `b${n}=""`).join(' ')}/>`,
}

const manyAttributes = `<b ${Array.from({ length: 256 }, (_, index) => `c${index}=""`).join(' ')}/>`

function layers(length: number, start: string): string {
  const deep = start.repeat(500) + '</a>'.repeat(500)
  return `<a>${deep.repeat(length / deep.length)}</a>`
}

describe('Eight times the text takes about eight times as long:', () => {
  test.each(Object.entries(worst))('%s', (_, make) => {
    const small = make(size / 8)
    const large = make(size)
    work(small)
    const once = Math.min(
      milliseconds(() => work(small)),
      milliseconds(() => work(small)),
    )
    // A quadratic way would take 64 times as long. What stays under the floor cannot hurt, and is too short to compare.
    const bound = Math.max(once * 40, floor)
    expect(fastest(() => work(large), bound)).toBeLessThan(bound)
  })
})

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
