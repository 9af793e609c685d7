// `npm run bench`: what this server does a second, and next to it what a bare `ws` relay does, in the same run on the same machine.
// Figures drift with the machine, ratios hardly do. Fails when a live message touched the disk.

import { cpus } from 'node:os'
import { type DataDirectory, makeDataDirectory } from './data-directory.js'
import { figure, percent, table } from './figures.js'
import { type Flags, readFlags, usage } from './flags.js'
import { measureIdle } from './idle.js'
import { measureLogins } from './logins.js'
import { titles } from './messages.js'
import { pinLoad } from './program.js'
import { measurePushes } from './pushes.js'
import { measureRelay, type RelayResult } from './relay.js'

/** Nothing is heard of the server for far longer than anything takes. */
const patienceMs = 15 * 60 * 1000

await main()

async function main(): Promise<void> {
  if (process.platform !== 'linux') end('the benchmark reads /proc: it runs on Linux')
  const flags = flagsOrEnd()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end('broken off'))
  setTimeout(() => end('the measurement does not go on'), patienceMs + flags.seconds * flags.rounds * 10_000).unref()
  const { model = 'unknown' } = cpus()[0] ?? {}
  print(`Node ${process.version}, ${cpus().length} × ${model}; ${pinLoad()}`)
  print(`${flags.rounds} rounds of ${flags.seconds} s each, medians\n`)
  await measure(await makeDataDirectory(flags.accounts), flags)
}

async function measure(data: DataDirectory, flags: Flags): Promise<void> {
  for (const part of flags.only) {
    switch (part) {
      case 'relay':
        await relay(data, flags)
        break
      case 'logins':
        await logins(data, flags)
        break
      case 'pushes':
        await pushes(data, flags)
        break
      case 'memory':
        await memory(data, flags)
        break
    }
  }
}

function profilingTo(profile: string | undefined): readonly string[] {
  return profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
}

async function relay(data: DataDirectory, { seconds, rounds, profile }: Flags): Promise<void> {
  const node = profilingTo(profile)
  const result = await measureRelay(data, { shapes: ['chat', 'omemo'], seconds, rounds, node })
  const head = ['relay, messages/s', 'Sealpost', 'bare ws relay', 'ratio', 'CPU µs a message', 'ratio by CPU']
  const rows = result.figures.map(({ shape, sealpost, bare, ratio, cpuRatio }) => [
    titles[shape],
    figure(sealpost.perSecond),
    figure(bare.perSecond),
    percent(ratio),
    `${figure(sealpost.cpuMicros)} / ${figure(bare.cpuMicros)}`,
    percent(cpuRatio),
  ])
  print(`${table(head, rows)}\n`)
  reportDisk(result)
}

function reportDisk({ messages, writtenBytes, filesChanged }: RelayResult): void {
  const files = filesChanged ? 'files of the data directory changed' : 'no file of the data directory changed'
  print(`${messages.toLocaleString('en-US')} live messages: ${writtenBytes} bytes written to disk, ${files}\n`)
  if (writtenBytes > 0 || filesChanged) process.exitCode = 1
}

async function logins(data: DataDirectory, plan: Flags): Promise<void> {
  const { plain, scram, bareConnections } = await measureLogins(data, plan)
  const head = ['logins/s', 'Sealpost', 'bare ws connections/s', 'ratio']
  const row = (title: string, rate: number): string[] => [
    title,
    figure(rate),
    figure(bareConnections),
    percent(rate / bareConnections),
  ]
  print(`${table(head, [row('PLAIN', plain), row('SCRAM-SHA-1', scram)])}\n`)
}

async function pushes(data: DataDirectory, { seconds, rounds, accounts, profile }: Flags): Promise<void> {
  const node = profilingTo(profile)
  const { perSecond, cpuMicros } = await measurePushes(data, { seconds, rounds, away: accounts - 10, node })
  const row = ['kept, sealed, published, answered', figure(perSecond), figure(cpuMicros)]
  print(`${table(['sealed pushes', 'publishes/s', 'CPU µs a push'], [row])}\n`)
}

async function memory(data: DataDirectory, { sessions }: Flags): Promise<void> {
  const { sealpost, bare } = await measureIdle(data, sessions)
  const head = [`memory, KiB each of ${sessions}`, 'Sealpost session', 'bare ws connection', 'ratio']
  print(`${table(head, [['idle', figure(sealpost), figure(bare), `${figure(sealpost / bare)} ×`]])}\n`)
}

function flagsOrEnd(): Flags {
  try {
    return readFlags(process.argv.slice(2))
  } catch (reason) {
    return end(`${reason instanceof Error ? reason.message : String(reason)}\n${usage}`)
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function end(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
