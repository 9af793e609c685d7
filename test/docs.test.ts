// What the documentation says of the program is so: a page for each extension, the XEPs of the manifests, links that lead somewhere.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { extensionsOf } from '../extensions/index.js'
import { defaults } from '../server/config.js'

const extensions = extensionsOf(defaults)
const pages = ['README.md', ...markdownIn('docs')]

function markdownIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return markdownIn(path)
    return path.endsWith('.md') ? [path] : []
  })
}

/** The relative links of a page: `[text](target)`, code left out. */
function linksOf(page: string): readonly string[] {
  const prose = read(page)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .flatMap(([, target]) => target ?? [])
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = read(page)
    .replace(/^```.*?^```/gms, '')
    .matchAll(/^#+ +(.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function read(page: string): string {
  return readFileSync(page, 'utf8')
}

test('every extension has a page, and every page an extension', () => {
  const written = readdirSync('docs/extensions').map((file) => file.replace(/\.md$/, ''))
  expect(written.sort()).toEqual(extensions.map(({ name }) => name).sort())
})

describe.each(extensions.map(({ name }) => name))('the page of %s', (name) => {
  const page = read(`docs/extensions/${name}.md`)

  test('bears its name, and shows an exchange', () => {
    expect(page.split('\n', 1)[0]).toBe(`# ${name}`)
    expect(page).toMatch(/^## An example\n(?:.*\n)*?```/m)
  })

  test('names the features that it announces', () => {
    const { features = {} } = extensions.find((extension) => extension.name === name) ?? {}
    const announced = [...(features.server ?? []), ...(features.account ?? [])]
    // PubSub has dozens: its page names their family.
    const names = announced.map((feature) => feature.replace(/^(http:\/\/jabber\.org\/protocol\/pubsub)#.*/, '$1'))
    expect(names.filter((feature) => !page.includes(feature))).toEqual([])
  })
})

test('docs/xeps.md lists exactly the XEPs of the manifests', () => {
  const listed = [
    ...read('docs/xeps.md').matchAll(/^\| \[(XEP-\d{4})\]\(\S+\) +\| (\S+) +\|.*\[([\w-]+)\]\(\S+\) *\|$/gm),
  ]
  const rows = listed.map(([, xep, version, extension]) => `${String(xep)} ${String(version)} ${String(extension)}`)
  const manifests = extensions.flatMap(({ name, xeps = [] }) => xeps.map((xep) => `${xep} ${name}`))
  expect(rows.sort()).toEqual(manifests.sort())
})

test.each(pages)('the links of %s lead somewhere', (page) => {
  const broken = linksOf(page).filter((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(target)) return true
    return anchor !== undefined && statSync(target).isFile() && !anchorsOf(target).includes(anchor)
  })
  expect(broken).toEqual([])
})

test('the index leads to every page', () => {
  const indexes = ['docs/README.md', 'docs/conformance/README.md']
  const reached = indexes.flatMap((index) => linksOf(index).map((link) => join(dirname(index), link)))
  expect(
    pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !reached.includes(page)),
  ).toEqual([])
})
