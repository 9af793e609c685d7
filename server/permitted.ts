// Whether a gate lets a stanza pass, for who tells nobody of a refusal.

import { type Awaitable, isPromise } from './awaitable.js'
import type { Hooks } from './hooks.js'
import type { Stanza } from './stanza.js'
import { Dropped, StanzaError } from './stanza-error.js'

/** Synchronous as long as the listeners are. */
export function isPermitted(
  gate: 'stanza:authorise' | 'stanza:deliver',
  stanza: Stanza,
  hooks: Hooks,
): Awaitable<boolean> {
  try {
    const asked = hooks.gate(gate, { stanza })
    return isPromise(asked) ? asked.then(() => true, refused) : true
  } catch (reason) {
    return refused(reason)
  }
}

function refused(reason: unknown): boolean {
  if (reason instanceof StanzaError || reason instanceof Dropped) return false
  throw reason
}
