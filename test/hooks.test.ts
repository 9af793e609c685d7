// docs/hooks.md names every hook that is declared, with its kind, and no other.

import { readdir, readFile } from 'node:fs/promises'
import ts from 'typescript'
import { expect, test } from 'vitest'

const kinds: Readonly<Record<string, string>> = { Gates: 'gate', Claims: 'claim', Folds: 'fold', Notices: 'notice' }

/** Every `kind name` that a file declares, in the core's own interfaces or merged into them. */
async function declaredIn(file: URL): Promise<readonly string[]> {
  const source = ts.createSourceFile(file.pathname, await readFile(file, 'utf8'), ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const kind = ts.isInterfaceDeclaration(node) ? kinds[node.name.text] : undefined
    if (kind === undefined || !ts.isInterfaceDeclaration(node)) return ts.forEachChild(node, visit)
    for (const { name } of node.members)
      if (name !== undefined && ts.isStringLiteral(name)) found.push(`${kind} ${name.text}`)
  }
  visit(source)
  return found
}

test('the page of hooks names every hook with its kind', async () => {
  const root = new URL('../', import.meta.url)
  const names = await readdir(new URL('extensions/', root), { recursive: true })
  const files = [
    'server/hooks.ts',
    ...names.filter((name) => name.endsWith('hooks.ts')).map((name) => `extensions/${name}`),
  ]
  const declared = await Promise.all(files.map((file) => declaredIn(new URL(file, root))))
  const page = await readFile(new URL('docs/hooks.md', root), 'utf8')
  const named = [...page.matchAll(/^\| `([^`]+)` +\| (gate|claim|fold|notice) +\|/gm)].map(
    ([, name, kind]) => `${String(kind)} ${String(name)}`,
  )
  expect(named.sort()).toEqual(declared.flat().sort())
})
