// The configuration: from a file, from flags, from the options of the library, all by one table of keys (docs/configuration.md).

import { assemble } from './config/assemble.js'
import { optionSettings, type ServerOptions } from './config/options.js'
import type { Setting } from './config/setting.js'
import type { Config } from './config/shape.js'

export { describeConfig } from './config/describe.js'
export { readConfigFile } from './config/file.js'
export { secretKeys } from './config/keys.js'
export type { ServerOptions } from './config/options.js'
export { ConfigError, problemLine, type Problem } from './config/problem.js'
export type { Setting } from './config/setting.js'
export {
  defaults,
  type Config,
  type ContactConfig,
  type Limits,
  type LogConfig,
  type PushConfig,
  type StorageConfig,
} from './config/shape.js'

/** What `data` says when nothing is to be kept. */
export const inMemory = ':memory:'

/**
 * The options of `createServer`, checked and made complete.
 * @throws ConfigError naming everything that is wrong
 */
export function configFromOptions(options: ServerOptions, environment: NodeJS.ProcessEnv = process.env): Config {
  return assemble(optionSettings(options), environment)
}

/**
 * What a file and flags say, checked and made complete: flags win over the file, the file over the defaults.
 * @throws ConfigError naming everything that is wrong
 */
export function configFromSettings(
  file: readonly Setting[],
  flags: readonly Setting[],
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  return assemble([...file, ...flags], environment)
}
