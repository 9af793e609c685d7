// Time that goes on when it is told to: the server's clock, and with it every timer of the process.

import { onTestFinished, vi } from 'vitest'
import type { Clock } from '../../server/extension.js'

export class HeldTime implements Clock {
  #now = Date.now()

  now(): number {
    return this.#now
  }

  /** From now on no timer fires by itself, until the test is over. */
  hold(): void {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
  }

  /** So many milliseconds pass; timers hear of it while they are held. */
  goesOn(milliseconds: number): void {
    this.#now += milliseconds
    if (vi.isFakeTimers()) vi.advanceTimersByTime(milliseconds)
  }
}
