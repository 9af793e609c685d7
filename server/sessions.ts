// Who is bound: account → sessions and their priority. One of the two files that know all sessions of an account to be here.

import type { Available, ClientIdentity, DeliveryRule, Told } from './extension.js'
import type { Jid } from './jid.js'
import type { Session } from './session.js'
import { type Presence, type Stanza, writeStanza } from './stanza.js'
import { StreamError } from './stream-error.js'

const nobody: ReadonlyMap<string, Session> = new Map()

export class Sessions {
  readonly #accounts = new Map<string, Map<string, Session>>()

  /** A session of the same resource ends with `conflict`: the client that comes is the one that lives (RFC 6120 §7.7.2.2). */
  add(session: Session): void {
    const { bare, resource = '' } = session.jid
    this.#accounts.get(bare)?.get(resource)?.end(new StreamError('conflict', 'replaced by a new connection'))
    const sessions = this.#accounts.get(bare) ?? new Map<string, Session>()
    sessions.set(resource, session)
    this.#accounts.set(bare, sessions)
  }

  remove(session: Session): void {
    const { bare, resource = '' } = session.jid
    const sessions = this.#accounts.get(bare)
    if (sessions?.get(resource) !== session) return
    sessions.delete(resource)
    if (sessions.size === 0) this.#accounts.delete(bare)
  }

  find(jid: Jid): Session | undefined {
    return jid.resource === undefined ? undefined : this.#accounts.get(jid.bare)?.get(jid.resource)
  }

  countOf(account: string): number {
    return this.#accounts.get(account)?.size ?? 0
  }

  clientOf(jid: Jid): ClientIdentity | undefined {
    const session = this.find(jid)
    if (session === undefined) return undefined
    return { resource: session.jid.resource ?? '', chosen: session.chosen, userAgent: undefined }
  }

  presenceOf(account: string): readonly Available[] {
    return [...this.#of(account).values()].flatMap(({ jid, priority, presence }) =>
      presence === undefined ? [] : [{ jid, priority, presence }],
    )
  }

  catchUp(jid: Jid, behind: boolean): void {
    const session = this.find(jid)
    if (session !== undefined) session.isCatchingUp = behind
  }

  isCatchingUp(account: string): boolean {
    for (const session of this.#of(account).values()) if (session.isCatchingUp) return true
    return false
  }

  /** True when the session takes messages now and did not before. */
  setPresence(jid: Jid, presence: Presence | undefined, priority: number): boolean {
    const session = this.find(jid)
    if (session === undefined) return false
    const before = isReachable(session)
    session.presence = presence
    session.priority = priority
    return !before && isReachable(session)
  }

  /** Hands the stanza to the sessions that the rule names; gives their resources. `tell` hears of each whether its side answered for it. */
  deliver(account: string, stanza: Stanza, rule: DeliveryRule, tell?: Told): readonly string[] {
    if (rule.kind === 'resource') {
      const session = this.#accounts.get(account)?.get(rule.resource)
      if (session === undefined) return []
      handTo(session, stanza, rule.resource, tell)
      return [rule.resource]
    }
    const taken: string[] = []
    for (const [resource, session] of this.#of(account)) {
      if (!takes(session, resource, rule)) continue
      handTo(session, stanza, resource, tell)
      taken.push(resource)
    }
    return taken
  }

  #of(account: string): ReadonlyMap<string, Session> {
    return this.#accounts.get(account) ?? nobody
  }
}

function handTo(session: Session, stanza: Stanza, resource: string, tell: Told | undefined): void {
  const xml = writeStanza(stanza)
  if (tell === undefined) session.send(xml)
  else session.hand(xml, (answered) => tell(resource, answered))
}

function takes(session: Session, resource: string, rule: Exclude<DeliveryRule, { kind: 'resource' }>): boolean {
  switch (rule.kind) {
    case 'available':
      return session.presence !== undefined
    case 'non-negative':
      return isReachable(session) && !session.isCatchingUp
    case 'resources':
      return rule.resources.includes(resource)
  }
}

function isReachable({ presence, priority }: Session): boolean {
  return presence !== undefined && priority >= 0
}
