// The hook by which others ask why a message became a push, or did not. Types only.

import type { Kind } from '../push/hooks.js'

/** One message and one registration. No content, and not who sent it. */
export interface TraceEntry {
  readonly account: string
  readonly service: string
  readonly node: string | undefined
  /** When the message came; for what is known only by what became of it, when that was. Milliseconds since 1970. */
  readonly at: number
  readonly kind: Kind | undefined
  readonly decision: 'pushed' | 'merged' | 'waiting' | 'not pushed' | 'failed' | 'dropped'
  /** For a person to read. */
  readonly why: string
  /** How often its service was asked, as far as that is known; undefined for what was never to be sent. */
  readonly attempts: number | undefined
  /** When it is tried next. Milliseconds since 1970. */
  readonly next: number | undefined
}

declare module '../../server/hooks.js' {
  interface Folds {
    /** What became of the recent messages of one account, or of all. */
    'push:trace': {
      readonly value: readonly TraceEntry[]
      readonly subject: { readonly account: string | undefined }
    }
  }
}
