// Waiting: for a moment, and for what nobody tells.

import { now } from './ledger.js'

const lookMs = 100

export function milliseconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count))
}

/** What another process does to its database is told by nobody: it is looked at until it is so, or for long enough. */
export async function until(isSo: () => Promise<boolean>, patienceMs: number): Promise<void> {
  const end = now() + patienceMs
  while (!(await isSo()) && now() < end) await milliseconds(lookMs)
}
