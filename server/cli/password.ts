// A password from the operator: one line of stdin, or asked twice at a terminal that does not show it. Never an argument.

import { createInterface } from 'node:readline'
import { Writable, type Readable } from 'node:stream'
import { Failure, UsageError } from '../failure.js'
import { LineError, readLine } from '../line.js'

const longest = 4096

/** Where a password comes from; `isTTY` tells a terminal. */
export interface PasswordInput {
  readonly input: Readable & { readonly isTTY?: boolean }
  /** For the questions. */
  readonly output: Writable
}

/**
 * @throws UsageError when there is no terminal to ask at, or no line to read
 * @throws Failure when it is empty, or the second answer is another
 */
export async function readPassword(io: PasswordInput, fromStdin: boolean): Promise<string> {
  if (!fromStdin && io.input.isTTY !== true) {
    throw new UsageError('there is no terminal to ask for the password: give --password-stdin')
  }
  const password = fromStdin ? await passwordLine(io.input) : await askTwice(io)
  if (password === '') throw new Failure('the password is empty')
  return password
}

async function passwordLine(input: Readable): Promise<string> {
  try {
    return await readLine(input, longest)
  } catch (reason) {
    throw reason instanceof LineError ? new Failure(`no password on stdin: ${reason.message}`) : reason
  } finally {
    input.destroy()
  }
}

async function askTwice(io: PasswordInput): Promise<string> {
  const first = await ask(io, 'Password: ')
  const second = await ask(io, 'Once more: ')
  if (first !== second) throw new Failure('these were two different passwords')
  return first
}

/** readline puts the terminal into raw mode, so what is typed shows nowhere but in what readline writes: into nothing. */
function ask({ input, output }: PasswordInput, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return new Promise((resolve, reject) => {
    const terminal = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
    output.write(question)
    terminal.once('line', resolve)
    terminal.once('SIGINT', () => terminal.close())
    // After an answer this comes too late to matter.
    terminal.once('close', () => reject(new Failure('no password was given')))
    terminal.once('line', () => terminal.close())
    terminal.once('close', () => output.write('\n'))
  })
}
