// The options of `createServer`: every config key in camelCase.

import type { Log } from '../log.js'
import { placesBy } from './place.js'
import { settingsOf, type Setting } from './setting.js'
import type { Config, ContactConfig, Limits, PushConfig, StorageConfig } from './shape.js'

/** What is left out, or undefined, has the default of docs/configuration.md. */
export interface ServerOptions {
  readonly domain?: string | readonly string[] | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly publicUrl?: string | undefined
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined
  readonly trustedProxies?: string | readonly string[] | undefined
  readonly data?: string | undefined
  /** Each 32 bytes in base64, or where they stand: `env:NAME`, `file:PATH`. */
  readonly storage?: { readonly [K in keyof StorageConfig]?: string | undefined } | undefined
  readonly registration?: 'closed' | 'open' | undefined
  readonly componentHost?: string | undefined
  readonly componentPort?: number | undefined
  /** Domain → secret. */
  readonly components?: Readonly<Record<string, string>> | undefined
  readonly contact?: { readonly [K in keyof ContactConfig]?: string | readonly string[] | undefined } | undefined
  readonly metrics?: Config['metrics'] | undefined
  readonly limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined
  readonly push?: { readonly [K in keyof PushConfig]?: PushConfig[K] | undefined } | undefined
  /** Silent when left out. */
  readonly log?: Log | undefined
}

/** The options as settings; not checked yet. `log` is no setting: it is a logger here. */
export function optionSettings({ log: _log, ...options }: ServerOptions): readonly Setting[] {
  return settingsOf(options, {
    file: undefined,
    placeOf: (path) => placeOfName(path.join('.')),
    nameOf: (path) => path.join('.'),
    lineOf: () => undefined,
  })
}

const placeOfName = placesBy(camelCase)

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}
