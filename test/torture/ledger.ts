// The book: what was sent, acknowledged, received, registered and published, as seen from outside, with times of one clock.
// It judges nothing (verdict.ts does).

import type { Kind } from './messages.js'

/** Milliseconds of this process. */
export const now = (): number => performance.now()

export interface Message {
  readonly token: string
  readonly kind: Kind
  readonly from: string
  readonly to: string
  readonly life: number
  /** Just before it was sent. */
  readonly sent: number
  /** An answer that vouches for it came. */
  acknowledged: number | undefined
  /** The error with which it came back. */
  refused: string | undefined
  /** Every id under which the recipient has seen it. */
  readonly ids: Set<string>
  /** Those who have read it and are counted as readers. */
  readonly readers: Set<Session>
}

/** A session of a recipient. */
export interface Session {
  readonly account: string
  readonly resource: string
  readonly life: number
  /** Before anything was sent: from here on it may be handed something. */
  readonly from: number
  /** False: it never answers what the server asks, so whatever it reads is not received. */
  readonly answers: boolean
  bound: number | undefined
  /** It is about to say that it is there. */
  reachable: boolean
  hasAnswered: boolean
  /** It ended, or goes on, in a way that leaves open what it had of what it was handed. */
  rude: boolean
  /** The server knows that it is over: it said so. */
  over: number | undefined
}

/** What a client asked for its registration: sealed with a key, not sealed, or none. */
export interface Change {
  readonly kind: 'sealed' | 'plain' | 'none'
  readonly key: string | undefined
  readonly asked: number
  done: number | undefined
}

export interface Registration {
  readonly account: string
  readonly service: string
  readonly node: string
  /** The resource of its own client. */
  readonly resource: string
  /** The OMEMO device, where it has one. */
  readonly device: number | undefined
  readonly changes: Change[]
}

/** What the service said, when, and when it was proved that the server had read it. */
export interface Answer {
  readonly kind: 'result' | 'error'
  readonly at: number
  read: number | undefined
}

export interface Publish {
  readonly registration: Registration
  readonly life: number
  readonly at: number
  readonly item: string
  readonly unread: number
  /** The stanza-id in the seal, the token of its text or OMEMO payload, as far as it tells. */
  readonly id: string | undefined
  readonly token: string | undefined
  readonly seal: { readonly key: string; readonly iv: string } | undefined
  answer: Answer | undefined
}

export class Ledger {
  readonly messages = new Map<string, Message>()
  readonly sessions: Session[] = []
  readonly registrations: Registration[] = []
  readonly publishes: Publish[] = []
  /** When each life was ended by kill -9. */
  readonly kills = new Map<number, number>()
  /** What nobody may do, and somebody did: told as it was seen. */
  readonly faults: string[] = []
  readonly #byId = new Map<string, Message>()

  sends(message: Pick<Message, 'token' | 'kind' | 'from' | 'to' | 'life'>): Message {
    const entry: Message = {
      ...message,
      sent: now(),
      acknowledged: undefined,
      refused: undefined,
      ids: new Set(),
      readers: new Set(),
    }
    this.messages.set(entry.token, entry)
    return entry
  }

  /** The recipient has seen the message under this stanza-id; `reader` is undefined for whoever is not counted. */
  seen(token: string, id: string | undefined, reader: Session | undefined): void {
    const message = this.messages.get(token)
    if (message === undefined) return void this.faults.push(`${token} was received, and nobody sent it`)
    if (reader !== undefined) message.readers.add(reader)
    if (id === undefined) return
    message.ids.add(id)
    this.#byId.set(id, message)
    if (message.ids.size > 1)
      this.faults.push(`${token} was seen under more than one stanza-id: ${[...message.ids].join(', ')}`)
  }

  /** Whose push it is, if that can be told. */
  messageOf({ id, token }: Pick<Publish, 'id' | 'token'>): Message | undefined {
    return (
      (id === undefined ? undefined : this.#byId.get(id)) ??
      (token === undefined ? undefined : this.messages.get(token))
    )
  }

  registration(service: string, node: string): Registration | undefined {
    return this.registrations.find((known) => known.service === service && known.node === node)
  }
}
