// Joins the parts: assemble(), start(), stop(). Knows no extension by name.

import type { Storage } from '../storage/storage.js'
import { Asks } from './asks.js'
import { andThen, type Awaitable } from './awaitable.js'
import { Background } from './background.js'
import { Certificate } from './certificate.js'
import { Components } from './component.js'
import type { Config } from './config.js'
import type { AnyExtension, Clock, DeliveryRule, Told } from './extension.js'
import { HookRunner, type Hooks } from './hooks.js'
import { createHttp, createHttps, type HttpServer } from './http.js'
import type { Jid } from './jid.js'
import { Lanes } from './lanes.js'
import type { Log } from './log.js'
import { Mailboxes } from './mailboxes.js'
import { type OriginOf, originReader } from './origin.js'
import { isPermitted } from './permitted.js'
import { type AnyContext, Registry } from './registry.js'
import { Router } from './router.js'
import { Sessions } from './sessions.js'
import type { Stanza } from './stanza.js'
import { StreamError } from './stream-error.js'
import type { Carrier } from './stream/carrier.js'
import { ClientStream } from './stream/client-stream.js'
import { Users } from './users.js'
import { WebSocketListener, type Connection } from './websocket.js'
import { isDoneWithin } from './within.js'

/** How long what is in hand may take when the server stops, and then the clients to say goodbye. */
const stopGraceMs = 2000

export interface Parts {
  readonly config: Config
  readonly storage: Storage
  readonly extensions: readonly AnyExtension[]
  readonly log: Log
  readonly clock: Clock
}

export interface Address {
  readonly host: string
  readonly port: number
}

export class Assembly {
  readonly users: Users
  readonly #parts: Parts
  /** The first speaks where no account does. */
  readonly #domains: readonly string[]
  readonly #hooks: HookRunner
  readonly #sessions = new Sessions()
  readonly #mailboxes = new Mailboxes()
  readonly #orders = new Lanes()
  readonly #background: Background
  readonly #streams = new Set<ClientStream>()
  readonly #components: Components
  readonly #registry: Registry
  readonly #router: Router
  readonly #asks: Asks
  #http: HttpServer | undefined
  #certificate: Certificate | undefined
  #webSockets: WebSocketListener | undefined
  #port: number | undefined
  #componentPort: number | undefined
  #ready = false

  constructor(parts: Parts) {
    const { config, storage, log } = parts
    this.#parts = parts
    this.#domains = config.domains
    this.#hooks = new HookRunner(log)
    this.#background = new Background(log)
    this.#components = new Components({ secrets: config.components, limits: config.limits, hooks: this.#hooks, log })
    this.#registry = new Registry(parts.extensions)
    this.#asks = new Asks(this.#domains[0] ?? '', (iq) => void this.#router.route(iq))
    this.#router = new Router({
      domains: this.#domains,
      registry: this.#registry,
      sessions: this.#sessions,
      hooks: this.#hooks,
      elsewhere: this.#components,
      answered: (iq) => this.#asks.answered(iq),
      underWay: (work) => this.#background.underWay(work),
      log,
    })
    this.users = new Users({
      storage,
      hooks: this.#hooks,
      isLocal: (domain) => this.#domains.includes(domain),
      endSessions: (account, except) => this.#endSessions(account, except),
    })
    this.#registry.connect((extension) => this.#contextOf(extension), this.#hooks)
  }

  /** By which the entries ask what only the extensions know. */
  get hooks(): Hooks {
    return this.#hooks
  }

  /** The WebSocket address, once started. */
  get url(): string {
    const { host, port, tls } = this.#parts.config
    const scheme = tls === undefined ? 'ws' : 'wss'
    return `${scheme}://${bracketed(host)}:${this.#port ?? port}/xmpp-websocket`
  }

  get componentAddress(): Address | undefined {
    const port = this.#componentPort
    return port === undefined ? undefined : { host: this.#parts.config.componentHost, port }
  }

  async start(): Promise<void> {
    const { config } = this.#parts
    await this.#registry.start()
    if (config.components.size > 0) {
      this.#componentPort = await this.#components.listen(config.componentHost, config.componentPort, this.#router)
    }
    const originOf = originReader(config.trustedProxies)
    const http = await this.#createHttp(originOf)
    this.#http = http
    this.#webSockets = new WebSocketListener(http, {
      maxFrameBytes: config.limits.stanzaBytes * 2,
      answerSeconds: config.limits.answerSeconds,
      originOf,
      connected: (carrier) => this.#connected(carrier),
    })
    this.#port = await listen(http, config.host, config.port)
    this.#ready = true
  }

  /** Takes up what has changed in the files that the configuration names: the TLS certificate. */
  async reload(): Promise<void> {
    await this.#certificate?.renew()
  }

  /** Stops accepting, finishes what is in hand, says goodbye to everybody, closes the storage. Safe to call when never started. */
  async stop(): Promise<void> {
    this.#ready = false
    this.#certificate?.close()
    const closed = closeHttp(this.#http)
    await this.#registry.stop()
    for (const stream of this.#streams) stream.end(new StreamError('system-shutdown'))
    await this.#components.stop()
    this.#asks.close()
    await isDoneWithin(this.#background.idle(), stopGraceMs)
    await isDoneWithin(closed, stopGraceMs)
    this.#webSockets?.terminate()
    this.#http?.closeAllConnections()
    await closed
    await this.#parts.storage.close()
  }

  /** Resolves when no stanza is in hand and no background work under way. */
  idle(): Promise<void> {
    return this.#background.idle()
  }

  async #createHttp(originOf: OriginOf): Promise<HttpServer> {
    const { config, log } = this.#parts
    const parts = {
      find: (path: string) => this.#registry.http(path),
      address: () => config.publicUrl ?? this.url,
      isReady: () => this.#ready,
      originOf,
      log,
    }
    if (config.tls === undefined) return createHttp(parts)
    const certificate = new Certificate(config.tls, log)
    const https = createHttps(await certificate.read(), parts)
    certificate.watch((context) => https.setSecureContext(context))
    this.#certificate = certificate
    return https
  }

  #connected(carrier: Carrier): Connection {
    const stream = new ClientStream(carrier, {
      domains: this.#domains,
      limits: this.#parts.config.limits,
      registry: this.#registry,
      hooks: this.#hooks,
      router: this.#router,
      sessions: this.#sessions,
      log: this.#parts.log,
      underWay: (work) => this.#background.underWay(work),
      closed: (over) => this.#streams.delete(over),
    })
    this.#streams.add(stream)
    return stream
  }

  /** Done when what those sessions had in hand is done: nothing of theirs comes after what follows. */
  async #endSessions(account: string, except?: Jid): Promise<void> {
    const isMeant = ({ account: owner, jid }: ClientStream): boolean =>
      owner === account && (except === undefined || jid?.full !== except.full)
    const streams = [...this.#streams].filter(isMeant)
    for (const stream of streams) stream.end(new StreamError('not-authorized', 'the account was changed'))
    await Promise.all(streams.map((stream) => stream.done()))
  }

  #deliver(account: string, stanza: Stanza, rule: DeliveryRule, tell: Told | undefined): Awaitable<readonly string[]> {
    // What an account's own clients and its server tell it needs nobody's permission.
    if (stanza.from.bare === account) return this.#sessions.deliver(account, stanza, rule, tell)
    return andThen(isPermitted('stanza:deliver', stanza, this.#hooks), (permitted) =>
      permitted ? this.#sessions.deliver(account, stanza, rule, tell) : [],
    )
  }

  #contextOf(extension: AnyExtension): AnyContext {
    const { storage, log, clock } = this.#parts
    return {
      domain: this.#domains[0] ?? '',
      clock,
      log,
      stores: pick(storage.stores, extension.stores ?? []),
      hooks: this.#hooks,
      users: this.users,
      isLocal: (domain) => this.#domains.includes(domain),
      deliver: (account, stanza, rule, tell) => this.#deliver(account, stanza, rule, tell),
      route: (stanza) => this.#router.route(stanza),
      presenceOf: (account) => this.#sessions.presenceOf(account),
      setPresence: (jid, presence, priority) => {
        if (this.#sessions.setPresence(jid, presence, priority)) void this.#hooks.notify('session:reachable', { jid })
      },
      clientOf: (jid) => this.#sessions.clientOf(jid),
      catchUp: (jid, behind) => this.#sessions.catchUp(jid, behind),
      isCatchingUp: (account) => this.#sessions.isCatchingUp(account),
      answered: (jid) => this.#sessions.find(jid)?.answered() ?? Promise.resolve(false),
      inMailbox: (account, mode, work) => this.#mailboxes.run(account, mode, work),
      inOrder: (account, work) => this.#orders.run(account, work),
      ask: (to, type, payload, options) => this.#asks.ask(to, type, payload, options),
      secret: (name) => storage.secret(name),
      sessionsOf: (account) => this.#sessions.countOf(account),
      components: () => this.#components.domains,
      isComponent: (domain) => this.#components.isComponent(domain),
      features: (of) => this.#registry.features(of),
      later: (work) => this.#background.later(work),
    }
  }
}

/** The stores that the extension asked for, and no other: what it did not declare it cannot reach. */
function pick<T extends object>(stores: T, names: readonly (keyof T)[]): T {
  return Object.fromEntries(names.map((name) => [name, stores[name]])) as T
}

function listen(http: HttpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      const address = http.address()
      resolve(address !== null && typeof address === 'object' ? address.port : port)
    })
  })
}

/** Resolves when every connection is closed; no new one is accepted from now on. */
function closeHttp(http: HttpServer | undefined): Promise<void> {
  if (http === undefined || !http.listening) return Promise.resolve()
  return new Promise((resolve) => {
    http.close(() => resolve())
    http.closeIdleConnections()
  })
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
