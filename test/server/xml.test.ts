// What readFrame takes, refuses and finds; the tree, its questions and its writer.

import { describe, expect, test } from 'vitest'
import {
  attr,
  child,
  childElement,
  children,
  el,
  Element,
  escapeAttribute,
  escapeText,
  type Frame,
  frameElement,
  namespaceOf,
  parse,
  readFrame,
  rereadFrame,
  serialize,
  text,
  type XmlCondition,
  XmlError,
} from '../../server/xml.js'

const limits = { depth: 64 }
const read = (xml: string): Frame => readFrame(xml, limits)

function conditionOf(xml: string): XmlCondition | undefined {
  try {
    read(xml)
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error.condition
    throw error
  }
}

describe('A frame that is not one well-formed element is not-well-formed:', () => {
  test.each([
    ['nothing', ''],
    ['white space alone', ' \r\n'],
    ['text alone', 'hello'],
    ['white space before the element', ' <a/>'],
    ['a byte order mark', '\uFEFF<a/>'],
    ['two elements', '<a/><b/>'],
    ['text after the element', '<a/>b'],
    ['an end tag after the element', '<a/></a>'],
    ['an end tag alone', '</a>'],
    ['a CDATA section alone', '<![CDATA[a]]>'],
    ['an element that is not closed', '<a>'],
    ['an inner element that is not closed', '<a><b></a>'],
    ['elements that overlap', '<a><b></a></b>'],
    ['an end tag in another case', '<a></A>'],
    ['an end tag that goes on', '<a></ab>'],
    ['an end tag that is too short', '<ab></a>'],
    ['an end tag with an attribute', '<a></a b="c">'],
    ['an end tag with white space before its name', '<a></ a>'],
    ['a start tag that ends too early', '<a'],
    ['a start tag that ends in its white space', '<a '],
    ['a name that is missing', '<>'],
    ['white space before a name', '< a/>'],
    ['a name that starts with a digit', '<1/>'],
    ['a name that starts with a hyphen', '<-a/>'],
    ['a name with a character of no name', '<a×/>'],
    ['a name that starts with a combining character', '<\u0300a/>'],
    ['a slash that is not at the end', '<a / >'],
    ['an attribute without a value', '<a b/>'],
    ['an attribute without an equals sign', '<a b"c"/>'],
    ['a value without quotes', '<a b=c/>'],
    ['a value whose quote is not closed', '<a b="c/>'],
    ['a value closed by the other quote', '<a b="c\'/>'],
    ['attributes without white space between', '<a b="c"d="e"/>'],
    ['an attribute without white space before', '<a"b"="c"/>'],
    ['< in a value', '<a b="<"/>'],
    ['& in a value', '<a b="&"/>'],
    ['an attribute that stands twice', '<a b="1" c="2" b="1"/>'],
    ['one of many that stands twice', `<a ${numbered(20)} b7=""/>`],
    ['an attribute that stands twice by expanded name', '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="1"/>'],
    ['a declaration that stands twice', '<a xmlns="u" xmlns="u"/>'],
    ['& in a text', '<a>&</a>'],
    ['an entity of HTML', '<a>&nbsp;</a>'],
    ['a predefined entity without semicolon', '<a>&amp</a>'],
    ['a predefined entity in capitals', '<a>&AMP;</a>'],
    ['a character reference without digits', '<a>&#;</a>'],
    ['a hexadecimal reference without digits', '<a>&#x;</a>'],
    ['a hexadecimal reference with a capital X', '<a>&#X41;</a>'],
    ['a decimal reference with hexadecimal digits', '<a>&#4a;</a>'],
    ['a reference to U+0000', '<a>&#0;</a>'],
    ['a reference to a control character', '<a>&#x1F;</a>'],
    ['a reference to a surrogate', '<a>&#xD83D;&#xDE00;</a>'],
    ['a reference to U+FFFE', '<a>&#xFFFE;</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['a reference that overflows', `<a>&#${'9'.repeat(400)};</a>`],
    [']]> in a text', '<a>]]></a>'],
    [']]]> in a text', '<a>]]]></a>'],
    ['U+0000', '<a>\0</a>'],
    ['a control character in a text', '<a>\u0008</a>'],
    ['a control character in a value', '<a b="\u001f"/>'],
    ['a control character in a CDATA section', '<a><![CDATA[\u0001]]></a>'],
    ['U+FFFF', '<a>\uFFFF</a>'],
    ['a lone high surrogate', '<a>\uD83D</a>'],
    ['a lone low surrogate in a value', '<a b="\uDE00"/>'],
    ['a high surrogate before the end of a value', '<a b="\uD83D"/>'],
    ['surrogates in the wrong order', '<a>\uDE00\uD83D</a>'],
    ['a CDATA section that is not closed', '<a><![CDATA[</a>'],
    ['a CDATA section spelled small', '<a><![cdata[]]></a>'],
    ['a prefix that is not declared', '<p:a/>'],
    ['a prefix on an attribute that is not declared', '<a p:b=""/>'],
    ['a prefix that was declared beside', '<a><b xmlns:p="u"/><p:c/></a>'],
    ['a prefix that is declared as nothing', '<a xmlns:p=""/>'],
    ['the prefix xmlns declared', '<a xmlns:xmlns="http://www.w3.org/2000/xmlns/"/>'],
    ['the prefix xml declared as another namespace', '<a xmlns:xml="u"/>'],
    ['another prefix for the namespace of xml', '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>'],
    ['the namespace of xml as default', '<a xmlns="http://www.w3.org/XML/1998/namespace"/>'],
    ['another prefix for the namespace of xmlns', '<a xmlns:p="http://www.w3.org/2000/xmlns/"/>'],
    ['the namespace of xmlns as default', '<a xmlns="http://www.w3.org/2000/xmlns/"/>'],
    ['an element with the prefix xmlns', '<xmlns:a/>'],
    ['a name with two colons', '<p:a:b xmlns:p="u"/>'],
    ['a name that starts with a colon', '<:a/>'],
    ['a name that ends with a colon', '<p: xmlns:p="u"/>'],
    ['a local name that starts with a digit', '<p:1 xmlns:p="u"/>'],
    ['a declaration of an empty prefix', '<a xmlns:="u"/>'],
  ])('%s', (_, xml) => {
    expect(conditionOf(xml)).toBe('not-well-formed')
  })
})

describe('XML that RFC 6120 §11.1 forbids is restricted-xml:', () => {
  test.each([
    ['a comment', '<a><!-- b --></a>'],
    ['a comment that never ends', '<a><!--'],
    ['a comment before the element', '<!-- b --><a/>'],
    ['a comment after the element', '<a/> <!-- b -->'],
    ['a processing instruction', '<a><?b?></a>'],
    ['an XML declaration', '<?xml version="1.0"?><a/>'],
    ['a DOCTYPE', '<!DOCTYPE a><a/>'],
    ['a DOCTYPE with an internal subset', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an entity declaration inside', '<a><!ENTITY b "c"></a>'],
  ])('%s', (_, xml) => {
    expect(conditionOf(xml)).toBe('restricted-xml')
  })
})

describe('Well-formed XML that goes beyond a bound is policy-violation:', () => {
  test.each([
    ['one level too deep', nested(65)],
    ['257 attributes', `<a ${numbered(257)}/>`],
    ['257 declarations', `<a ${numbered(257).replaceAll('b', 'xmlns:b').replaceAll('""', '"u"')}/>`],
    ['an element with the prefix xml, which has no other spelling', '<xml:a/>'],
    ['a namespace with white space at its edge', '<a xmlns=" u"/>'],
    ['a namespace of 1,025 characters', `<a xmlns="${uri(1025)}"/>`],
    ['a prefix for a namespace of 1,025 characters', `<a xmlns:p="${uri(1025)}"/>`],
    ['a long namespace on a thousand elements by prefix', `<a xmlns:p="${uri(1000)}">${'<p:b/>'.repeat(1000)}</a>`],
    ['a long namespace on a thousand attributes', `<a xmlns:p="${uri(1000)}">${'<b p:c=""/>'.repeat(1000)}</a>`],
    [
      'a long namespace without prefix, returned to a thousand times',
      `<a xmlns="${uri(1000)}"><p:b xmlns:p="u">${'<c/>'.repeat(1000)}</p:b></a>`,
    ],
    [
      'a namespace whose characters have to be escaped a thousand times',
      `<a xmlns:p='${'"'.repeat(64)}'>${'<p:b/>'.repeat(1000)}</a>`,
    ],
  ])('%s', (_, xml) => {
    expect(conditionOf(xml)).toBe('policy-violation')
  })

  test('and just within it is taken', () => {
    expect(conditionOf(nested(64))).toBeUndefined()
    expect(conditionOf(`<a ${numbered(256)}/>`)).toBeUndefined()
    expect(conditionOf(`<a xmlns="${uri(1024)}" xmlns:p="${uri(1024)}"><p:b/></a>`)).toBeUndefined()
    expect(conditionOf(`<a>${'<b xml:id=""/>'.repeat(10_000)}</a>`)).toBeUndefined()
    expect(conditionOf(`<a xmlns:p="${uri(40)}">${'<p:b>text</p:b>'.repeat(10_000)}</a>`)).toBeUndefined()
  })

  test('however high the limit on depth is, a tree can be made of what is taken', () => {
    expect(serialize(frameElement(readFrame(nested(512), { depth: 1e9 })))).toBe(nested(512).replace('<a></a>', '<a/>'))
    expect(() => readFrame(nested(513), { depth: 1e9 })).toThrow(XmlError)
  })
})

describe('Unusual but legal XML is taken:', () => {
  test.each([
    ['white space after the element', '<a/>\r\n ', '<a/>'],
    ['white space in tags', '<a\tb\n=\r"c" ></a >', '<a b="c"/>'],
    ['single quotes', `<a b='"'/>`, '<a b="&quot;"/>'],
    ['> in a text and in a value', '<a b=">">></a>', '<a b="&gt;">&gt;</a>'],
    [']] in a text', '<a>]] ></a>', '<a>]] &gt;</a>'],
    ['a CDATA section', '<a>b<![CDATA[<c>&amp;]]]]>d</a>', '<a>b&lt;c&gt;&amp;amp;]]d</a>'],
    ['an empty CDATA section', '<a><![CDATA[]]></a>', '<a/>'],
    ['leading zeros in references', '<a>&#0000065;&#x00041;</a>', '<a>AA</a>'],
    ['astral characters', '<a>😀&#x1F600;\u{10FFFF}</a>', '<a>😀😀\u{10FFFF}</a>'],
    ['astral names', '<𐀀 𐀁="1"/>', '<𐀀 𐀁="1"/>'],
    ['names of the fifth edition', '<\u2070·/>', '<\u2070·/>'],
    ['line ends', '<a>\r\n\r\n\r</a>', '<a>\n\n\n</a>'],
    ['a carriage return as a reference', '<a>&#13;\n</a>', '<a>&#13;\n</a>'],
    ['white space in a value', '<a b="\r\n\t\n&#10;"/>', '<a b="   &#10;"/>'],
    [
      'the prefix xml declared as what it is',
      '<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="en"/>',
      '<a xml:lang="en"/>',
    ],
    ['a default namespace taken back', '<a xmlns="u"><b xmlns=""/></a>', '<a xmlns="u"><b xmlns=""/></a>'],
    ['an attribute called __proto__', '<a __proto__="1"/>', '<a __proto__="1"/>'],
    ['the same local name with and without prefix', '<a xmlns:p="u" b="1" p:b="2"/>', '<a b="1" xmlns:p="u" p:b="2"/>'],
  ])('%s', (_, xml, expected) => {
    expect(serialize(frameElement(read(xml)))).toBe(expected)
  })
})

describe('A frame says', () => {
  const xml =
    `<message xmlns='jabber:client' to='a&amp;b' xml:lang="en" xmlns:p="urn:p" p:x='1&#9;' foo="bar" type="chat" id="1">` +
    '<body>hi</body> <p:e/><x xmlns="urn:x"><body/></x></message>'

  test('its name, namespace and attributes, with the meaning of the values', () => {
    const frame = read(xml)
    expect([frame.name, frame.namespace]).toEqual(['message', 'jabber:client'])
    expect(Object.fromEntries(frame.attributes)).toEqual({
      to: 'a&b',
      'xml:lang': 'en',
      'p:x': '1\t',
      foo: 'bar',
      type: 'chat',
      id: '1',
    })
  })

  test('what else stands in its start tag, raw', () => {
    expect(read(xml).extra).toBe(` xmlns:p="urn:p" p:x='1&#9;' foo="bar"`)
  })

  test('its inside as it was written, and where the children stand in it', () => {
    const { inner, children: index } = read(xml)
    expect(inner).toBe('<body>hi</body> <p:e/><x xmlns="urn:x"><body/></x>')
    expect(index.map(({ name, namespace, start, end }) => [name, namespace, inner.slice(start, end)])).toEqual([
      ['body', 'jabber:client', '<body>hi</body>'],
      ['e', 'urn:p', '<p:e/>'],
      ['x', 'urn:x', '<x xmlns="urn:x"><body/></x>'],
    ])
  })

  test('whether there is text beside the children, however it is written', () => {
    expect(read('<a> \n<b>c</b></a>').hasText).toBe(false)
    expect(read('<a>&#32;<![CDATA[ ]]></a>').hasText).toBe(false)
    expect(read('<a><b/>c</a>').hasText).toBe(true)
    expect(read('<a>&#65;</a>').hasText).toBe(true)
    expect(read('<a><b/><![CDATA[c]]></a>').hasText).toBe(true)
  })
})

describe('Under another root the inside means the same:', () => {
  test('a prefix on the root is spelled out', () => {
    const frame = read('<c:message xmlns:c="jabber:client" to="b"><c:body>hi</c:body><x/></c:message>')
    expect(frame).toMatchObject({ name: 'message', namespace: 'jabber:client', extra: '' })
    expect(frame.inner).toBe('<body>hi</body><x xmlns=""/>')
  })

  test('a declaration that repeats the namespace of the root is left out, and no other', () => {
    const frame = read(
      '<message xmlns="jabber:client"><body  xmlns="jabber:client" a="b"/>' +
        '<f xmlns="urn:f"><message xmlns="jabber:client"><body xmlns="jabber:client"/></message></f></message>',
    )
    expect(frame.inner).toBe('<body   a="b"/><f xmlns="urn:f"><message xmlns="jabber:client"><body /></message></f>')
    expect(frame.children.map(({ start, end }) => frame.inner.slice(start, end))[0]).toBe('<body   a="b"/>')
  })

  test('a child in the namespace of the root by prefix is spelled without', () => {
    const frame = read('<message xmlns="jabber:client" xmlns:c="jabber:client"><c:body/></message>')
    expect(frame.inner).toBe('<body/>')
  })

  test('other prefixes stay as their sender wrote them', () => {
    const frame = read('<message xmlns="jabber:client" xmlns:p="urn:p"><p:x/></message>')
    expect([frame.extra, frame.inner]).toEqual([' xmlns:p="urn:p"', '<p:x/>'])
  })
})

describe('A stanza of a component', () => {
  const header = {
    defaultNamespace: 'jabber:component:accept',
    prefixes: new Map([
      ['stream', 'http://etherx.jabber.org/streams'],
      ['p', 'urn:p'],
      ['c', 'jabber:component:accept'],
    ]),
  }
  const mapped = (xml: string): Frame => readFrame(xml, limits, { ...header, mapTo: 'jabber:client' })

  test('is in the namespace of its stream', () => {
    const frame = readFrame('<iq><query xmlns="urn:q"/><error/></iq>', limits, header)
    expect(frame.namespace).toBe('jabber:component:accept')
    expect(frame.children.map(({ namespace }) => namespace)).toEqual(['urn:q', 'jabber:component:accept'])
  })

  test('declares what it uses of the header, and only that', () => {
    const frame = readFrame('<iq><x p:a="1"/></iq>', limits, header)
    expect(frame.extra).toBe(' xmlns:p="urn:p"')
    expect(serialize(childElement(frame, frame.children[0] ?? expect.unreachable()))).toBe(
      '<x xmlns="jabber:component:accept" xmlns:p="urn:p" p:a="1"/>',
    )
  })

  test('comes out in the namespace it is mapped to', () => {
    const frame = mapped('<iq><query xmlns="urn:q"/><error/></iq>')
    expect(frame).toMatchObject({ namespace: 'jabber:client', inner: '<query xmlns="urn:q"/><error/>' })
    expect(frame.children.map(({ namespace }) => namespace)).toEqual(['urn:q', 'jabber:client'])
  })

  test.each([
    ['a child that declares it again', '<message><body xmlns="jabber:component:accept"/></message>', '<body />'],
    ['a child that has it by prefix', '<message><c:body/></message>', '<body/>'],
    [
      'an element further inside that declares it',
      '<message><f xmlns="urn:f"><message xmlns="jabber:component:accept"/></f></message>',
      '<f xmlns="urn:f"><message xmlns="jabber:client"/></f>',
    ],
    ['the root by prefix', '<c:message><c:body/></c:message>', '<body/>'],
    [
      'but nothing that is in the namespace of clients already',
      '<message><f xmlns="urn:f"><message xmlns="jabber:client"/></f></message>',
      '<f xmlns="urn:f"><message xmlns="jabber:client"/></f>',
    ],
  ])('takes along %s', (_, xml, inner) => {
    expect(mapped(xml)).toMatchObject({ namespace: 'jabber:client', inner })
  })
})

describe('A tree', () => {
  const tree = parse(
    '<p:a xmlns:p="urn:a" xmlns="urn:d" p:x="1" to="2">one<b>two</b><p:b>three</p:b>four<c xmlns=""/></p:a>',
  )

  test('has no element prefixes: namespaces stand where they change', () => {
    expect(tree.name).toBe('a')
    expect(serialize(tree)).toBe(
      '<a xmlns="urn:a" xmlns:p="urn:a" p:x="1" to="2">one<b xmlns="urn:d">two</b><b>three</b>four<c xmlns=""/></a>',
    )
  })

  test('is asked for attributes, children, text and namespaces', () => {
    expect([attr(tree, 'to'), attr(tree, 'p:x'), attr(tree, 'constructor')]).toEqual(['2', '1', undefined])
    expect(text(tree)).toBe('onefour')
    expect(text(child(tree, 'b') ?? expect.unreachable())).toBe('three')
    expect(text(child(tree, 'b', 'urn:d') ?? expect.unreachable())).toBe('two')
    expect(child(tree, 'b', 'urn:e')).toBeUndefined()
    expect(children(tree).map(namespaceOf)).toEqual(['urn:d', 'urn:a', ''])
    expect(children(tree, 'b').map(text)).toEqual(['three'])
    expect(children(tree, undefined, '').map(({ name }) => name)).toEqual(['c'])
  })

  test('can be taken apart: every part stands on its own', () => {
    const outer = parse('<a xmlns="urn:a" xmlns:p="urn:p"><b><c p:x="1"/></b></a>')
    const part = child(child(outer, 'b') ?? expect.unreachable(), 'c') ?? expect.unreachable()
    expect(serialize(part)).toBe('<c xmlns="urn:a" xmlns:p="urn:p" p:x="1"/>')
  })

  test('is the tree of ltx', () => {
    expect(tree).toBeInstanceOf(Element)
    expect(tree.getChild('b', 'urn:d')?.getText()).toBe('two')
  })
})

describe('An element that we build', () => {
  test('leaves out what is undefined or false, and counts in digits', () => {
    expect(serialize(el('a', { xmlns: 'u', b: undefined, c: 0 }, undefined, false, '', 'd', el('e')))).toBe(
      '<a xmlns="u" c="0">d<e/></a>',
    )
  })

  test('takes children from another tree without moving them to its own namespace', () => {
    const body =
      child(parse('<message xmlns="jabber:client"><body>hi</body></message>'), 'body') ?? expect.unreachable()
    expect(serialize(el('wrap', { xmlns: 'urn:w' }, body))).toBe(
      '<wrap xmlns="urn:w"><body xmlns="jabber:client">hi</body></wrap>',
    )
    expect(serialize(el('message', { xmlns: 'jabber:client' }, body))).toBe(
      '<message xmlns="jabber:client"><body>hi</body></message>',
    )
  })

  test('may have a prefix that it declares, as <stream:features/> has', () => {
    const features = el(
      'stream:features',
      { 'xmlns:stream': 'http://etherx.jabber.org/streams' },
      el('bind', { xmlns: 'urn:b' }),
    )
    expect(serialize(features)).toBe(
      '<stream:features xmlns:stream="http://etherx.jabber.org/streams"><bind xmlns="urn:b"/></stream:features>',
    )
  })

  test('is always well-formed: what XML cannot carry is dropped', () => {
    const rubbish = '\0a\u0008<&>"\uD83D😀\uDE00\uFFFE\r\n\t'
    expect(serialize(el('a', { b: rubbish }, rubbish))).toBe(
      '<a b="a&lt;&amp;&gt;&quot;😀&#13;&#10;&#9;">a&lt;&amp;&gt;"😀&#13;\n\t</a>',
    )
    expect(parse(serialize(el('a', {}, rubbish))).children).toEqual(['a<&>"😀\r\n\t'])
  })

  test('escapes as the two functions do', () => {
    expect([escapeText('<"\n'), escapeAttribute('<"\n')]).toEqual(['&lt;"\n', '&lt;&quot;&#10;'])
  })
})

test('parse refuses what readFrame refuses, but for the bounds on what comes from the wire', () => {
  expect(() => parse('<a><!-- --></a>')).toThrow(XmlError)
  expect(() => parse('<a>')).toThrow(XmlError)
  expect(Object.keys(parse(`<a ${numbered(1000)}/>`).attrs)).toHaveLength(1000)
})

test('what was kept is read again however many attributes the namespaces spelled out have made', () => {
  const grown = `<a ${numbered(1000)}/>`
  expect(rereadFrame(grown).attributes.size).toBe(1000)
  expect(() => rereadFrame('<a><!-- --></a>')).toThrow(XmlError)
})

function uri(length: number): string {
  return 'u'.repeat(length)
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `b${index}=""`).join(' ')
}

function nested(depth: number): string {
  return '<a>'.repeat(depth) + '</a>'.repeat(depth)
}
