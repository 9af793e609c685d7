// `sealpost start`: runs the server.

import type { Command } from 'commander'
import { inMemory, type Config } from '../config.js'
import type { Hint } from '../main.js'
import { startConfig, withStartFlags, type StartFlags } from './flags.js'

export function addStart(program: Command): void {
  withStartFlags(program.command('start'))
    .description('run the server until SIGTERM or SIGINT')
    .action(async (flags: StartFlags) => {
      const config = startConfig(flags)
      // Loaded when it is wanted: help and refusals need not wait for a whole server.
      const { runServer } = await import('../main.js')
      await runServer(config, hintFor(config, flags))
    })
}

/** What to do next, on stderr; a log for programs gets no line that is none of its own. */
function hintFor(config: Config, flags: StartFlags): Hint {
  return ({ isEmpty, url }) => {
    if (!isEmpty || config.log.format === 'json') return
    process.stderr.write(config.data === inMemory ? memoryHint : userHint(config, flags, url))
  }
}

const memoryHint = `
Everything is kept in memory, so there are no users, and no command can add one: start with --data DIR to have some.

`

function userHint(config: Config, flags: StartFlags, url: string): string {
  const user = `juliet@${config.domains[0] ?? ''}`
  return `
There are no users yet. Add one in another terminal:

    npx sealpost user add ${user}${whereFlags(flags)}

then log in as ${user} with any XMPP client that speaks WebSocket, at ${url}

`
}

function whereFlags({ config, data }: StartFlags): string {
  const where = { config, data }
  return Object.entries(where)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${shellWord(value)}`))
    .join('')
}

function shellWord(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
