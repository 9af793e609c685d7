// Building and writing elements. What is written is always well-formed and has no element prefixes of its own making.

import { Element } from 'ltx'
import { attr, namespaceOf } from './ask.js'
import { escapeAttribute, escapeText } from './escape.js'

/** What stands inside an element that is being built; `false` and `undefined` are left out. */
export type Content = Element | string | false | undefined

/**
 * A new element. Children that stand in another tree keep the namespace that they have there.
 * @param attrs `xmlns` among them; those that are undefined are left out
 */
export function el(
  name: string,
  attrs?: Readonly<Record<string, string | number | undefined>>,
  ...content: readonly Content[]
): Element {
  const element = new Element(name)
  for (const [key, value] of Object.entries(attrs ?? {})) {
    if (value !== undefined) element.attrs[key] = String(value)
  }
  for (const node of content) {
    if (node === false || node === undefined || node === '') continue
    if (typeof node !== 'string') pinNamespace(node)
    element.cnode(node)
  }
  return element
}

/** Moving an element must not move it to the namespace of its new parent. */
function pinNamespace(element: Element): void {
  if (element.parent === null || attr(element, 'xmlns') !== undefined) return
  const inherited = namespaceOf(element.parent)
  if (inherited !== '') element.attrs['xmlns'] = inherited
}

/** The element as text that stands on its own, wherever in a tree the element is. */
export function serialize(element: Element): string {
  return write(element, namespaceOf(element), '')
}

/** @param outer the default namespace where the text will stand */
function write(element: Element, namespace: string, outer: string): string {
  const head = `<${element.name}${namespace === outer ? '' : ` xmlns="${escapeAttribute(namespace)}"`}${attributes(element)}`
  if (element.children.length === 0) return `${head}/>`
  let inside = ''
  for (const node of element.children) {
    inside += typeof node === 'object' ? write(node, attr(node, 'xmlns') ?? namespace, namespace) : escapeText(node)
  }
  return `${head}>${inside}</${element.name}>`
}

function attributes(element: Element): string {
  let all = ''
  for (const name of Object.keys(element.attrs)) {
    const value = name === 'xmlns' ? undefined : attr(element, name)
    if (value !== undefined) all += ` ${name}="${escapeAttribute(value)}"`
  }
  return all
}
