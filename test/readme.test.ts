// The README and docs/notification.md show code that works: every ```js block is run, and every command of a ```sh block.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressesOf, freshDirectory, Program } from './system/program.js'

const timeout = 60_000

interface Block {
  readonly language: string
  readonly code: string
}

function blocksOf(page: string): readonly Block[] {
  const found = readFileSync(page, 'utf8').matchAll(/^```(js|sh)\n(.*?)^```$/gms)
  return [...found].map(([, language = '', code = '']) => ({ language, code }))
}

/** Runs the code as a module that stands in the package, so `import 'sealpost'` is what was built. Gives what it printed. */
async function runModule(code: string): Promise<string> {
  const program = new Program(process.execPath, ['--input-type=module', '--eval', code], { cwd: resolve('.') })
  const { code: exitCode, stdout, stderr } = await program.ended
  expect(exitCode, stderr).toBe(0)
  return stdout
}

describe('README.md', () => {
  const blocks = blocksOf('README.md')
  const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code.trim())
  const modules = blocks.filter(({ language }) => language === 'js').map(({ code }) => code)
  const [connect = '', whole = '', suite = '', ...more] = modules

  test('shows nothing that is not run here', () => {
    const add = 'npx sealpost user add juliet@localhost'
    expect(commands).toEqual(['npm run demo', 'npm start', add, 'npx sealpost push list juliet@localhost'])
    expect([connect, whole, suite].map((code) => code !== '')).toEqual([true, true, true])
    expect(more).toEqual([])
  })

  test('brings a reader from npm start to a sealed registration', { timeout }, async () => {
    const data = await freshDirectory()
    const there = (command: string, ...rest: readonly string[]): Program => {
      const [name = '', ...args] = command.split(' ')
      return new Program(name, [...args, ...rest, '--data', data], {})
    }
    const [, start = '', add = '', list = ''] = commands
    const server = there(start, '--', '--port', '0')
    const { url } = addressesOf(await server.ready())
    const adding = there(add, '--password-stdin')
    adding.child.stdin.end('r0m30\n')
    expect((await adding.ended).code).toBe(0)
    expect(connect).toContain('ws://127.0.0.1:5280/xmpp-websocket')
    const printed = await runModule(connect.replace('ws://127.0.0.1:5280/xmpp-websocket', url))
    expect(printed).toMatch(/^online as juliet@localhost\/phone\nwhatever wakes this phone from now on is sealed\n$/)
    const { code, stdout } = await there(list).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^juliet@localhost +push\.localhost +juliets-phone +up to 3000 bytes/m)
    await server.stop()
  })

  test('shows the whole way in one file, and what it prints', { timeout }, async () => {
    expect(await runModule(whole)).toBe('1 unread, from romeo@localhost: Art thou there?\n')
    expect(whole).toContain('// 1 unread, from romeo@localhost: Art thou there?')
  })

  test('shows a test that passes', { timeout }, async () => {
    expect(await runModule(suite)).toMatch(/^# pass 1$/m)
  })
})

test('docs/notification.md opens a push that it has sealed', { timeout }, async () => {
  const [example, ...more] = blocksOf('docs/notification.md')
  expect(more).toEqual([])
  expect(await runModule(example?.code ?? '')).toBe('romeo@montague.lit: It is the east\n')
})
