// The measured programs: each in a process of its own, pinned to the first core, and what Linux tells of them (proc(5)).

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `taskset` is there, and a core for each side. */
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0
const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout || '100')

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The load keeps off the core of what it measures. Returns what was done, in words. */
export function pinLoad(): string {
  if (!canPin) return 'not pinned: server and load share all cores'
  spawnSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)])
  return 'server on core 0, load on core 1'
}

export interface StartOptions {
  /** Node's own options, for example `--cpu-prof`. */
  readonly node?: readonly string[]
}

/** Starts `sealpost start` as it is built, on a free port. */
export function startSealpost(args: readonly string[], { node = [] }: StartOptions = {}): Promise<Measured> {
  const program = here('../../server/cli/main.js')
  return launch([...node, program, 'start', '--port', '0', '--log-level', 'warn', ...args])
}

export function startBareRelay(): Promise<Measured> {
  return launch([here('bare-relay.js')])
}

async function launch(args: readonly string[]): Promise<Measured> {
  const node = [process.execPath, '--expose-gc', '--import', here('gc.js'), ...args]
  const [command = '', ...rest] = canPin ? ['taskset', '-c', '0', ...node] : node
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url, component] = / ready (ws:\/\/[^ ]+)(?: component ([^ ]+))?$/.exec(line) ?? []
    if (url !== undefined) return new Measured(child, url, component)
  }
  throw new Error(`${args.join(' ')} ended without being ready`)
}

export class Measured {
  readonly url: string
  /** `host:port` for components. */
  readonly component: string | undefined
  readonly #child: ChildProcess

  constructor(child: ChildProcess, url: string, component: string | undefined) {
    this.#child = child
    this.url = url
    this.component = component
    process.once('exit', () => child.kill('SIGKILL'))
  }

  /** Time that it has had on its core until now, threads and kernel included. Seconds. */
  cpuSeconds(): number {
    // After the name, which may hold anything but ends at the last bracket, utime and stime are the 12th and 13th field.
    const fields = this.#proc('stat')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  /** What it has had written to a disk. Bytes. */
  writtenBytes(): number {
    return Number(/^write_bytes: (\d+)$/m.exec(this.#proc('io'))?.[1])
  }

  /** Memory in use, once its garbage is collected. KiB. */
  async residentKib(): Promise<number> {
    for (let time = 0; time < 3; time += 1) {
      this.#child.kill('SIGUSR2')
      await new Promise((resolve) => setTimeout(resolve, 700))
    }
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(this.#proc('status'))?.[1])
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }

  #proc(name: string): string {
    return readFileSync(`/proc/${this.#child.pid ?? 0}/${name}`, 'utf8')
  }
}
