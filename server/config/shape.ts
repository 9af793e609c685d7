// The configuration as the program reads it: checked, complete, secrets resolved (docs/configuration.md).

import type { LogLevel } from '../log.js'

export interface Limits {
  /** The most that one stanza may have, in bytes. */
  readonly stanzaBytes: number
  /** The same before login. */
  readonly beforeLoginBytes: number
  /** How deep elements may nest. */
  readonly depth: number
  /** How long a stream may take to log in. */
  readonly loginSeconds: number
  /** How many messages wait for one account at most. */
  readonly offlineMessages: number
  /** How often one address may try to make an account in an hour. */
  readonly registrationsPerHour: number
  /** How long a session may leave a question unanswered before what it was handed counts as not delivered. */
  readonly answerSeconds: number
}

export interface PushConfig {
  /** What a push that is not sealed tells beside the count. */
  readonly plain: 'none' | 'sender' | 'body'
  /** Sealed pushes are all of one length. */
  readonly padding: boolean
  /** Whether a registration is told of a message that other clients of its account have taken. */
  readonly whenOthersOnline: 'always' | 'away' | 'never'
  /** How many registrations an account may have. */
  readonly maxRegistrations: number
  /** How many pushes a registration may get at once. */
  readonly burst: number
  /** How many a second after that. */
  readonly perSecond: number
  /** After so many days without its client a registration ends; 0: never. */
  readonly unusedDays: number
}

export interface StorageConfig {
  /** What push keys are encrypted with in the file, 32 bytes; undefined: with nothing. */
  readonly key: Uint8Array | undefined
  /** What they may still be encrypted with. */
  readonly previousKey: Uint8Array | undefined
}

/** Whom to write to about the server, as URIs (XEP-0157). */
export interface ContactConfig {
  readonly abuse: readonly string[]
  readonly admin: readonly string[]
  readonly feedback: readonly string[]
  readonly sales: readonly string[]
  readonly security: readonly string[]
  readonly status: readonly string[]
  readonly support: readonly string[]
}

export interface LogConfig {
  readonly level: LogLevel
  readonly format: 'pretty' | 'json'
}

export interface Config {
  /** Prepared domains that this server answers for: at least one, each once. */
  readonly domains: readonly string[]
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** The WebSocket address that host-meta names (XEP-0156); undefined: made from host and port. */
  readonly publicUrl: string | undefined
  /** The files of a TLS certificate, in PEM; undefined: no TLS here. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  /** IP addresses and networks of proxies that are believed what they say of a client. */
  readonly trustedProxies: readonly string[]
  /** A directory, or `:memory:`. */
  readonly data: string
  readonly storage: StorageConfig
  /** Who may make an account: the operator alone, or everybody. */
  readonly registration: 'closed' | 'open'
  readonly componentHost: string
  /** 0 takes a free port. */
  readonly componentPort: number
  /** Prepared domain → secret (XEP-0114). */
  readonly components: ReadonlyMap<string, string>
  readonly contact: ContactConfig
  /** Who may read /metrics. */
  readonly metrics: 'loopback' | 'all' | 'off'
  readonly log: LogConfig
  readonly limits: Limits
  readonly push: PushConfig
}

/** What the program runs on when nobody says anything. */
export const defaults: Config = {
  domains: ['localhost'],
  host: '127.0.0.1',
  port: 5280,
  publicUrl: undefined,
  tls: undefined,
  trustedProxies: [],
  data: './data',
  storage: { key: undefined, previousKey: undefined },
  registration: 'closed',
  componentHost: '127.0.0.1',
  componentPort: 5347,
  components: new Map(),
  contact: { abuse: [], admin: [], feedback: [], sales: [], security: [], status: [], support: [] },
  metrics: 'loopback',
  log: { level: 'info', format: 'pretty' },
  limits: {
    stanzaBytes: 262_144,
    beforeLoginBytes: 16_384,
    depth: 64,
    loginSeconds: 30,
    offlineMessages: 1000,
    registrationsPerHour: 10,
    answerSeconds: 10,
  },
  push: {
    plain: 'none',
    padding: true,
    whenOthersOnline: 'always',
    maxRegistrations: 32,
    burst: 10,
    perSecond: 1,
    unusedDays: 180,
  },
}
