// Who has an account: made, given another password, removed (contract: a name that is taken later inherits nothing).

import type { Credentials } from '../storage/accounts.js'
import type { Storage } from '../storage/storage.js'
import type { Awaitable } from './awaitable.js'
import type { Hooks } from './hooks.js'
import { type Jid, JidError, parseJid } from './jid.js'
import { PrepareError, preparePassword } from './prepare.js'
import { deriveCredentials, keysOfNobody, newSalt } from './scram-keys.js'

export type UserErrorCode = 'exists' | 'unknown' | 'invalid'

/** Why it was not done, in one sentence for a person. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: UserErrorCode

  constructor(code: UserErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface UsersParts {
  readonly storage: Storage
  readonly hooks: Hooks
  isLocal(domain: string): boolean
  /**
   * Ends with `not-authorized` whatever is logged in as the account, bound or not; done when what they had in hand is done.
   * @param except a session that goes on
   */
  endSessions(account: string, except?: Jid): Awaitable<void>
}

export class Users {
  readonly #parts: UsersParts
  /** What is being done to an account: a name cannot be taken again before its removal is through. */
  readonly #busy = new Map<string, Promise<unknown>>()

  constructor(parts: UsersParts) {
    this.#parts = parts
  }

  /** @throws UserError `exists`, `invalid` */
  create(jid: string, password: string): Promise<void> {
    return this.#withPassword(jid, password, async (account, credentials) => {
      const isNew = await this.#accounts.create(account, credentials)
      if (!isNew) throw new UserError('exists', `There is a user ${account} already.`)
    })
  }

  /** Live sessions end at once. @throws UserError `unknown`, `invalid` */
  setPassword(jid: string, password: string): Promise<void> {
    return this.#setPassword(jid, password)
  }

  /** The same for somebody who asks for it themselves: all their sessions end but the one that asks. @throws UserError as setPassword() */
  changePassword(session: Jid, password: string): Promise<void> {
    return this.#setPassword(session.bare, password, session)
  }

  /** Everything of the user goes, and live sessions end at once. @throws UserError `unknown`, `invalid` */
  async remove(jid: string): Promise<void> {
    const account = this.#accountOf(jid)
    await this.#inTurn(account, () => this.#remove(account))
  }

  /** Bare JIDs in the order of their names. */
  list(): Promise<readonly string[]> {
    return this.#accounts.list()
  }

  get #accounts() {
    return this.#parts.storage.stores.accounts
  }

  /**
   * First nobody can log in any more, then nobody is logged in any more: so what ends the subscriptions, and what they are
   * wiped with, has nobody working against it, and storage takes nothing for an account that is gone.
   */
  async #remove(account: string): Promise<void> {
    const { storage, hooks } = this.#parts
    const credentials = await this.#accounts.credentials(account)
    if (credentials === undefined) throw unknown(account)
    await this.#replace(account, lock())
    try {
      await this.#parts.endSessions(account)
      await hooks.gate('account:remove', { account })
      await storage.wipe(account)
    } catch (reason) {
      await this.#accounts.setCredentials(account, credentials)
      throw reason
    }
    await hooks.notify('account:removed', { account })
  }

  #setPassword(jid: string, password: string, except?: Jid): Promise<void> {
    return this.#withPassword(jid, password, async (account, credentials) => {
      await this.#replace(account, credentials)
      await this.#parts.endSessions(account, except)
    })
  }

  async #replace(account: string, credentials: Credentials): Promise<void> {
    const isKnown = await this.#accounts.setCredentials(account, credentials)
    if (!isKnown) throw unknown(account)
  }

  async #withPassword(
    jid: string,
    password: string,
    work: (account: string, credentials: Credentials) => Promise<void>,
  ): Promise<void> {
    const account = this.#accountOf(jid)
    const credentials = await deriveCredentials(prepared(password))
    await this.#inTurn(account, () => work(account, credentials))
  }

  async #inTurn(account: string, work: () => Promise<void>): Promise<void> {
    const before = this.#busy.get(account) ?? Promise.resolve()
    const result = before.then(work, work)
    this.#busy.set(account, result)
    try {
      await result
    } finally {
      if (this.#busy.get(account) === result) this.#busy.delete(account)
    }
  }

  #accountOf(text: string): string {
    const jid = parsed(text)
    if (jid.local === undefined || jid.resource !== undefined) {
      throw new UserError('invalid', `A user's address looks like name@domain, which "${text}" does not.`)
    }
    if (!this.#parts.isLocal(jid.domain)) {
      throw new UserError('invalid', `${jid.domain} is not a domain of this server.`)
    }
    return jid.bare
  }
}

function unknown(account: string): UserError {
  return new UserError('unknown', `There is no user ${account}.`)
}

/** Credentials that no password fits. */
function lock(): Credentials {
  return { ...newSalt(), keys: keysOfNobody() }
}

function parsed(text: string): Jid {
  try {
    return parseJid(text)
  } catch (reason) {
    if (reason instanceof JidError) throw new UserError('invalid', reason.message)
    throw reason
  }
}

function prepared(password: string): string {
  try {
    return preparePassword(password)
  } catch (reason) {
    if (reason instanceof PrepareError) throw new UserError('invalid', reason.message)
    throw reason
  }
}
