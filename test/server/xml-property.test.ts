// The property that the whole server stands on: what is not refused goes out as the same tree (RFC 6120 §11).

import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  childElement,
  el,
  escapeAttribute,
  type Frame,
  frameElement,
  type Inherited,
  parse,
  readFrame,
  serialize,
  XmlError,
} from '../../server/xml.js'
import { isXmlCharacter } from '../../server/xml/characters.js'
import { brokenDocuments, documents, rubbish } from './xml-arbitrary.js'
import { mapNamespace, readByReference, type Tree, treeOf } from './xml-reference.js'

const limits = { depth: 64 }
// A machine that is busy with other things may take its time.
vi.setConfig({ testTimeout: 120_000 })

const runs = { numRuns: Number(process.env['XML_RUNS'] ?? 600) }

describe('A frame that is read is the frame that is sent, or an XmlError', () => {
  test('for documents that are mostly valid', () => {
    fc.assert(fc.property(documents, agree), runs)
  })

  test('for documents with something broken', () => {
    fc.assert(fc.property(brokenDocuments, agree), runs)
  })

  test('for strings of markup', () => {
    fc.assert(fc.property(rubbish, agree), runs)
  })

  test('for any string', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), agree), runs)
  })
})

describe('A stanza of a component is the same one after its stream is gone', () => {
  const header = {
    defaultNamespace: 'jabber:component:accept',
    prefixes: new Map([
      ['stream', 'http://etherx.jabber.org/streams'],
      ['p', 'jabber:component:accept'],
      ['q', 'a"b'],
    ]),
  }
  const around = (text: string): string =>
    '<stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams"' +
    ` xmlns:p="jabber:component:accept" xmlns:q='a"b'>${text}</stream:stream>`

  test('when it keeps its namespace', () => {
    fc.assert(
      fc.property(fc.oneof(documents, brokenDocuments), (text) => agreeInside(text, around, header)),
      runs,
    )
  })

  test('when its namespace becomes that of clients', () => {
    const inherited = { ...header, mapTo: 'jabber:client' }
    fc.assert(
      fc.property(fc.oneof(documents, brokenDocuments), (text) => agreeInside(text, around, inherited)),
      runs,
    )
  })
})

test('What is taken is written as a tree with at most four times its length more, however it uses prefixes', () => {
  const namespace = fc.integer({ min: 1, max: 1024 }).map((length) => '"'.repeat(length % 7) + 'u'.repeat(length))
  const inside = fc.constantFrom('<p:b/>', '<b p:c=""/>', '<b p:c="" q:d=""/>', '<p:b><b/></p:b>', '<p:b><q:b/></p:b>')
  const times = fc.integer({ min: 1, max: 300 })
  const root = fc.constantFrom('a', 'p:a')
  const document = fc
    .tuple(namespace, namespace, namespace, fc.array(inside, { minLength: 1, maxLength: 4 }), times, root)
    .map(
      ([own, p, q, some, count, name]) =>
        `<${name} xmlns='${own}' xmlns:p='${p}' xmlns:q='${q}'>${some.join('').repeat(count)}</${name}>`,
    )
  let taken = 0
  let refused = 0
  fc.assert(
    fc.property(document, (text) => {
      const frame = attempt(text)
      if (frame instanceof XmlError) {
        refused++
        expect(frame.condition).toBe('policy-violation')
        return
      }
      taken++
      // The declarations around the namespaces are no longer than the elements that they stand in.
      const most = (1 + 4 + 2) * text.length + 4096
      expect(serialize(frameElement(frame)).length).toBeLessThan(most)
      expect(relayed(frame, frame.namespace).length).toBeLessThan(most)
    }),
    runs,
  )
  expect(taken).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})

test('Any string that we write is read as that string without what XML cannot carry', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (characters) => {
      const carried = [...characters].filter((character) => isXmlCharacter(character.codePointAt(0) ?? 0)).join('')
      const { attributes, content } = treeOf(serialize(el('a', { b: characters }, characters)))
      expect(attributes).toEqual([['{}b', carried]])
      expect(content).toEqual(carried === '' ? [] : [carried])
    }),
    runs,
  )
})

function agree(text: string): void {
  const reading = readByReference(text)
  const read = attempt(text)
  if (read instanceof XmlError) {
    if (read.condition === 'not-well-formed')
      expect(reading.kind === 'tree' && !knownDifference(text), text).toBe(false)
    if (read.condition === 'restricted-xml') expect(reading.kind, text).not.toBe('tree')
    return
  }
  expect(reading.kind, text).toBe('tree')
  if (reading.kind === 'tree') expectSame(read, reading.tree)
}

function agreeInside(text: string, around: (text: string) => string, inherited: Inherited): void {
  const reading = readByReference(around(text))
  const read = attempt(text, inherited)
  if (read instanceof XmlError) return
  expect(reading.kind, text).toBe('tree')
  if (reading.kind !== 'tree') return
  const [inside] = reading.tree.content
  if (typeof inside !== 'object') throw new Error(`no element in ${text}`)
  const { defaultNamespace, mapTo = defaultNamespace } = inherited
  expectSame(read, mapNamespace(inside, defaultNamespace, mapTo))
}

function expectSame(frame: Frame, tree: Tree): void {
  const serialized = serialize(frameElement(frame))
  expect(treeOf(relayed(frame, frame.namespace))).toEqual(tree)
  expect(treeOf(serialized)).toEqual(tree)
  expect(readByReference(serialized)).toHaveProperty('prefixes', [])
  expect(serialize(parse(serialized))).toBe(serialized)
  expect(`{${frame.namespace}}${frame.name}`).toBe(tree.name)
  expectSameInside(frame, tree)
}

function expectSameInside(frame: Frame, tree: Tree): void {
  const inside = tree.content.filter((node) => typeof node === 'object')
  expect(frame.children.map(({ namespace, name }) => `{${namespace}}${name}`)).toEqual(inside.map(({ name }) => name))
  expect(frame.children.map((child) => treeOf(serialize(childElement(frame, child))))).toEqual(inside)
  expect(frame.hasText).toBe(tree.content.some((node) => typeof node === 'string' && /[^ \t\r\n]/.test(node)))
  expect([...frame.attributes.values()].sort()).toEqual(tree.attributes.map(([, value]) => value).sort())
}

/** As the router writes it. */
function relayed(frame: Frame, namespace: string): string {
  let head = `<${frame.name} xmlns="${escapeAttribute(namespace)}"`
  for (const name of ['to', 'from', 'id', 'type', 'xml:lang']) {
    const value = frame.attributes.get(name)
    if (value !== undefined) head += ` ${name}="${escapeAttribute(value)}"`
  }
  return `${head}${frame.extra}>${frame.inner}</${frame.name}>`
}

function attempt(text: string, inherited?: Inherited): Frame | XmlError {
  try {
    return readFrame(text, limits, inherited)
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
}

/**
 * What saxes takes and we do not: white space or a byte order mark before the frame (RFC 7395 §3.3.3), lone surrogates,
 * and names of which only one half is a name.
 */
function knownDifference(text: string): boolean {
  return /^[\s\uFEFF]|\p{Cs}|:[-0-9]/u.test(text)
}
