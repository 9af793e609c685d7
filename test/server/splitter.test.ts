// A component's stream cut into its parts: the same ones however the bytes come, and a fault for what is no stream.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type StreamPart, StreamSplitter } from '../../server/splitter.js'
import { readFrame, type XmlCondition, XmlError } from '../../server/xml.js'
import { documents } from './xml-arbitrary.js'
import { readByReference } from './xml-reference.js'

const limits = { bytes: 65536, depth: 64 }
const header = '<stream:stream xmlns="jabber:component:accept" xmlns:stream="urn:s" to=\'a&amp;b>c\'>'
const opened: StreamPart = {
  kind: 'open',
  name: 'stream',
  namespace: 'urn:s',
  attributes: new Map([['to', 'a&b>c']]),
  defaultNamespace: 'jabber:component:accept',
  prefixes: new Map([['stream', 'urn:s']]),
}

function split(chunks: readonly string[], bounds = limits): StreamPart[] {
  const splitter = new StreamSplitter(bounds)
  return chunks.flatMap((chunk) => splitter.push(chunk))
}

function conditionOf(chunks: readonly string[], bounds = limits): XmlCondition | undefined {
  try {
    split(chunks, bounds)
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error.condition
    throw error
  }
}

const stanza = (text: string): StreamPart => ({ kind: 'stanza', text })

describe('A stream', () => {
  const tricky = `<a b='>"/>' c=">">d<![CDATA[</a>]]]>]]><a>/</a><b/></a  >`

  test('is cut into header, stanzas and end', () => {
    const text = `<?xml version='1.0' encoding="UTF-8"?>\n${header}\r\n${tricky} <b/><c ></c>\n</stream:stream >\n`
    expect(split([text])).toEqual([opened, stanza(tricky), stanza('<b/>'), stanza('<c ></c>'), { kind: 'close' }])
  })

  test('can end with its header', () => {
    expect(split(['<stream xmlns="u"/>']).map(({ kind }) => kind)).toEqual(['open', 'close'])
  })

  test('gives each part as soon as it is complete', () => {
    const splitter = new StreamSplitter(limits)
    expect(splitter.push(header.slice(0, -1))).toEqual([])
    expect(splitter.push('>')).toEqual([opened])
    expect(splitter.push('<a><b/></a')).toEqual([])
    expect(splitter.push('><c')).toEqual([stanza('<a><b/></a>')])
    expect(splitter.push('/>')).toEqual([stanza('<c/>')])
    expect(splitter.push('</stream:stream>')).toEqual([{ kind: 'close' }])
  })

  test('may rest: white space between stanzas keeps it alive and costs nothing', () => {
    expect(split([header, ' ', '\n'.repeat(1000), '<a/>'], { bytes: 200, depth: 2 })).toEqual([opened, stanza('<a/>')])
  })
})

test('Every chunking of a stream gives the same parts, and each is what stood there', () => {
  const stanzas = fc.array(
    documents.filter((text) => readByReference(text).kind === 'tree'),
    { maxLength: 3 },
  )
  const streams = fc.tuple(stanzas, fc.array(fc.nat(), { maxLength: 20 }))
  fc.assert(
    fc.property(streams, ([texts, cuts]) => {
      const text = `${header}${texts.join('\n')}</stream:stream>`
      const expected = [opened, ...texts.map(stanza), { kind: 'close' }]
      expect(split([text])).toEqual(expected)
      expect(split(chunked(text, cuts))).toEqual(expected)
      expect(split([...text])).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('What is no stream is refused with the same condition however it comes', () => {
  const pieces = [
    '<a>',
    '</a>',
    '<a b="',
    '">',
    '<!',
    '<!--',
    '<![CDATA[',
    ']]>',
    '<?x?>',
    'x',
    ' ',
    '</stream:stream>',
  ]
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 10 }).map((parts) => header + parts.join(''))
  fc.assert(
    fc.property(text, (stream) => {
      expect(conditionOf([...stream])).toBe(conditionOf([stream]))
    }),
    { numRuns: 2000 },
  )
})

describe('A stream is refused for', () => {
  test.each<[string, XmlCondition, string]>([
    ['text before the header', 'not-well-formed', 'x'],
    ['an end before the start', 'not-well-formed', '</stream:stream>'],
    ['a header that is not well-formed', 'not-well-formed', '<stream:stream>'],
    ['a CDATA section before the header', 'not-well-formed', '<![CDATA[]]>'],
    ['text between stanzas', 'not-well-formed', `${header}<a/>b`],
    ['a CDATA section between stanzas', 'not-well-formed', `${header}<![CDATA[]]>`],
    ['an end tag of another name', 'not-well-formed', `${header}</stream>`],
    ['a tag without a name', 'not-well-formed', `${header}< a/>`],
    ['something after its end', 'not-well-formed', `${header}</stream:stream><a/>`],
    ['markup that XML does not know', 'not-well-formed', `${header}<a><![cdata[`],
    ['an encoding other than UTF-8', 'not-well-formed', '<?xml version="1.0" encoding="ISO-8859-1"?>'],
    ['an XML declaration without version', 'not-well-formed', '<?xml encoding="UTF-8"?>'],
    ['an XML declaration after white space', 'restricted-xml', ' <?xml version="1.0"?>'],
    ['a second XML declaration', 'restricted-xml', '<?xml version="1.0"?><?xml version="1.0"?>'],
    ['another processing instruction at its start', 'restricted-xml', '<?xml-stylesheet href="a"?>'],
    ['a DOCTYPE', 'restricted-xml', '<?xml version="1.0"?><!DOCTYPE a>'],
    ['a comment before the header', 'restricted-xml', '<!-- a -->'],
    ['a comment between stanzas', 'restricted-xml', `${header}<!--`],
    ['a comment in a stanza', 'restricted-xml', `${header}<a><!-- </a> -->`],
    ['a processing instruction in a stanza', 'restricted-xml', `${header}<a><?b`],
  ])('%s (%s)', (_, condition, text) => {
    expect(conditionOf([text])).toBe(condition)
    expect(conditionOf([...text])).toBe(condition)
  })
})

describe('A bound is kept before the stanza is complete:', () => {
  const bounds = { bytes: 100, depth: 3 }

  test.each<[string, string]>([
    ['a header that is too long', `<stream:stream a="${'b'.repeat(100)}`],
    ['a stanza that is too long', `${header}<a>${'b'.repeat(100)}`],
    ['a stanza that is too long in UTF-8 only', `${header}<a>${'é'.repeat(50)}`],
    ['a tag that never ends', `${header}<a ${' '.repeat(100)}`],
    ['a CDATA section that never ends', `${header}<a><![CDATA[${' '.repeat(100)}`],
    ['an end tag that never ends', `${header}</${' '.repeat(100)}`],
    ['an XML declaration that never ends', `<?xml ${' '.repeat(300)}`],
    ['elements that are nested too deeply', `${header}<a><b><c><d>`],
  ])('%s', (_, text) => {
    expect(conditionOf([text], bounds)).toBe('policy-violation')
    expect(conditionOf([...text], bounds)).toBe('policy-violation')
  })

  test('and what is just within it passes', () => {
    expect(conditionOf([`${header}<a><b><c/></b></a>${`<a>${'b'.repeat(93)}</a>`.repeat(3)}`], bounds)).toBeUndefined()
  })
})

test('A stanza is read with what the header declares', () => {
  const [open, part] = split([header, '<message><stream:x/></message>'])
  if (open?.kind !== 'open' || part?.kind !== 'stanza') return expect.unreachable()
  const frame = readFrame(part.text, limits, { ...open, mapTo: 'jabber:client' })
  expect(frame).toMatchObject({ namespace: 'jabber:client', extra: ' xmlns:stream="urn:s"' })
})

test('A long stanza that comes in tiny pieces costs no more than its length', () => {
  const body = 'b'.repeat(250_000)
  const splitter = new StreamSplitter({ bytes: 262_144, depth: 64 })
  splitter.push(`${header}<a>`)
  for (const character of body) splitter.push(character)
  expect(splitter.push('</a>')).toEqual([stanza(`<a>${body}</a>`)])
})

function chunked(text: string, cuts: readonly number[]): string[] {
  const borders = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length]
  return borders.slice(1).map((border, index) => text.slice(borders[index], border))
}
