// Who may work on a data directory: its running server, or else this process alone.

import { setTimeout as pause } from 'node:timers/promises'
import { isServed } from './control-client.js'
import { Failure } from './failure.js'
import { lockDirectory, LockedError, type Lock } from './lock.js'

/** Long enough for a command that works on the directory without a server, or for a server that starts or stops. */
const patience = 10_000
const betweenTries = 50

export type Taken = { readonly kind: 'locked'; readonly lock: Lock } | { readonly kind: 'served' }

/**
 * The directory's lock, or the news that a server answers there.
 * @throws Failure when somebody holds the directory and does not answer
 */
export async function takeDirectory(directory: string): Promise<Taken> {
  for (const deadline = Date.now() + patience; ; await pause(betweenTries)) {
    if (await isServed(directory)) return { kind: 'served' }
    const lock = await tryLock(directory)
    if (lock !== undefined) return { kind: 'locked', lock }
    if (Date.now() > deadline) throw new Failure(`another process holds the data directory ${directory}`)
  }
}

async function tryLock(directory: string): Promise<Lock | undefined> {
  try {
    return await lockDirectory(directory)
  } catch (reason) {
    if (reason instanceof LockedError) return undefined
    throw reason
  }
}
