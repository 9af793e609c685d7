// What is remembered of rooms for a minute: what the account wrote there, which comes back to it, and which copies of a message
// were told of. A room writes to each of an account's clients that is in it.

import { createHash } from 'node:crypto'
import type { Clock } from '../../server/extension.js'
import type { Message } from '../../server/stanza.js'
import type { Registration } from '../../storage/push.js'
import { Recent } from './recent.js'
import { idInRoom, wordsOf } from './trigger.js'

const most = 20_000
const lifetimeMs = 60_000

/** A longer id is as none: it is taken up again for each registration. */
const longestId = 1024

export class Rooms {
  readonly #written = new Recent(most, lifetimeMs)
  readonly #told = new Recent(most, lifetimeMs)

  /** A client of the account writes to a room. The room gives it back under the same id (XEP-0045 §7.4). */
  wrote(message: Message, clock: Clock): void {
    const { from, to } = message
    const name = to && nameOfOwn(from.bare, to.bare, message)
    if (name !== undefined) this.#written.add(name, clock)
  }

  isOwn(account: string, message: Message, clock: Clock): boolean {
    const name = nameOfOwn(account, message.from.bare, message)
    return name !== undefined && this.#written.has(name, clock)
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

/** Others in the room may write under the same id, by chance or to hide, but not the same words. */
function nameOfOwn(account: string, room: string, message: Message): string | undefined {
  const [id, words] = [idOf(message.id), wordsOf(message)]
  return id === undefined || words === undefined ? undefined : nameOf(account, room, id, words)
}

function copyFor({ account, service, node }: Registration, message: Message): string | undefined {
  const id = idOf(idInRoom(message) ?? message.id)
  return id === undefined ? undefined : nameOf(account, service, node, message.from.full, id)
}

function idOf(id: string | undefined): string | undefined {
  return id === undefined || id.length > longestId ? undefined : id
}

/** As long as any other, whatever comes from the wire. */
function nameOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64')
}
