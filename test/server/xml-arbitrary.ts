// Random XML: documents that are mostly valid, documents with something broken in them, and plain rubbish.

import fc from 'fast-check'

const namespaces = ['jabber:client', 'jabber:component:accept', 'urn:a', 'urn:b', 'a&amp;b', 'a\tb&#10;c', ''] as const
const prefixes = ['', '', '', '', 'p', 'p', 'q', 'q', 'stream'] as const
const names = ['message', 'body', 'x', 'ü', '𐀀n', '_', 'to', '__proto__', 'constructor', 'a.b-c·1'] as const
const attributeNames = ['to', 'from', 'id', 'type', 'xml:lang', 'xmlns', 'xmlns:p', 'xmlns:q'] as const
const texts = [
  'text',
  ' ',
  '\r\n',
  '\r',
  '\t',
  '&amp;',
  '&lt;',
  '&#13;',
  '&#x20;',
  '&#x1F600;',
  '😀',
  '\u{10FFFF}',
  '\u0085',
  ']]',
  '>',
  '"',
  '<![CDATA[ <&]] ]]>',
  '<![CDATA[\r\n]]>',
  '<![CDATA[]]>',
] as const
const spaces = ['', '', '', ' ', '\n', '\t\r\n'] as const
const snippets = [
  '<',
  '>',
  '/',
  '"',
  "'",
  '=',
  ' ',
  '&',
  ';',
  '#',
  ':',
  ']]>',
  '<!--',
  '-->',
  '<?xml version="1.0"?>',
  '<!DOCTYPE a>',
  '<![CDATA[',
  '</a>',
  '<a>',
  '<a/>',
  '<p:a xmlns:p="urn:p"/>',
  ' xmlns=""',
  ' xmlns=" urn:a"',
  'xml:',
  ' xmlns:p=""',
  ' xmlns:xml="http://www.w3.org/XML/1998/namespace"',
  ' xmlns:x="http://www.w3.org/2000/xmlns/"',
  ' a="1"',
  ' a="1" a="2"',
  ' p:to="1"',
  ' q:to="2"',
  '&nbsp;',
  '&#0;',
  '&#xD800;',
  '&#x110000;',
  '&#65;',
  '\u0000',
  '\u0001',
  '\uFFFE',
  '\uD800',
  '\uDC00',
  '\uFEFF',
  '1',
  '-',
  'é',
  '×',
] as const

const space = fc.constantFrom(...spaces)
const prefixed = fc
  .tuple(fc.constantFrom(...prefixes), fc.constantFrom(...names))
  .map(([prefix, name]) => (prefix === '' ? name : `${prefix}:${name}`))
const value = fc
  .array(fc.constantFrom(...texts, ...namespaces), { maxLength: 3 })
  .map((parts) => parts.filter((part) => !part.includes('<')).join(''))

const attribute = fc
  .record({
    name: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...attributeNames) }, { weight: 1, arbitrary: prefixed }),
    plain: value,
    namespace: fc.constantFrom(...namespaces),
    before: space,
    after: space,
    single: fc.boolean(),
  })
  .map(({ name, plain, namespace, before, after, single }) => {
    const quote = single ? "'" : '"'
    const declares = name.startsWith('xmlns')
    const inside = declares ? named(name, namespace) : plain.replaceAll(quote, '')
    return { name, text: ` ${name}${before}=${after}${quote}${inside}${quote}` }
  })

/** Only the default namespace may be undeclared. */
function named(name: string, namespace: string): string {
  return name === 'xmlns' ? namespace : namespace || 'urn:q'
}

/** Each name once; that expanded names may still be the same is for the parsers to find. */
const attributes = fc
  .uniqueArray(attribute, { maxLength: 4, selector: ({ name }) => name })
  .map((all) => all.map(({ text }) => text).join(''))

const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .record({
      name: prefixed,
      attributes,
      content: fc.array(tie('content'), { maxLength: 4 }),
      end: space,
      close: space,
    })
    .map(({ name, attributes: written, content, end, close }) => {
      const start = `<${name}${written}${end}`
      return content.length === 0 && close === '' ? `${start}/>` : `${start}>${content.join('')}</${name}${close}>`
    }),
  content: fc.oneof({ depthSize: 'small' }, fc.constantFrom(...texts), tie('element')),
}))

/** Usually valid: the prefixes are declared by a root that is put around it. */
const declared = fc
  .tuple(
    fc.constantFrom('', 'p:', 'q:'),
    fc.constantFrom(...namespaces),
    attributes,
    fc.array(element, { maxLength: 3 }),
  )
  .map(([prefix, namespace, written, inside]) => {
    const usual = { xmlns: namespace, 'xmlns:p': 'urn:a', 'xmlns:q': 'jabber:client' }
    const declarations = Object.entries(usual)
      .filter(([name]) => !new RegExp(` ${name}\\s*=`).test(written))
      .map(([name, meaning]) => ` ${name}="${meaning}"`)
      .join('')
    return `<${prefix}root xmlns:stream="urn:s"${declarations}${written}>${inside.join('')}</${prefix}root>`
  })

/** Documents that are mostly valid; `<stream:x>` and the like stand without a declaration now and then. */
export const documents = fc.oneof({ weight: 3, arbitrary: declared }, { weight: 1, arbitrary: element })

/** A document with a piece put in, taken out or exchanged. */
export const brokenDocuments = fc
  .tuple(documents, fc.nat(), fc.nat({ max: 4 }), fc.constantFrom('', ...snippets), fc.nat())
  .map(([text, at, length, snippet, again]) => {
    const once = splice(text, at, length, snippet)
    return again % 3 === 0 ? splice(once, again, again % 5, snippet) : once
  })

/** Strings over an alphabet of markup. */
export const rubbish = fc.array(fc.constantFrom(...snippets, ...texts, ...names), { maxLength: 12 }).map((parts) => {
  const text = parts.join('')
  return parts.length % 3 === 0 ? `<a>${text}</a>` : text
})

function splice(text: string, at: number, length: number, snippet: string): string {
  const from = at % (text.length + 1)
  return text.slice(0, from) + snippet + text.slice(from + length)
}
