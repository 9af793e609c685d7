// `npm run torture`: kill -9 under load, again and again, and nothing that was acknowledged may be lost (docs/torture.md).

import { type Flags, readFlags, usage } from './flags.js'
import { faultLines, summaryLine } from './report.js'
import { torture } from './run.js'

await main()

async function main(): Promise<void> {
  const { rounds, seed } = flagsOrEnd()
  print(`seed ${seed}`)
  const summary = await torture({ rounds, seed, tell: print })
  for (const line of faultLines(summary)) print(line)
  print(summaryLine(rounds, seed, summary))
  if (summary.faults.length === 0) return
  print(`again: npm run torture -- --rounds ${rounds} --seed ${seed}`)
  process.exitCode = 1
}

function flagsOrEnd(): Flags {
  try {
    return readFlags(process.argv.slice(2))
  } catch (reason) {
    process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n${usage}\n`)
    process.exit(2)
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
