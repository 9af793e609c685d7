// What an independent strict parser (saxes) reads in a text: the measure for ours. Names are expanded, `{namespace}local`.

import { SaxesParser } from 'saxes'

export interface Tree {
  readonly name: string
  /** By expanded name, sorted; no declarations. */
  readonly attributes: readonly (readonly [string, string])[]
  /** Adjacent texts are one. */
  readonly content: readonly (Tree | string)[]
}

export type Reading =
  | { readonly kind: 'tree'; readonly tree: Tree; readonly prefixes: readonly string[] }
  | { readonly kind: 'restricted' }
  | { readonly kind: 'error' }

interface Growing extends Tree {
  readonly content: (Tree | string)[]
}

class Found extends Error {
  readonly reading: Reading

  constructor(reading: Reading) {
    super(reading.kind)
    this.reading = reading
  }
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** `prefixes` are those of elements, once for every element that has one. */
export function readByReference(text: string): Reading {
  const roots: (Tree | string)[] = []
  const open: (Tree | string)[][] = [roots]
  const prefixes: string[] = []
  const restricted: true[] = []
  const parser = new SaxesParser({ xmlns: true })
  const restrict = (): void => {
    restricted.push(true)
  }
  parser.on('error', () => {
    throw new Found({ kind: 'error' })
  })
  parser.on('xmldecl', restrict)
  parser.on('comment', restrict)
  parser.on('doctype', restrict)
  parser.on('processinginstruction', restrict)
  parser.on('opentag', (tag) => {
    const element: Growing = { name: `{${tag.uri}}${tag.local}`, attributes: attributesOf(tag.attributes), content: [] }
    if (tag.prefix !== '') prefixes.push(tag.prefix)
    open.at(-1)?.push(element)
    open.push(element.content)
  })
  parser.on('closetag', () => open.pop())
  const add = (characters: string): void => {
    if (open.length > 1) addText(open.at(-1) ?? [], characters)
  }
  parser.on('text', add)
  parser.on('cdata', add)
  try {
    parser.write(text).close()
  } catch (error) {
    if (error instanceof Found) return error.reading
    throw error
  }
  const [tree] = roots
  if (restricted.length > 0) return { kind: 'restricted' }
  return typeof tree === 'object' ? { kind: 'tree', tree, prefixes } : { kind: 'error' }
}

/** For text of our own: fails the test if the reference does not take it. */
export function treeOf(text: string): Tree {
  const reading = readByReference(text)
  if (reading.kind !== 'tree') throw new Error(`saxes does not take: ${text}`)
  return reading.tree
}

export function mapNamespace(tree: Tree, from: string, to: string): Tree {
  return {
    name: tree.name.startsWith(`{${from}}`) ? `{${to}}${tree.name.slice(from.length + 2)}` : tree.name,
    attributes: tree.attributes,
    content: tree.content.map((node) => (typeof node === 'string' ? node : mapNamespace(node, from, to))),
  }
}

function attributesOf(
  attributes: Readonly<Record<string, { readonly uri: string; readonly local: string; readonly value: string }>>,
): readonly (readonly [string, string])[] {
  return Object.values(attributes)
    .filter(({ uri }) => uri !== XMLNS)
    .map(({ uri, local, value }): readonly [string, string] => [`{${uri}}${local}`, value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function addText(content: (Tree | string)[], characters: string): void {
  const last = content.at(-1)
  if (characters === '') return
  if (typeof last === 'string') content[content.length - 1] = last + characters
  else content.push(characters)
}
