// Logging in: SASL with SCRAM, and PLAIN where nobody reads along (RFC 6120 §6, RFC 5802, RFC 7677, RFC 4616).

import { type AnyExtension, type Context, defineExtension } from '../../server/extension.js'
import { el, type Element } from '../../server/xml.js'
import { Delays } from './delays.js'
import { Directory } from './directory.js'
import { NS } from './failure.js'
import { Logins } from './logins.js'
import { mechanismsFor } from './mechanisms.js'

/** A server's own: it remembers who guesses passwords. */
export const sasl = (): AnyExtension => {
  let opened: Promise<Logins> | undefined
  const logins = (context: Context<'accounts'>): Promise<Logins> => (opened ??= openLogins(context))
  return defineExtension({
    name: 'sasl',
    stores: ['accounts'],
    handlers: [
      {
        kind: 'nonza',
        namespace: NS,
        name: 'auth',
        handle: async (auth, stream, context) => (await logins(context)).auth(stream, auth),
      },
      {
        kind: 'nonza',
        namespace: NS,
        name: 'response',
        handle: async (response, stream, context) => (await logins(context)).response(stream, response),
      },
      {
        kind: 'nonza',
        namespace: NS,
        name: 'abort',
        handle: async (_, stream, context) => (await logins(context)).abort(stream),
      },
    ],
    on: {
      'stream:features': (features, { state, secure }) =>
        state === 'opened' ? [...features, mechanismsElement(secure)] : features,
    },
    start: async (context) => {
      await logins(context)
    },
    stop: () =>
      opened?.then(
        (started) => started.stop(),
        () => undefined,
      ),
  })
}

async function openLogins(context: Context<'accounts'>): Promise<Logins> {
  const { stores, clock, hooks, log } = context
  const directory = new Directory(stores.accounts, await context.secret('sasl'))
  return new Logins({ directory, delays: new Delays(clock), hooks, log })
}

function mechanismsElement(secure: boolean): Element {
  const mechanisms = mechanismsFor(secure).map((name) => el('mechanism', {}, name))
  return el('mechanisms', { xmlns: NS }, ...mechanisms)
}
