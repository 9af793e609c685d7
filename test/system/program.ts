// The program as its users run it: built, in a process of its own, with a fresh data directory.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const sealpost = resolve('dist/server/cli/main.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** An empty directory that is gone after the test. */
export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-system-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** Runs `sealpost` to its end. */
export async function run(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const program = new Program(process.execPath, [sealpost, ...args], surroundings)
  program.child.stdin.end(surroundings.stdin ?? '')
  return program.ended
}

/** Runs `sealpost start` on a free port until the test is over. Resolves with its ready line. */
export async function start(args: readonly string[], surroundings: Surroundings = {}): Promise<RunningServer> {
  const program = launch(args, surroundings)
  return { program, ...addressesOf(await program.ready()) }
}

/** Runs `sealpost start` on a free port, ready or not. */
export function launch(args: readonly string[], surroundings: Surroundings = {}): Program {
  return new Program(process.execPath, [sealpost, 'start', '--port', '0', ...args], surroundings)
}

export interface RunningServer {
  readonly program: Program
  /** Of the WebSocket. */
  readonly url: string
  /** `host:port` for components. */
  readonly component: string | undefined
}

/** What the ready line says. @throws Error when it is not as the contract has it */
export function addressesOf(line: string): Omit<RunningServer, 'program'> {
  const found = /^sealpost ready (wss?:\/\/[^ ]+)(?: component ([^ ]+))?$/.exec(line)
  if (found?.[1] === undefined) throw new Error(`this is no ready line: ${line}`)
  return { url: found[1], component: found[2] }
}

export class Program {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Outcome>
  readonly #lines: AsyncIterableIterator<string>
  #stdout = ''
  #stderr = ''

  constructor(command: string, args: readonly string[], { env = {}, cwd }: Surroundings) {
    this.child = spawn(command, args, { env: { ...process.env, NO_COLOR: '1', ...env }, cwd, detached: true })
    this.child.stdout.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()))
    this.child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    // A program that ends without reading what it was given is judged by its exit code.
    this.child.stdin.on('error', () => undefined)
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
    this.ended = once(this.child, 'close').then(() => this.#outcome())
    onTestFinished(() => this.#kill())
  }

  /** The first line of stdout that starts with `sealpost ready`. */
  async ready(): Promise<string> {
    for await (const line of { [Symbol.asyncIterator]: () => this.#lines }) {
      if (line.startsWith('sealpost ready')) return line
    }
    throw new Error(`it ended without being ready: ${JSON.stringify(await this.ended)}`)
  }

  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    this.child.kill(signal)
    return this.ended
  }

  /** Waits until it has written this on stderr. */
  says(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!this.#stderr.includes(text)) return
        this.child.stderr.off('data', look)
        resolve()
      }
      this.child.stderr.on('data', look)
      void this.ended.then(() => reject(new Error(`it ended without saying ${JSON.stringify(text)}`)))
      look()
    })
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Ends it with whatever it has started: it leads a group of its own. */
  async #kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.child
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
    await this.ended
  }

  #outcome(): Outcome {
    return { code: this.child.exitCode, stdout: this.#stdout, stderr: this.#stderr }
  }
}
