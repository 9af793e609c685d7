// Questions to a tree. Names are local names, namespaces are resolved: a prefix never matters.

import { type Element } from 'ltx'

/** The attribute's value as text, or undefined if the element has none of that name. */
export function attr(element: Element, name: string): string | undefined {
  if (!Object.hasOwn(element.attrs, name)) return undefined
  const value: unknown = element.attrs[name]
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : undefined
}

/** The namespace that the element is in, its own or inherited; '' for none. */
export function namespaceOf(element: Element): string {
  for (let at: Element | null = element; at !== null; at = at.parent) {
    const own = attr(at, 'xmlns')
    if (own !== undefined) return own
  }
  return ''
}

/** The first child element of that name in that namespace. @param namespace the parent's when not given */
export function child(element: Element, name: string, namespace?: string): Element | undefined {
  const wanted = namespace ?? namespaceOf(element)
  for (const node of element.children) {
    if (typeof node !== 'string' && node.name === name && namespaceUnder(node, element) === wanted) return node
  }
  return undefined
}

/**
 * The child elements in order.
 * @param name only those of this name; all when not given
 * @param namespace only those in this namespace; the parent's when only a name is given
 */
export function children(element: Element, name?: string, namespace?: string): Element[] {
  const wanted = namespace ?? (name === undefined ? undefined : namespaceOf(element))
  const found: Element[] = []
  for (const node of element.children) {
    if (typeof node === 'string' || (name !== undefined && node.name !== name)) continue
    if (wanted === undefined || namespaceUnder(node, element) === wanted) found.push(node)
  }
  return found
}

/** The character data directly inside, without that of the children. */
export function text(element: Element): string {
  let all = ''
  for (const node of element.children) if (typeof node === 'string') all += node
  return all
}

/** A child's namespace, seen from the parent that was asked. */
function namespaceUnder(node: Element, parent: Element): string {
  return attr(node, 'xmlns') ?? namespaceOf(parent)
}
