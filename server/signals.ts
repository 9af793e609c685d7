// What the operating system and Node tell the process: signals, and faults that nobody caught.

import type { Log } from './log.js'

/** `npm start` passes on the signal that the terminal has given to every process already: two at once are one. */
const sameSignal = 500

/** Resolves with the first SIGTERM or SIGINT. A second one, from somebody who does not want to wait, ends the process at once. */
export function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined
    const hear = (signal: string): void => {
      first ??= Date.now()
      if (Date.now() - first > sameSignal) process.exit(1)
      resolve(signal)
    }
    process.on('SIGTERM', hear)
    process.on('SIGINT', hear)
  })
}

/** SIGHUP, the custom way to say that files have changed. Without a listener it would end the process. */
export function onHangup(hear: () => void): void {
  process.on('SIGHUP', hear)
}

/**
 * Work that failed where nobody waited for it harms nothing else: it is logged. After an exception that nobody caught nobody knows
 * what still holds: it is logged, and the process ends. What was acknowledged is on disk.
 */
export function keepRunning(log: Log): void {
  process.on('unhandledRejection', (reason) => log.error('background work failed', {}, reason))
  process.on('uncaughtException', (reason) => {
    log.error('the server ends after a fault that nobody caught', {}, reason)
    process.exit(1)
  })
  // Whoever waited for the ready line may be gone.
  process.stdout.on('error', () => undefined)
}
