// The rules that keep the house in order bite: each broken snippet is found, each allowed one passes.

import { ESLint, type Linter } from 'eslint'
import { describe, expect, test } from 'vitest'

const eslint = new ESLint({ cwd: new URL('..', import.meta.url).pathname })

/** The rules that a snippet breaks if it stood in that file. */
async function broken(filePath: string, code: string): Promise<readonly string[]> {
  const results = await eslint.lintText(`${code}\n`, { filePath })
  return results.flatMap(({ messages }) => messages.map(ruleOf))
}

/** @throws Error for what is no rule: a file that is not there, a snippet that cannot be parsed */
function ruleOf({ ruleId, message }: Linter.LintMessage): string {
  if (ruleId === null) throw new Error(message)
  return ruleId
}

const IMPORTS = '@typescript-eslint/no-restricted-imports'

describe('who may import whom', { timeout: 120_000 }, () => {
  test.each([
    ['the server, an extension', 'server/router.ts', '../extensions/ping.js'],
    ['the server, the database behind storage/', 'server/router.ts', '../storage/sqlite/index.js'],
    ['the server, ltx', 'server/router.ts', 'ltx'],
    ['the server, a file inside ltx', 'server/router.ts', 'ltx/lib/Element.js'],
    ['the server, saslprep', 'server/router.ts', 'saslprep'],
    ['the server, sqlite3', 'server/router.ts', 'sqlite3'],
    ['the entry of the library, sqlite3', 'server/index.ts', 'sqlite3'],
    ['storage, the server', 'storage/roster.ts', '../server/jid.js'],
    ['storage, an extension', 'storage/roster.ts', '../extensions/ping.js'],
    ['the interfaces of storage, sqlite3', 'storage/roster.ts', 'sqlite3'],
    ['the database, the server', 'storage/sqlite/index.ts', '../../server/jid.js'],
    ['an extension, another one', 'extensions/ping.ts', './version.js'],
    ['an extension, another one in a folder', 'extensions/ping.ts', './disco/index.js'],
    ['an extension in a folder, another one', 'extensions/disco/index.ts', '../ping.js'],
    ['an extension in a folder, another folder', 'extensions/disco/index.ts', '../push/index.js'],
    ['an extension, a value of the hooks of another', 'extensions/ping.ts', './disco/hooks.js'],
    ['an extension, the database', 'extensions/ping.ts', '../storage/sqlite/index.js'],
    ['an extension, ltx', 'extensions/ping.ts', 'ltx'],
  ])('refuses %s', async (_, file, from) => {
    expect(await broken(file, `export { thing } from '${from}'`)).toContain(IMPORTS)
  })

  test.each([
    ['an entry of the server, the extensions', 'server/index.ts', '../extensions/index.js'],
    ['an entry of the server, the database', 'server/index.ts', '../storage/sqlite/index.js'],
    ['the server, the interfaces of storage', 'server/router.ts', '../storage/storage.js'],
    ['the door to XML, ltx', 'server/xml.ts', 'ltx'],
    ['preparation, saslprep', 'server/prepare.ts', 'saslprep'],
    ['the database, sqlite3', 'storage/sqlite/index.ts', 'sqlite3'],
    ['the database, its interface', 'storage/sqlite/index.ts', '../roster.js'],
    ['an extension, the server', 'extensions/ping.ts', '../server/jid.js'],
    ['an extension in a folder, its own files', 'extensions/disco/index.ts', './reply.js'],
    ['an extension in a folder, the server', 'extensions/disco/index.ts', '../../server/jid.js'],
    ['the list, every extension', 'extensions/index.ts', './ping.js'],
  ])('allows %s', async (_, file, from) => {
    expect(await broken(file, `export { thing } from '${from}'`)).not.toContain(IMPORTS)
  })

  test('allows the types of the hooks of another extension', async () => {
    expect(await broken('extensions/ping.ts', `import type {} from './disco/hooks.js'`)).not.toContain(IMPORTS)
    expect(await broken('extensions/caps/index.ts', `import type {} from '../disco/hooks.js'`)).not.toContain(IMPORTS)
  })
})

describe('what the type checker does not see', { timeout: 120_000 }, () => {
  test.each([
    ['no-floating-promises', 'export function f(p: Promise<void>): void { p }'],
    ['no-misused-promises', 'export function f(p: () => Promise<void>): void { [1].forEach(p) }'],
    ['no-explicit-any', 'export const a = (x: any): string => String(x)'],
    ['no-non-null-assertion', 'export const a = (x: string | undefined): string => x!'],
    ['consistent-type-imports', "import { Jid } from './jid.js'\nexport const a = (jid: Jid): string => jid.full"],
  ])('finds %s', async (rule, code) => {
    expect(await broken('server/awaitable.ts', code)).toContain(`@typescript-eslint/${rule}`)
  })

  test('refuses default exports', async () => {
    expect(await broken('server/awaitable.ts', 'export default 1')).toContain('no-restricted-exports')
  })
})
