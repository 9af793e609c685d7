// What is remembered of rooms for a minute: what the account wrote there, which comes back to it, and which copies of a message
// were told of. A room writes to each of an account's clients that is in it.

import type { Clock } from '../../server/extension.js'
import type { Message } from '../../server/stanza.js'
import type { Registration } from '../../storage/push.js'
import { Recent } from './recent.js'
import { idInRoom } from './trigger.js'

const most = 20_000
const lifetimeMs = 60_000

export class Rooms {
  readonly #written = new Recent(most, lifetimeMs)
  readonly #told = new Recent(most, lifetimeMs)

  /** A client of the account writes to a room. The room gives it back under the same id (XEP-0045 §7.4). */
  wrote({ from, to, id }: Message, clock: Clock): void {
    if (to !== undefined && id !== undefined) this.#written.add(nameOf(from.bare, to.bare, id), clock)
  }

  isOwn(account: string, { from, id }: Message, clock: Clock): boolean {
    return id !== undefined && this.#written.has(nameOf(account, from.bare, id), clock)
  }

  /** A message without any id cannot be told from another. */
  told(registration: Registration, message: Message, clock: Clock): void {
    const copy = copyFor(registration, message)
    if (copy !== undefined) this.#told.add(copy, clock)
  }

  wasTold(registration: Registration, message: Message, clock: Clock): boolean {
    const copy = copyFor(registration, message)
    return copy !== undefined && this.#told.has(copy, clock)
  }

  clear(): void {
    this.#written.clear()
    this.#told.clear()
  }
}

function copyFor({ account, service, node }: Registration, message: Message): string | undefined {
  const id = idInRoom(message) ?? message.id
  return id === undefined ? undefined : nameOf(account, service, node, message.from.full, id)
}

function nameOf(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}
