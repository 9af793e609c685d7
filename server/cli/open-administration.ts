// The administration of a data directory: asked of the server that runs on it, or done here under the directory's lock.

import { stat } from 'node:fs/promises'
import type { Administration } from '../administration.js'
import { inMemory, type Config } from '../config.js'
import { isServed, remoteAdministration } from '../control-client.js'
import { Failure, UsageError } from '../failure.js'
import { faultCode } from '../fault.js'
import type { Lock } from '../lock.js'
import { takeDirectory } from '../take-directory.js'

/**
 * Runs `work` with the administration of the configured data directory.
 * @param absent whether a directory that is not there is made, or refused: a slip of the pen should not leave one behind
 */
export async function withAdministration<T>(
  config: Config,
  absent: 'make' | 'refuse',
  work: (administration: Administration, isServed: boolean) => Promise<T>,
): Promise<T> {
  expectReachable(config)
  if (absent === 'refuse') await expectDirectory(config.data)
  const taken = await takeDirectory(config.data)
  if (taken.kind === 'served') return work(remoteAdministration(config.data), true)
  return alone(config, taken.lock, (administration) => work(administration, false))
}

/** The same for what nobody but the server can do. @param what the command, for the sentence that says so */
export async function withRunningServer<T>(
  config: Config,
  what: string,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  expectReachable(config)
  await expectDirectory(config.data)
  if (await isServed(config.data)) return work(remoteAdministration(config.data))
  throw new Failure(`${what} needs the running server, and none runs on ${config.data}`)
}

function expectReachable({ data }: Config): void {
  if (data === inMemory) throw new UsageError('--data :memory: lives in its server alone: name a directory')
}

async function alone<T>(config: Config, lock: Lock, work: (administration: Administration) => Promise<T>): Promise<T> {
  try {
    // Loaded when it is wanted: beside a running server nothing of it is.
    const { createServerFrom } = await import('../index.js')
    const { createLogger } = await import('../logger.js')
    const server = await createServerFrom(config, createLogger({ ...config.log, level: 'warn' }), Date, 'unread')
    return await work(server).finally(() => server.stop())
  } finally {
    await lock.release()
  }
}

async function expectDirectory(directory: string): Promise<void> {
  try {
    await stat(directory)
  } catch (reason) {
    if (faultCode(reason) !== 'ENOENT') throw reason
    throw new Failure(`there is no data directory ${directory}: name it with --data, or start the server once`)
  }
}
