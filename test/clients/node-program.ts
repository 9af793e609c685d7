// A client as a Node program: the code in a file, the packages that it names beside it, in a process that has to end by itself.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)

export interface NodeProgram {
  /** A module that exports `chat`. */
  readonly code: string
  /** A module that is run before. */
  readonly first?: string | undefined
  /** What the code imports, and which of our packages that is. */
  readonly packages: Readonly<Record<string, string>>
}

export interface ProgramOutcome {
  readonly result: unknown
  readonly stderr: string
}

/** Calls `chat` with the argument. @throws Error when the program ends with another code than 0, or not at all */
export async function runInNode(
  { code, first = '', packages }: NodeProgram,
  argument: unknown,
): Promise<ProgramOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-clients-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, ours] of Object.entries(packages)) await link(directory, name, ours)
  await writeFile(join(directory, 'first.mjs'), first)
  await writeFile(join(directory, 'client.mjs'), code)
  const main = join(directory, 'main.mjs')
  await writeFile(main, program)
  // What a client says of its own on stdout is nobody's concern; what it says on stderr is.
  const { stderr } = await run(process.execPath, [main, JSON.stringify(argument)], { timeout: 60_000, cwd: directory })
  return { result: JSON.parse(await readFile(join(directory, 'result.json'), 'utf8')), stderr }
}

const program = `import { writeFileSync } from 'node:fs'
import './first.mjs'
import { chat } from './client.mjs'
writeFileSync('result.json', JSON.stringify(await chat(JSON.parse(process.argv[2]))))
`

async function link(directory: string, name: string, ours: string): Promise<void> {
  const place = join(directory, 'node_modules', name)
  await mkdir(dirname(place), { recursive: true })
  await symlink(resolve('node_modules', ours), place)
}
