// The flags that commands share, and how they become settings beside those of a config file.

import { Option, type Command } from 'commander'
import { configFromSettings, readConfigFile, secretKeys, type Config, type Setting } from '../config.js'

/** Where the data is: what every command but `config check` takes. */
export interface DataFlags {
  readonly config?: string
  readonly data?: string
  readonly domain?: readonly string[]
}

export interface StartFlags extends DataFlags {
  readonly host?: string
  readonly port?: string
  readonly component?: readonly string[]
  readonly componentPort?: string
  readonly registration?: string
  readonly logLevel?: string
  readonly logFormat?: string
}

export function withDataFlags(command: Command): Command {
  return command
    .option('--config <file>', 'read this config file (TOML)')
    .option('--data <dir>', 'the data directory (default: ./data)')
    .addOption(repeatable('--domain <domain>', 'a domain of the accounts (default: localhost)'))
}

export function withStartFlags(command: Command): Command {
  return command
    .option('--config <file>', 'read this config file (TOML); flags win over it')
    .addOption(repeatable('--domain <domain>', 'a domain of the accounts (default: localhost)'))
    .option('--host <host>', 'where to listen (default: 127.0.0.1)')
    .option('--port <port>', 'the port; 0 takes a free one (default: 5280)')
    .option('--data <dir>', 'where everything is kept; :memory: keeps nothing (default: ./data)')
    .addOption(
      repeatable(
        '--component <jid=secret>',
        'a component (XEP-0114); the secret may be env:NAME or file:PATH',
      ).argParser(collect),
    )
    .option('--component-port <port>', 'the port for components; 0 takes a free one (default: 5347)')
    .option(
      '--registration <who>',
      'who may make an account: closed, the operator alone; open, everybody (default: closed)',
    )
    .option('--log-level <level>', 'debug, info, warn or error (default: info)')
    .option('--log-format <format>', 'pretty or json (default: pretty)')
}

function repeatable(flags: string, means: string): Option {
  return new Option(flags, means).argParser(collect)
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

/** The configuration that `start` runs on. @throws ConfigError */
export function startConfig(flags: StartFlags): Config {
  return configFromSettings(fileSettings(flags), [
    ...dataSettings(flags),
    ...setting('--host', 'host', flags.host),
    ...setting('--port', 'port', numberOrText(flags.port)),
    ...(flags.component ?? []).map(componentSetting),
    ...setting('--component-port', 'component_port', numberOrText(flags.componentPort)),
    ...setting('--registration', 'registration', flags.registration),
    ...setting('--log-level', 'log.level', flags.logLevel),
    ...setting('--log-format', 'log.format', flags.logFormat),
  ])
}

/**
 * The configuration for a command that works on the data. It opens no port for components, and seals nothing, so it needs none
 * of these secrets: they may stand where only the server can read them.
 * @throws ConfigError
 */
export function dataConfig(flags: DataFlags): Config {
  const file = fileSettings(flags).filter(({ place }) => !('key' in place && secretKeys.has(place.key)))
  return configFromSettings(file, dataSettings(flags))
}

/** The settings of the file that `--config` names; none without it. @throws ConfigError */
export function fileSettings({ config }: Pick<DataFlags, 'config'>): readonly Setting[] {
  return config === undefined ? [] : readConfigFile(config)
}

function dataSettings(flags: DataFlags): readonly Setting[] {
  return [...setting('--domain', 'domain', flags.domain), ...setting('--data', 'data', flags.data)]
}

function setting(name: string, key: string, value: unknown): readonly Setting[] {
  if (value === undefined) return []
  return [{ place: { kind: 'key', key }, entry: undefined, name, value, file: undefined, line: undefined }]
}

/** `JID=SECRET`; the message of a wrong one does not repeat it, for it may hold the secret. */
function componentSetting(flag: string): Setting {
  const at = flag.indexOf('=')
  const common = { name: '--component', file: undefined, line: undefined }
  if (at < 1) {
    const message = 'expected JID=SECRET'
    return { ...common, place: { kind: 'unknown', message }, entry: undefined, value: undefined }
  }
  const place = { kind: 'entries', key: 'components' } as const
  return { ...common, place, entry: flag.slice(0, at), value: flag.slice(at + 1) }
}

function numberOrText(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text
}
