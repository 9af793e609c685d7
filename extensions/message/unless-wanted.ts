// RFC 6121 §8.5.2.2.1 and §8.5.3.2.1: what a room hears whose message nobody took.

import { andThen, type Awaitable } from '../../server/awaitable.js'
import type { Context } from '../../server/extension.js'
import type { Message } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import type {} from './hooks.js'
import { orLogged } from './or-logged.js'

/**
 * Rooms take an error for the end of their occupant: one that cannot be told apart from those that are wanted is none.
 * @throws StanzaError `service-unavailable` when nobody wants its messages
 */
export function unlessWanted(message: Message, account: string, { hooks, log }: Context): Awaitable<void> {
  let wanted = true
  const ask = (): Awaitable<void> =>
    andThen(hooks.claim('message:wanted', { account, message }), (answer) => void (wanted = answer))
  const asked = orLogged(ask, 'whether a room is wanted could not be found out', { account }, log)
  return andThen(asked, () => {
    if (!wanted) throw new StanzaError('service-unavailable')
  })
}
