#!/usr/bin/env node
// The command `sealpost`: finds the command, and turns what became of it into an exit code (0 done, 1 failed, 2 wrong usage).

import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config.js'
import { UsageError } from '../failure.js'
import { describeFault } from '../fault.js'
import { packageVersion } from '../package-version.js'
import { addConfig } from './config.js'
import { addPush } from './push.js'
import { addStart } from './start.js'
import { addUser } from './user.js'

function program(): Command {
  const sealpost = new Command('sealpost')
    .description('an XMPP server whose push notifications only the device can open')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => undefined })
  for (const add of [addStart, addUser, addPush, addConfig]) add(sealpost)
  return sealpost
}

async function run(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' })
    return 0
  } catch (reason) {
    return report(reason)
  }
}

function report(reason: unknown): number {
  if (reason instanceof CommanderError) return reportUsage(reason)
  if (reason instanceof ConfigError) return complain(reason.message.split('\n'), 2)
  if (reason instanceof UsageError) return complain([reason.message], 2)
  return complain([describeFault(reason)], 1)
}

function reportUsage({ exitCode, code, message }: CommanderError): number {
  if (exitCode === 0) return 0
  // Without a command commander shows the help, on stderr, and has nothing to say.
  if (code === 'commander.help') return 2
  return complain([message.replace(/^error: /, '').replaceAll('\n', ' ')], 2)
}

function complain(lines: readonly string[], code: number): number {
  for (const line of lines) process.stderr.write(`sealpost: ${line}\n`)
  return code
}

const args = process.argv.slice(2)
// A reader that has seen enough of a list (`| head`) is no failure. A server goes on without one.
if (args[0] !== 'start') process.stdout.on('error', () => process.exit(0))
process.exit(await run(args))
