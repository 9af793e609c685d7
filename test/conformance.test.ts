// The pages of docs/conformance say of each sentence of a specification which test proves it: each of those tests exists.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { extensionsOf } from '../extensions/index.js'
import { defaults } from '../server/config.js'

const folder = 'docs/conformance'
const pages = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')

interface Line {
  readonly text: string
  readonly section: string
  readonly sentence: string
  readonly proof: string
}

/** The lines of the tables, but for their heads. */
function linesOf(page: string): readonly Line[] {
  const rows = readFileSync(join(folder, page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return rows.flatMap((text) => {
    const cells = text
      .slice(1, text.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|'))
    const [section = '', sentence = '', proof = ''] = cells
    return section === '§' || /^-+$/.test(section) ? [] : [{ text, section, sentence, proof }]
  })
}

/** What stands in backticks, one or two of them. */
function titlesIn(proof: string): readonly string[] {
  return [...proof.matchAll(/``(.+?)``|`([^`]+)`/g)].map(([, double, single]) => (double ?? single ?? '').trim())
}

/** A reason may quote names of other things: in it only what stands at its end, behind a colon, is a title. */
function afterColon(reason: string): string {
  return /: (`.+`)$/.exec(reason)?.[1] ?? ''
}

/** Says whether a test bears this title. */
type Known = (title: string) => boolean

/** The titles in the files of test/. */
function titlesOfTests(): readonly Known[] {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return files.flatMap((file) => titlesOfFile(readFileSync(join('test', file), 'utf8')))
}

function titlesOfFile(source: string): readonly Known[] {
  const found: Known[] = []
  const literals = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) literals.add(node.text)
    if (ts.isCallExpression(node) && isTest(node.expression)) found.push(...titleOf(node.arguments[0], literals))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest))
  return found
}

/** What makes a test of its first argument; the last two of them are functions of a file that do so. */
const makers = ['test', 'scenario', 'check', 'it', 'refused', 'staged']

/** `test(…)`, and `test.each(…)(…)`. */
function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return makers.includes(callee.text)
  if (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) return isTest(callee.expression)
  return false
}

function titleOf(title: ts.Expression | undefined, literals: ReadonlySet<string>): readonly Known[] {
  if (title === undefined) return []
  if (ts.isStringLiteralLike(title)) return [pattern(title.text.split(/%[a-z]/), literals)]
  if (!ts.isTemplateExpression(title)) return []
  return [pattern([title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)], literals)]
}

/** What a title takes from its row may be anything, unless the title is little else: then it stands in the same file. */
function pattern(parts: readonly string[], literals: ReadonlySet<string>): Known {
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const whole = new RegExp(`^${escaped.join('(.+)')}$`, 's')
  const isVague = parts.length > 1 && parts.join('').length < 12
  return (title) => {
    const [, ...holes] = whole.exec(title) ?? [undefined]
    return whole.test(title) && (!isVague || holes.every((hole) => literals.has(hole ?? '')))
  }
}

const known = titlesOfTests()

describe.each(pages)('the conformance page %s', (page) => {
  const lines = linesOf(page)

  test('has a proof or a reason in every line', () => {
    expect(lines.length).toBeGreaterThan(0)
    const empty = lines.filter(({ section, sentence, proof }) => {
      const isReason = /^— \S.{10,}/.test(proof)
      return section === '' || sentence === '' || (!isReason && titlesIn(proof).length === 0)
    })
    expect(empty.map(({ text }) => text)).toEqual([])
  })

  test('names tests that exist', () => {
    const named = lines.flatMap(({ proof }) => titlesIn(proof.startsWith('—') ? afterColon(proof) : proof))
    expect(named.filter((title) => !known.some((isTitle) => isTitle(title)))).toEqual([])
  })
})

test('every XEP that an extension follows has a page, or the reason why not', () => {
  const index = readFileSync(join(folder, 'README.md'), 'utf8')
  const followed = extensionsOf(defaults).flatMap(({ xeps = [] }) => xeps.map((xep) => xep.slice(0, 8)))
  const without = [...new Set(followed)].filter((xep) => {
    const number = xep.slice('XEP-'.length)
    if (pages.some((page) => page.includes(number))) return false
    return !new RegExp(`^\\| ${xep}\\b.*\\| \\S.{10,}\\|$`, 'm').test(index)
  })
  expect(without).toEqual([])
})

test('what docs/xeps.md says of the compliance suites is so: yes is said of what has a page here, or is in a manifest', () => {
  const [, suites = ''] = readFileSync('docs/xeps.md', 'utf8').split('## The compliance suites')
  const rows = suites.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const features = rows.filter(([, , asked = '']) => ['server', 'advanced', 'no'].includes(asked))
  expect(features.length).toBeGreaterThan(15)
  const manifests = extensionsOf(defaults).flatMap(({ xeps = [] }) => xeps.map((xep) => xep.slice(0, 8)))
  const wrong = features.filter(([, , , specifications = '', here = '']) => {
    if (here.startsWith('later')) return false
    const hasPage = (specification: string): boolean =>
      manifests.includes(specification) ||
      pages.includes(`${specification.toLowerCase().replace('rfc ', 'rfc')}.md`) ||
      here.includes('](')
    return !here.startsWith('yes') || !specifications.split(', ').every(hasPage)
  })
  expect(wrong).toEqual([])
})
