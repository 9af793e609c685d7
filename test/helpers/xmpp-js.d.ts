// What the tests use of xmpp.js, which ships no types. Its elements are those of ltx.

declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events'
  import type { Element } from 'ltx'

  /** A handler of iqs that arrive: an element is the payload of the result, or the error; true is an empty result. */
  export type IqListener = (context: { readonly stanza: Element; readonly element: Element }) => unknown

  export interface IqCallee {
    get(namespace: string, name: string, handler: IqListener): void
    set(namespace: string, name: string, handler: IqListener): void
  }

  export interface Entity extends EventEmitter {
    readonly status: string
    readonly iqCaller: { readonly handlers: ReadonlyMap<string, unknown>; request(iq: Element): Promise<Element> }
    readonly iqCallee: IqCallee
    readonly reconnect: { stop(): void }
    start(): Promise<{ toString(): string }>
    stop(): Promise<unknown>
    disconnect(): Promise<unknown>
    send(element: Element): Promise<void>
    write(text: string): Promise<void>
  }

  export interface Client extends Entity {
    /** xmpp.js' wrapper, and the WebSocket inside. */
    readonly socket: (EventEmitter & { readonly socket: { terminate(): void } | null }) | null
  }

  export type Authenticate = (credentials: object, mechanism: string) => Promise<void>

  export interface ClientOptions {
    readonly service: string
    readonly domain: string
    readonly resource?: string
    readonly username?: string
    readonly password?: string
    readonly credentials?: (authenticate: Authenticate, mechanisms: readonly string[]) => Promise<void>
  }

  export function client(options: ClientOptions): Client
  export function xml(name: string, attributes?: object, ...children: readonly (Element | string)[]): Element
}

declare module '@xmpp/component' {
  import type { EventEmitter } from 'node:events'
  import type { Element } from 'ltx'
  import type { Entity } from '@xmpp/client'

  export interface ComponentOptions {
    readonly service: string
    readonly domain: string
    readonly password: string
  }

  export interface Component extends Entity {
    /** The TCP socket, while there is one. */
    readonly socket: (EventEmitter & { pause(): unknown; resume(): unknown }) | null
  }

  export function component(options: ComponentOptions): Component
  export function xml(name: string, attributes?: object, ...children: readonly (Element | string)[]): Element
}
