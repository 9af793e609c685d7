// The commands that somebody is in the middle of (XEP-0050 §3.3): few for each session, and not for ever.

import type { FormStage } from './reply.js'

/** A person reads, looks something up, and comes back. */
const lifetimeMs = 10 * 60 * 1000
/** So many may one session have open; the one that it has not touched for longest makes room. */
const mostOpen = 10

export interface Execution {
  readonly sessionId: string
  readonly node: string
  /** Those before the last one are where `prev` leads. */
  readonly stages: readonly [FormStage, ...FormStage[]]
}

interface Open {
  readonly execution: Execution
  readonly expires: number
}

export class Executions {
  /** By the full JID of the requester, then by the id; in both whoever was touched last comes last. */
  readonly #open = new Map<string, Map<string, Open>>()

  /** It stands there now, and has been touched. */
  put(requester: string, execution: Execution, now: number): void {
    const own = this.#open.get(requester) ?? new Map<string, Open>()
    this.#open.delete(requester)
    this.#purge(now)
    this.#open.set(requester, own)
    purge(own, now)
    own.delete(execution.sessionId)
    own.set(execution.sessionId, { execution, expires: now + lifetimeMs })
    const [oldest] = own.keys()
    if (own.size > mostOpen && oldest !== undefined) own.delete(oldest)
  }

  find(requester: string, sessionId: string, now: number): Execution | undefined {
    const open = this.#open.get(requester)?.get(sessionId)
    return open !== undefined && open.expires > now ? open.execution : undefined
  }

  end(requester: string, sessionId: string): void {
    const own = this.#open.get(requester)
    own?.delete(sessionId)
    if (own?.size === 0) this.#open.delete(requester)
  }

  /** The requester is gone, and with it all that it was in the middle of. */
  forget(requester: string): void {
    this.#open.delete(requester)
  }

  clear(): void {
    this.#open.clear()
  }

  /** The first requester with something left was touched before all that come after it. */
  #purge(now: number): void {
    for (const [requester, own] of this.#open) {
      purge(own, now)
      if (own.size > 0) return
      this.#open.delete(requester)
    }
  }
}

function purge(own: Map<string, Open>, now: number): void {
  for (const [sessionId, { expires }] of own) {
    if (expires > now) return
    own.delete(sessionId)
  }
}
