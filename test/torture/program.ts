// The server as its users run it: the built command line, in a process of its own, on a data directory that outlives it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Addresses } from './life.js'

const sealpost = resolve('dist/server/cli/main.js')
const readyMs = 60_000

export interface StartOptions {
  /** By how much the server's clock goes ahead of ours. Milliseconds. */
  readonly ahead?: number
}

export class Program {
  readonly ended: Promise<unknown>
  readonly #child: ChildProcess
  readonly #complaints: string[] = []

  constructor(config: string, { ahead = 0 }: StartOptions = {}) {
    const args = [sealpost, 'start', '--config', config, '--port', '0', '--component-port', '0']
    this.#child = spawn(process.execPath, [...clockAhead(ahead), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.#child, 'exit')
    process.once('exit', this.#kill)
    void this.ended.then(() => process.off('exit', this.#kill))
    const { stderr } = this.#child
    if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => this.#hears(line))
  }

  /** What it logged. */
  get complaints(): readonly string[] {
    return this.#complaints
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Waits for the ready line. @throws Error when it ends without one */
  async ready(): Promise<Addresses> {
    const { stdout } = this.#child
    if (stdout === null) throw new Error('the server has no stdout')
    const tooLate = setTimeout(this.#kill, readyMs)
    try {
      for await (const line of createInterface({ input: stdout })) {
        const [, url, host = '', port] = /^sealpost ready (ws:\/\/[^ ]+) component ([^ ]+):(\d+)$/.exec(line) ?? []
        if (url !== undefined) return { url, component: { host, port: Number(port) } }
      }
    } finally {
      clearTimeout(tooLate)
    }
    throw new Error(`the server ended without being ready: ${this.#complaints.join('\n')}`)
  }

  /** Its log is JSON; whatever else it says there is meant for a person. */
  #hears(line: string): void {
    if (line.startsWith('{')) this.#complaints.push(line)
  }

  /** kill -9. The signal is sent before this returns; resolves when the process is gone. */
  kill(): Promise<unknown> {
    this.#kill()
    return this.ended
  }

  /** SIGTERM. Gives the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    await this.ended
    return this.#child.exitCode
  }

  readonly #kill = (): void => void this.#child.kill('SIGKILL')
}

/** Node's own options. The server knows the time from `Date` alone. */
function clockAhead(milliseconds: number): readonly string[] {
  if (milliseconds === 0) return []
  const code = `const now = Date.now; Date.now = () => now() + ${milliseconds}`
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`]
}
