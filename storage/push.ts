// Push registrations (XEP-0357): which service is to be told, how the notification is sealed, and how it went.

export interface Sealing {
  /** The AES-128 key that only the server and the device hold: 16 bytes. */
  readonly key: Uint8Array
  /** The most that the base64 text of `<encrypted/>` may have, in bytes. */
  readonly maxSize: number
}

/** As it is given back: the file may be encrypted, and its key not there. */
export interface KeptSealing extends Omit<Sealing, 'key'> {
  /** Undefined: it cannot be had any more. */
  readonly key: Uint8Array | undefined
}

/** Of one room: a push for every message, or with `nick` only for those that mention it (tigase:push:filter:groupchat:0). */
export interface RoomRule {
  /** Bare JID. */
  readonly room: string
  readonly nick: string | undefined
}

/** For what its client wants to be told, and how, beyond what the server's own rules say (the Tigase family). */
export interface PushRules {
  /** Only while all other clients are away (tigase:push:away:0). */
  readonly away: boolean
  /** Bare JIDs of whom nothing is told (tigase:push:filter:muted:0). */
  readonly muted: readonly string[]
  /** Only those in the roster (tigase:push:filter:ignore-unknown:0). */
  readonly ignoreUnknown: boolean
  /** The rooms whose messages are told of; undefined when the client said nothing about rooms. */
  readonly rooms: readonly RoomRule[] | undefined
  /** Each push says how urgent it is (tigase:push:priority:0). */
  readonly priority: boolean
  /** The client knows what a call is (tigase:push:jingle:0). */
  readonly jingle: boolean
}

/** The client that made a registration: by what it is known when it comes again. */
export interface RegistrationClient {
  readonly resource: string
  /** The client asked for this resource; one that the server made up says nothing about who comes with it next. */
  readonly chosen: boolean
  /** The SASL2 user-agent id (XEP-0388 §3.3). */
  readonly userAgent: string | undefined
}

/** What `<enable/>` asks for. */
export interface NewRegistration {
  readonly account: string
  readonly service: string
  /** '' when the client gave none: then the publish has none, either. */
  readonly node: string
  readonly sealing: Sealing | undefined
  readonly omemoDevice: number | undefined
  /** The `jabber:x:data` form for `<publish-options/>`, as the client gave it. */
  readonly publishOptions: string | undefined
  readonly rules: PushRules
  readonly client: RegistrationClient
  readonly created: number
}

export interface Registration extends Omit<NewRegistration, 'sealing'> {
  readonly sealing: KeptSealing | undefined
  readonly state: 'active' | 'disabled'
  /** Why it is disabled: the service's error condition, or a word of ours. */
  readonly reason: string | undefined
  readonly disabledAt: number | undefined
  /** Its client has been told that it is disabled, and why. */
  readonly told: boolean
  /** How many notifications were sealed under its present key, as far as their answers were noted. */
  readonly sealedCount: number
  /** When its client was last seen, to the day. */
  readonly usedAt: number
  /** How the last publish went: `result`, or an error condition. */
  readonly lastResult: { readonly at: number; readonly outcome: string } | undefined
}

/** How much the rules take as they are kept, in bytes. */
export function sizeOfRules(rules: PushRules): number {
  return Buffer.byteLength(JSON.stringify(rules))
}

export interface PushStore {
  /**
   * Replaces a registration of the same service and node whole, and revives it; its reason and last result are gone, but what
   * is owed to it and its `unread` stay. False, and nothing written, when it is new and the account has `limit` already
   * (disabled ones count), when the rules of all that have more than the usual few would take more than `rulesLimit` bytes, it
   * being one of them, or when there is no such account.
   */
  put(registration: NewRegistration, limit: number, rulesLimit?: number): Promise<boolean>
  /**
   * Removes one node, or with `node` undefined all of that service; what was owed to them goes too. With `created` only what was
   * created then is meant. False when there was nothing to remove.
   */
  remove(account: string, service: string, node: string | undefined, created?: number): Promise<boolean>
  /** Oldest first. */
  of(account: string): Promise<readonly Registration[]>
  /** Of all accounts, in the order of their names. */
  all(): Promise<readonly Registration[]>
  find(account: string, service: string, node: string): Promise<Registration | undefined>
  /**
   * It is over, but kept, for its client and the operator to see why. What was owed to it goes.
   * Meant is the registration that was `created` then: false, and nothing changed, when that was replaced or is gone.
   */
  disable(account: string, service: string, node: string, created: number, reason: string, at: number): Promise<boolean>
  /** Notes how a publish went, and counts what was sealed. No fault if the registration is gone. */
  answered(account: string, service: string, node: string, outcome: string, at: number): Promise<void>
  /** Its client has heard that it is disabled. Meant is the registration that was `created` then. */
  told(account: string, service: string, node: string, created: number): Promise<void>
  /** This client of the account is here: its registrations are in use. Written at most once a day. */
  used(account: string, client: Omit<RegistrationClient, 'chosen'>, at: number): Promise<void>
  /** How many there are, by their state. */
  count(): Promise<Readonly<Record<Registration['state'], number>>>
  /** Active ones whose client was not seen since `before`, the longest unseen first, `count` at most. */
  unused(before: number, count: number): Promise<readonly Registration[]>
  /** Disabled ones of this client of the account that it has not been told of, oldest first. */
  untold(account: string, client: Omit<RegistrationClient, 'chosen'>): Promise<readonly Registration[]>
  /** Disabled before then, and their client was not seen since `before`, either; `count` at most. */
  forgotten(before: number, count: number): Promise<readonly Registration[]>
}
