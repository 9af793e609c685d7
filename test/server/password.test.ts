// Asking for a password: twice at a terminal, and what is typed shows nowhere.

import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { readPassword } from '../../server/cli/password.js'
import { Failure, UsageError } from '../../server/failure.js'

interface Terminal {
  readonly input: PassThrough & { readonly isTTY: boolean }
  readonly output: PassThrough
}

function terminal(): Terminal {
  return { input: Object.assign(new PassThrough(), { isTTY: true }), output: new PassThrough() }
}

/** Types an answer at the end of each question, until there is an end of line for each. Gives everything that was shown. */
async function answer({ input, output }: Terminal, ...answers: readonly string[]): Promise<string> {
  const left = [...answers]
  let shown = ''
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    shown += String(chunk)
    if (shown.endsWith(': ')) input.write(left.shift())
    if (shown.split('\n').length > answers.length) break
  }
  return shown
}

describe('at a terminal', () => {
  test('the password is asked for twice and not shown', async () => {
    const io = terminal()
    const [password, shown] = await Promise.all([readPassword(io, false), answer(io, 'r0m30\r', 'r0m30\r')])
    expect(password).toBe('r0m30')
    expect(shown).toBe('Password: \nOnce more: \n')
  })

  test('what was typed wrong can be taken back', async () => {
    const io = terminal()
    const [password] = await Promise.all([readPassword(io, false), answer(io, 'rx\u007f0m30 ♥\r', 'r0m30 ♥\r')])
    expect(password).toBe('r0m30 ♥')
  })

  test('two different answers are refused', async () => {
    const io = terminal()
    const read = expect(readPassword(io, false)).rejects.toEqual(new Failure('these were two different passwords'))
    await Promise.all([read, answer(io, 'r0m30\r', 'r0me0\r')])
  })

  test('an empty password is refused', async () => {
    const io = terminal()
    const read = expect(readPassword(io, false)).rejects.toEqual(new Failure('the password is empty'))
    await Promise.all([read, answer(io, '\r', '\r')])
  })

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s gives up', async (_name, key) => {
    const io = terminal()
    const read = expect(readPassword(io, false)).rejects.toEqual(new Failure('no password was given'))
    await Promise.all([read, answer(io, key)])
  })
})

test('without a terminal the flag is needed', async () => {
  const io = { input: new PassThrough(), output: new PassThrough() }
  await expect(readPassword(io, false)).rejects.toBeInstanceOf(UsageError)
})
