// Checks the extensions, and indexes what they handle. A list that cannot work stops the start, naming the extension.

import type { Stores } from '../storage/storage.js'
import type { Awaitable } from './awaitable.js'
import type {
  AnyExtension,
  Context,
  Handler,
  HttpAnswer,
  HttpRequest,
  OpeningIqRequest,
  OpeningStream,
} from './extension.js'
import type { HookRunner } from './hooks.js'
import type { IqRequest, Message, Presence, PresenceType } from './stanza.js'
import type { Element } from './xml.js'

export type AnyContext = Context<keyof Stores>

type IqTarget = 'server' | 'account' | 'own-account'
type Direction = 'broadcast' | 'outbound' | 'inbound'
type OfKind<K extends Handler<keyof Stores>['kind']> = Extract<Handler<keyof Stores>, { kind: K }>

interface Entry {
  readonly handler: Handler<keyof Stores>
  readonly context: AnyContext
}

export class RegistryError extends Error {
  override readonly name = 'RegistryError'
}

export class Registry {
  readonly #entries = new Map<string, Entry>()
  readonly #extensions: readonly AnyExtension[]
  readonly #contexts = new Map<string, AnyContext>()

  /** @throws RegistryError for two extensions of one name, a missing or later `requires`, or two handlers for the same thing */
  constructor(extensions: readonly AnyExtension[]) {
    this.#extensions = extensions
    checkNames(extensions)
  }

  /** Gives each extension its context and adds what it hears. */
  connect(contextOf: (extension: AnyExtension) => AnyContext, hooks: HookRunner): void {
    for (const extension of this.#extensions) {
      const context = contextOf(extension)
      this.#contexts.set(extension.name, context)
      for (const handler of extension.handlers ?? []) this.#addHandler(extension, handler, context)
      if (extension.on !== undefined) hooks.add(extension.name, extension.on, context)
    }
  }

  async start(): Promise<void> {
    for (const extension of this.#extensions) await extension.start?.(this.#contextOf(extension))
  }

  async stop(): Promise<void> {
    for (const extension of [...this.#extensions].reverse()) await extension.stop?.(this.#contextOf(extension))
  }

  features(of: 'server' | 'account'): readonly string[] {
    return [...new Set(this.#extensions.flatMap((extension) => extension.features?.[of] ?? []))].sort()
  }

  iq(
    type: 'get' | 'set',
    to: IqTarget,
    payload: Element,
    namespace: string,
  ): ((request: IqRequest) => Awaitable<Element | undefined>) | undefined {
    const entry = this.#find<OfKind<'iq-get' | 'iq-set'>>(`iq-${type} ${to} ${namespace} ${payload.name}`)
    return entry && ((request) => entry.handler.handle(request, entry.context))
  }

  message(): ((message: Message, account: string) => Awaitable<void>) | undefined {
    const entry = this.#find<OfKind<'message'>>('message')
    return entry && ((message, account) => entry.handler.handle(message, account, entry.context))
  }

  presence(
    direction: Direction,
    type: PresenceType,
  ): ((presence: Presence) => Awaitable<Presence | undefined>) | undefined {
    const entry = this.#find<OfKind<'presence'>>(`presence ${direction} ${type}`)
    return entry && ((presence) => entry.handler.handle(presence, entry.context))
  }

  nonza(namespace: string, name: string): ((nonza: Element, stream: OpeningStream) => Awaitable<void>) | undefined {
    const entry = this.#find<OfKind<'nonza'>>(`nonza ${namespace} ${name}`)
    return entry && ((nonza, stream) => entry.handler.handle(nonza, stream, entry.context))
  }

  beforeLoginIq(
    namespace: string,
    name: string,
  ): ((request: OpeningIqRequest, stream: OpeningStream) => Awaitable<Element | undefined>) | undefined {
    const entry = this.#find<OfKind<'before-login-iq'>>(`before-login-iq ${namespace} ${name}`)
    return entry && ((request, stream) => entry.handler.handle(request, stream, entry.context))
  }

  openingIq(
    namespace: string,
    name: string,
  ): ((payload: Element, stream: OpeningStream) => Awaitable<Element | undefined>) | undefined {
    const entry = this.#find<OfKind<'opening-iq'>>(`opening-iq ${namespace} ${name}`)
    return entry && ((payload, stream) => entry.handler.handle(payload, stream, entry.context))
  }

  http(path: string): ((request: HttpRequest) => Awaitable<HttpAnswer>) | undefined {
    const entry = this.#find<OfKind<'http'>>(`http ${path}`)
    return entry && ((request) => entry.handler.handle(request, entry.context))
  }

  #addHandler(extension: AnyExtension, handler: Handler<keyof Stores>, context: AnyContext): void {
    for (const key of keysOf(handler)) {
      if (this.#entries.has(key))
        throw new RegistryError(`extension ${extension.name}: somebody else handles "${key}" already`)
      this.#entries.set(key, { handler, context })
    }
  }

  /** The key of an entry says its kind, so an entry found by a key of that kind has that handler. */
  #find<H extends Handler<keyof Stores>>(
    key: string,
  ): { readonly handler: H; readonly context: AnyContext } | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined ? undefined : { handler: entry.handler as H, context: entry.context }
  }

  #contextOf(extension: AnyExtension): AnyContext {
    const context = this.#contexts.get(extension.name)
    if (context === undefined) throw new RegistryError(`extension ${extension.name} is not connected`)
    return context
  }
}

function keysOf(handler: Handler<keyof Stores>): readonly string[] {
  switch (handler.kind) {
    case 'iq-get':
    case 'iq-set':
      return [`${handler.kind} ${handler.to} ${handler.namespace} ${handler.name}`]
    case 'message':
      return ['message']
    case 'presence':
      return handler.types.map((type) => `presence ${handler.direction} ${type}`)
    case 'nonza':
    case 'before-login-iq':
    case 'opening-iq':
      return [`${handler.kind} ${handler.namespace} ${handler.name}`]
    case 'http':
      return [`http ${handler.path}`]
  }
}

/** What an extension requires stands before it in the list, so a cycle cannot be written down. */
function checkNames(extensions: readonly AnyExtension[]): void {
  const before = new Set<string>()
  for (const { name, requires = [] } of extensions) {
    if (before.has(name)) throw new RegistryError(`there are two extensions named ${name}`)
    const missing = requires.find((required) => !before.has(required))
    if (missing !== undefined)
      throw new RegistryError(`extension ${name} requires ${missing}, which has to stand before it in the list`)
    before.add(name)
  }
}
