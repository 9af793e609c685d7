// The process: a configuration in, a server up, down again on a signal.

import { Failure } from './failure.js'
import { inMemory, type Config } from './config.js'
import { openControl } from './control.js'
import { describeFault } from './fault.js'
import { hostAndPort } from './host-and-port.js'
import { createServerFrom, type Server } from './index.js'
import type { Log } from './log.js'
import { createLogger } from './logger.js'
import { askedToStop, keepRunning, onHangup } from './signals.js'
import { takeDirectory } from './take-directory.js'
import { isDoneWithin } from './within.js'

/** The contract gives 5 s; the rest is for what comes before and after. */
const stopWithin = 4500
/** How long commands on the control socket have of that. Milliseconds. */
const commandsWithin = 1000

/** Shows the operator of a new server how to go on. */
export type Hint = (server: { readonly isEmpty: boolean; readonly url: string }) => void

/**
 * Runs a server until a signal ends it. Writes the ready line on stdout.
 * @param hint is told when the server is ready
 * @throws Failure with one sentence when it cannot start
 */
export async function runServer(config: Config, hint: Hint): Promise<void> {
  const log = createLogger(config.log)
  keepRunning(log)
  const stop = askedToStop()
  const running = await begin(config, log)
  onHangup(() => void running.server.reload())
  process.stdout.write(`${readyLine(running.server)}\n`)
  hint({ isEmpty: (await running.server.users.list()).length === 0, url: running.server.url })
  const signal = await stop
  log.info('stopping', { signal })
  if (!(await isDoneWithin(running.end(), stopWithin))) log.warn('not everything came to its end in time')
}

interface Running {
  readonly server: Server
  end(): Promise<void>
}

/** Takes the directory, starts the server, opens the control socket; undoes what it did if one of them fails. */
async function begin(config: Config, log: Log): Promise<Running> {
  const undo: (() => Promise<void>)[] = []
  const end = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const directory = config.data === inMemory ? undefined : config.data
    if (directory !== undefined) undo.push(await takeForServer(directory))
    const server = await createServerFrom(config, log)
    undo.push(() => server.stop())
    await server.start()
    if (directory !== undefined) {
      const control = await openControl(directory, server, log)
      // A command that runs is not waited for long: the clients are still to be told.
      undo.push(async () => {
        await isDoneWithin(control.close(), commandsWithin)
      })
    }
    return { server, end }
  } catch (reason) {
    await end()
    throw reason instanceof Failure ? reason : new Failure(`the server cannot start: ${describeFault(reason)}`)
  }
}

async function takeForServer(directory: string): Promise<() => Promise<void>> {
  const taken = await takeDirectory(directory)
  if (taken.kind === 'served') throw new Failure(`a server runs on the data directory ${directory} already`)
  return () => taken.lock.release()
}

/** What a script waits for, and reads the addresses from. */
function readyLine({ url, componentAddress }: Server): string {
  const component = componentAddress && ` component ${hostAndPort(componentAddress.host, componentAddress.port)}`
  return `sealpost ready ${url}${component ?? ''}`
}
