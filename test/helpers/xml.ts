// XML in tests: written as it stands on the wire, compared whole. `any` stands for what may vary.

import { expect } from 'vitest'
import { attr, type Element, escapeAttribute, parse, serialize } from '../../server/xml.js'

/** Stands for any attribute value, or any text that is not empty. A private-use character keeps it apart from real text. */
export const any = '\u{E000}any\u{E000}'

/** As the only content of an element: whatever is inside, or nothing. */
export const anything = '\u{E000}anything\u{E000}'

type Interpolated = string | number | Element | readonly Element[]

/** An element, written as XML. Strings are escaped, elements put in; white space between elements is layout only. */
export function xml(parts: TemplateStringsArray, ...values: readonly Interpolated[]): Element {
  const text = parts.raw.map((part, index) => part + interpolated(values[index])).join('')
  return withoutLayout(parse(text.trim()))
}

function interpolated(value: Interpolated | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number')
    return escapeAttribute(String(value)).replaceAll("'", '&apos;')
  return 'map' in value ? value.map(serialize).join('') : serialize(value)
}

function withoutLayout(element: Element): Element {
  const inside = element.getChildElements()
  if (inside.length > 0)
    element.children = element.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
  inside.forEach(withoutLayout)
  return element
}

interface Tree {
  readonly name: string
  readonly namespace: string
  readonly attributes: ReadonlyMap<string, string>
  readonly inside: readonly (Tree | string)[]
}

/** The element without what does not matter: prefixes, the order of attributes, how text is split. */
function treeOf(element: Element, inherited: string): Tree {
  const namespace = attr(element, 'xmlns') ?? inherited
  const inside: (Tree | string)[] = []
  for (const child of element.children) {
    const last = inside.at(-1)
    if (typeof child !== 'string') inside.push(treeOf(child, namespace))
    else if (typeof last === 'string') inside[inside.length - 1] = last + child
    else if (child !== '') inside.push(child)
  }
  return { name: element.name, namespace, attributes: attributesOf(element), inside }
}

function attributesOf(element: Element): ReadonlyMap<string, string> {
  const given = Object.keys(element.attrs).filter((name) => name !== 'xmlns')
  return new Map(given.sort().map((name) => [name, attr(element, name) ?? ''] as const))
}

/** The expected tree with its wildcards filled in from what came, wherever they match. */
function filledIn(expected: Tree, actual: Tree): Tree {
  const attributes = new Map(
    [...expected.attributes].map(
      ([name, value]) => [name, value === any ? (actual.attributes.get(name) ?? value) : value] as const,
    ),
  )
  if (expected.inside.length === 1 && expected.inside[0] === anything)
    return { ...expected, attributes, inside: actual.inside }
  const inside = expected.inside.map((child, index) => filledInChild(child, actual.inside[index]))
  return { ...expected, attributes, inside }
}

function filledInChild(expected: Tree | string, actual: Tree | string | undefined): Tree | string {
  if (typeof expected === 'string') return expected === any && typeof actual === 'string' ? actual : expected
  return actual === undefined || typeof actual === 'string' ? expected : filledIn(expected, actual)
}

function lines(tree: Tree, inherited: string, indent = ''): string[] {
  const xmlns = tree.namespace === inherited ? '' : ` xmlns="${tree.namespace}"`
  const attributes = [...tree.attributes].map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join('')
  const head = `${indent}<${tree.name}${xmlns}${attributes}`
  if (tree.inside.length === 0) return [`${head}/>`]
  const inside = tree.inside.flatMap((child) =>
    typeof child === 'string' ? `${indent}  ${JSON.stringify(child)}` : lines(child, tree.namespace, `${indent}  `),
  )
  return [`${head}>`, ...inside, `${indent}</${tree.name}>`]
}

/** `namespace` is what elements without an `xmlns` of their own are in. */
interface Compared {
  readonly actual: string
  readonly expected: string
}

function compare(actual: Element, expected: Element, namespace: string): Compared {
  const came = treeOf(actual, namespace)
  const wanted = filledIn(treeOf(expected, namespace), came)
  return { actual: lines(came, '').join('\n'), expected: lines(wanted, '').join('\n') }
}

/** True when the two are the same element, but for what `any` and `anything` stand for. */
export function isSame(actual: Element, expected: Element, namespace = 'jabber:client'): boolean {
  const compared = compare(actual, expected, namespace)
  return compared.actual === compared.expected
}

/** Fails with a readable difference unless the two are the same element, but for what `any` and `anything` stand for. */
export function expectSame(actual: Element, expected: Element, namespace = 'jabber:client'): void {
  const compared = compare(actual, expected, namespace)
  expect(compared.actual).toBe(compared.expected)
}

/** The element laid out for a person to read. */
export function pretty(element: Element): string {
  return lines(treeOf(element, ''), '').join('\n')
}
