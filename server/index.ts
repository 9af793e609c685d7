// The library: what `import "sealpost"` sees. One of the two files of server/ that know the extensions.

import { reportRegistrations } from '../extensions/push/report.js'
import type { RegistrationReport } from '../extensions/push/report.js'
import type { PushTest } from '../extensions/push/hooks.js'
import type { TraceEntry } from '../extensions/push-trace/hooks.js'
import { extensionsOf } from '../extensions/index.js'
import { openSqlite, type OpenOptions } from '../storage/sqlite/index.js'
import { type Config, configFromOptions, type ServerOptions as ConfigOptions } from './config.js'
import type { Clock } from './extension.js'
import { type Log, silentLog } from './log.js'
import { type Address, Assembly } from './server.js'
import type { Users as AssembledUsers } from './users.js'

export { ConfigError, type Problem } from './config.js'
export type { Clock } from './extension.js'
export type { Log, LogFields, LogLevel } from './log.js'
export type { PushTest } from '../extensions/push/hooks.js'
export type { TraceEntry } from '../extensions/push-trace/hooks.js'
export type { RegistrationReport } from '../extensions/push/report.js'
export { UserError, type UserErrorCode } from './users.js'
export {
  type Notification,
  NotificationError,
  openNotification,
  type SealedNotification,
} from '../extensions/notification.js'

export interface ServerOptions extends ConfigOptions {
  /** The time, for tests that hold it. The system's when left out. */
  readonly clock?: Clock | undefined
}

/** Rejects with UserError, whose message is one sentence for a person. */
export type Users = Pick<AssembledUsers, 'create' | 'list' | 'remove' | 'setPassword'>

export interface Server {
  /** Listens. Rejects when an address cannot be had. */
  start(): Promise<void>
  /** Says goodbye to everybody and closes the storage; also without a start() before. */
  stop(): Promise<void>
  /** Reads the TLS certificate anew, as on SIGHUP. One that cannot be used is logged, and the one before goes on. */
  reload(): Promise<void>
  /** The WebSocket address, once started: `ws://127.0.0.1:49152/xmpp-websocket`. */
  readonly url: string
  /** Where components connect (XEP-0114); undefined when none is configured. */
  readonly componentAddress: Address | undefined
  readonly users: Users
  /** The push registrations of one account, or of all. */
  registrations(account?: string): Promise<readonly RegistrationReport[]>
  /** Why recent messages became pushes or did not, and what became of them; of one account, or of all. The oldest first. */
  pushTrace(account?: string): Promise<readonly TraceEntry[]>
  /** Sends a test notification to each of the account's active registrations, and gives what their services said: 30 s at most. */
  testPush(account: string): Promise<readonly PushTest[]>
  /** Resolves when nothing goes on in the background any more: for tests that want to see that nothing happens. */
  idle(): Promise<void>
}

/**
 * A server of one's own, not started yet. Several can live in one process.
 * @throws ConfigError naming everything that is wrong with the options
 */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { clock, ...configured } = options
  return createServerFrom(configFromOptions(configured), options.log ?? silentLog, clock)
}

/**
 * The same from a configuration that is checked already.
 * @param keys 'unread' for who has work on the data but not its key: nothing can be sealed then
 */
export async function createServerFrom(
  config: Config,
  log: Log,
  clock: Clock = Date,
  keys: OpenOptions['keys'] = config.storage,
): Promise<Server> {
  const storage = await openSqlite(config.data, { keys })
  const assembly = new Assembly({ config, storage, extensions: extensionsOf(config), log, clock })
  return {
    start: () => assembly.start(),
    stop: () => assembly.stop(),
    reload: () => assembly.reload(),
    get url() {
      return assembly.url
    },
    get componentAddress() {
      return assembly.componentAddress
    },
    users: assembly.users,
    registrations: (account) => reportRegistrations(storage.stores, account),
    pushTrace: async (account) => assembly.hooks.fold('push:trace', [], { account }),
    testPush: async (account) => assembly.hooks.fold('push:test', [], { account, only: undefined }),
    idle: () => assembly.idle(),
  }
}
