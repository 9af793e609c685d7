// In-band registration (XEP-0077): an account made before login; its password changed, or the account removed, after it.

import { type AnyExtension, type Context, defineExtension, type OpeningIqRequest } from '../../server/extension.js'
import type { OpeningStream } from '../../server/extension.js'
import { JidError, jidOf } from '../../server/jid.js'
import type { IqRequest } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { UserError } from '../../server/users.js'
import { el, type Element } from '../../server/xml.js'
import { Allowance } from './allowance.js'
import { asksRemoval, blankForm, NS, readGiven, registeredForm } from './form.js'

const FEATURE = 'http://jabber.org/features/iq-register'
/** A person thinks of a name and a password. */
const fillInMs = 5 * 60_000

export interface RegisterOptions {
  readonly registration: 'closed' | 'open'
  /** How many tries an address has in an hour, and how many changes of password an account. */
  readonly perHour: number
}

/** A server's own: it remembers who has asked how often. Closed, it says so before login, and is not there after it. */
export const register = ({ registration, perHour }: RegisterOptions): AnyExtension => {
  if (registration === 'closed') return closed
  const tries = new Allowance(perHour)
  const changes = new Allowance(perHour)
  const change = (request: IqRequest, context: Context): ReturnType<typeof afterLogin> =>
    afterLogin(request, changes, context)
  return defineExtension({
    name: 'register',
    xeps: ['XEP-0077 2.4'],
    requires: ['sasl', 'disco'],
    features: { server: [NS] },
    handlers: [
      {
        kind: 'before-login-iq',
        namespace: NS,
        name: 'query',
        handle: (request, stream, context) => beforeLogin(request, stream, tries, context),
      },
      { kind: 'iq-get', to: 'server', namespace: NS, name: 'query', handle: registered },
      { kind: 'iq-set', to: 'server', namespace: NS, name: 'query', handle: change },
      { kind: 'iq-get', to: 'own-account', namespace: NS, name: 'query', handle: registered },
      { kind: 'iq-set', to: 'own-account', namespace: NS, name: 'query', handle: change },
    ],
    on: {
      'stream:features': (features, { state, secure }) =>
        state === 'opened' && secure ? [...features, el('register', { xmlns: FEATURE })] : features,
    },
  })
}

/** §3.1: whoever asks is told that it is not supported, rather than thrown out. */
const closed = defineExtension({
  name: 'register',
  xeps: ['XEP-0077 2.4'],
  handlers: [
    {
      kind: 'before-login-iq',
      namespace: NS,
      name: 'query',
      handle: () => {
        throw new StanzaError('service-unavailable', 'the operator makes the accounts here')
      },
    },
  ],
})

/** @throws StanzaError */
function beforeLogin(
  { type, to, payload }: OpeningIqRequest,
  stream: OpeningStream,
  tries: Allowance,
  context: Context,
): Element | Promise<undefined> {
  if (!stream.secure)
    throw new StanzaError('service-unavailable', 'a password is not sent where others can read it: use TLS')
  if (to !== undefined && to.full !== stream.domain) throw new StanzaError('service-unavailable')
  if (type === 'get') {
    stream.extendLogin(fillInMs)
    return blankForm()
  }
  if (asksRemoval(payload)) throw new StanzaError('unexpected-request', 'log in first')
  return create(payload, stream, tries, context)
}

async function create(query: Element, stream: OpeningStream, tries: Allowance, context: Context): Promise<undefined> {
  const { username, password } = readGiven(query)
  if (username === undefined || password === undefined) {
    throw new StanzaError('not-acceptable', 'a user name and a password are needed')
  }
  const account = accountOf(username, stream.domain)
  if (!tries.take(stream.address, context.clock)) throw tooOften()
  await refusing(() => context.users.create(account, password))
  context.log.info('somebody registered', { account, address: stream.address })
  return undefined
}

function registered({ from, to }: IqRequest, context: Context): Element {
  checkOwn({ from, to }, context)
  return registeredForm(from.local ?? '')
}

/** @throws StanzaError */
function afterLogin(request: IqRequest, changes: Allowance, context: Context): undefined | Promise<undefined> {
  checkOwn(request, context)
  if (!asksRemoval(request.payload)) return changePassword(request, changes, context)
  // The answer goes first: the session ends with the account.
  context.later(() => removeAccount(request.from.bare, context))
  return undefined
}

async function changePassword(
  { from, payload }: IqRequest,
  changes: Allowance,
  { users, clock }: Context,
): Promise<undefined> {
  const { username, password } = readGiven(payload)
  if (username === undefined || password === undefined) {
    throw new StanzaError('bad-request', 'the user name and the new password are needed')
  }
  if (accountOf(username, from.domain) !== from.bare) throw new StanzaError('not-allowed', 'that is not your account')
  if (!changes.take(from.bare, clock)) throw tooOften()
  await refusing(() => users.changePassword(from, password))
  return undefined
}

async function removeAccount(account: string, { users, log }: Context): Promise<void> {
  try {
    await users.remove(account)
    log.info('somebody removed their account', { account })
  } catch (reason) {
    // Asked for twice.
    if (!(reason instanceof UserError && reason.code === 'unknown')) throw reason
  }
}

/** Only an account of ours, at its own domain, is registered here. @throws StanzaError `registration-required` (§3.2) */
function checkOwn({ from, to }: Pick<IqRequest, 'from' | 'to'>, context: Context): void {
  const isOwn =
    from.local !== undefined && context.isLocal(from.domain) && (to === undefined || to.domain === from.domain)
  if (!isOwn) throw new StanzaError('registration-required')
}

/** @throws StanzaError `not-acceptable` for what is no user name */
function accountOf(username: string, domain: string): string {
  try {
    return jidOf(username, domain).bare
  } catch (reason) {
    if (reason instanceof JidError) throw new StanzaError('not-acceptable', 'that cannot be a user name')
    throw reason
  }
}

async function refusing(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (reason) {
    if (!(reason instanceof UserError)) throw reason
    if (reason.code === 'exists') throw new StanzaError('conflict', 'somebody has this name already')
    throw new StanzaError('not-acceptable', reason.message)
  }
}

function tooOften(): StanzaError {
  return new StanzaError('resource-constraint', 'that was often enough for now: try again in an hour')
}
