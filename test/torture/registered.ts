// An `<enable/>` or `<disable/>` that was answered is on disk: the registration is as its client last asked. Pure.

import type { Registered } from './disk.js'
import type { Change, Registration } from './ledger.js'

/** @returns in words what is not as any client asked for since the last answer */
export function forgotten(
  registrations: readonly Registration[],
  registered: readonly Registered[],
): readonly string[] {
  return registrations.flatMap(({ service, node, changes }) => {
    const there = registered.find((one) => one.service === service && one.node === node)
    const answered = changes.findLastIndex(({ done }) => done !== undefined)
    // What was asked for after the last answer may be there, or not.
    const possible = changes.slice(Math.max(answered, 0)).map(stateOf)
    return possible.includes(there === undefined ? 'none' : (there.key ?? 'plain'))
      ? []
      : `the registration ${node} is not as it was answered to be`
  })
}

function stateOf({ kind, key }: Change): string {
  return key ?? kind
}
