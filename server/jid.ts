// JIDs: addresses, prepared once and then compared as text (RFC 7622).

import { prepareDomain, PrepareError, prepareLocalpart, prepareResource } from './prepare.js'

/** Thrown for text that is no JID. The message is a sentence for a person. */
export class JidError extends Error {
  override readonly name = 'JidError'
}

/** An address. Its parts are prepared, so two JIDs are the same if their texts are. */
export class Jid {
  readonly local: string | undefined
  readonly domain: string
  readonly resource: string | undefined
  /** The text without the resource. */
  readonly bare: string
  /** The text, with the resource if there is one. */
  readonly full: string

  /** Takes parts that are prepared already; everybody else comes by `parseJid` or `jidOf`. */
  constructor(local: string | undefined, domain: string, resource: string | undefined) {
    this.local = local
    this.domain = domain
    this.resource = resource
    this.bare = local === undefined ? domain : `${local}@${domain}`
    this.full = resource === undefined ? this.bare : `${this.bare}/${resource}`
  }

  get isBare(): boolean {
    return this.resource === undefined
  }

  toBare(): Jid {
    return this.isBare ? this : new Jid(this.local, this.domain, undefined)
  }

  /** @throws JidError if the text cannot be a resource */
  withResource(resource: string): Jid {
    return new Jid(
      this.local,
      this.domain,
      prepared(() => prepareResource(resource)),
    )
  }

  /** Whether all parts are the same, the resource too. */
  equals(other: Jid): boolean {
    return this.full === other.full
  }

  toString(): string {
    return this.full
  }
}

/** A stream of stanzas names few addresses many times. Results only, so who shares them does not matter. */
const recent = new Map<string, Jid>()
const MOST_RECENT = 2048
const LONGEST_RECENT = 256

/**
 * Reads a JID from the wire: the resource starts after the first `/`, the domain after the first `@` before it (RFC 7622 §3.2).
 * @throws JidError with the reason for a person
 */
export function parseJid(text: string): Jid {
  const known = recent.get(text)
  if (known !== undefined) return known
  const jid = split(text)
  if (text.length <= LONGEST_RECENT) {
    if (recent.size >= MOST_RECENT) recent.clear()
    recent.set(text, jid)
  }
  return jid
}

/** Undefined for what is no JID. */
export function jidOrUndefined(text: string): Jid | undefined {
  try {
    return parseJid(text)
  } catch (reason) {
    if (reason instanceof JidError) return undefined
    throw reason
  }
}

/**
 * Joins parts as somebody wrote them.
 * @throws JidError with the reason for a person
 */
export function jidOf(local: string | undefined, domain: string, resource?: string): Jid {
  return prepared(
    () =>
      new Jid(
        local === undefined ? undefined : prepareLocalpart(local),
        prepareDomain(domain),
        resource === undefined ? undefined : prepareResource(resource),
      ),
  )
}

function split(text: string): Jid {
  const slash = text.indexOf('/')
  const bare = slash < 0 ? text : text.slice(0, slash)
  const at = bare.indexOf('@')
  const local = at < 0 ? undefined : bare.slice(0, at)
  return jidOf(local, bare.slice(at + 1), slash < 0 ? undefined : text.slice(slash + 1))
}

function prepared<T>(prepare: () => T): T {
  try {
    return prepare()
  } catch (error) {
    if (error instanceof PrepareError) throw new JidError(error.message)
    throw error
  }
}
