// A scenario: a server of its own with a fresh store, people and a push service by name, and at the end nothing left unsaid.

import { test } from 'vitest'
import { extensionsOf } from '../../extensions/index.js'
import { reportRegistrations } from '../../extensions/push/report.js'
import { configFromOptions } from '../../server/config.js'
import type { AnyExtension } from '../../server/extension.js'
import type { Server, ServerOptions } from '../../server/index.js'
import { Assembly } from '../../server/server.js'
import type { Element } from '../../server/xml.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { RecordedLog } from './log.js'
import { PushService } from './push-service.js'
import { RawClient } from './raw-client.js'
import { complaintsAbout, KeyRing } from './readers/audit.js'
import { User } from './user.js'
import { xml } from './xml.js'

export { Refusal } from './entity.js'
export { any, anything, expectSame, isSame, pretty, xml } from './xml.js'
export type { User } from './user.js'

const people = ['romeo', 'juliet', 'mercutio', 'benvolio', 'nurse', 'tybalt', 'rosaline', 'paris', 'laurence'] as const

type Person = (typeof people)[number]

/** Who and what a scenario may name. Whoever is named gets an account and is connected and bound; nobody has sent presence. */
export interface Cast extends Readonly<Record<Person, User>> {
  readonly server: ScenarioServer
  /** A stock component, connected as `push.localhost`. */
  readonly pushService: PushService
  readonly log: RecordedLog
  /** Announces that the server's log will hold a warning or an error with this text. */
  readonly expectsLog: (text: string) => void
  /** A WebSocket without manners. */
  readonly raw: (protocols?: readonly string[]) => Promise<RawClient>
}

/** The server, as far as a scenario needs it. */
export interface ScenarioServer {
  readonly url: string
  readonly domain: string
  readonly users: Server['users']
  readonly componentAddress: Server['componentAddress']
  readonly registrations: Server['registrations']
  readonly pushTrace: Server['pushTrace']
  readonly testPush: Server['testPush']
  /** Everything that was sent has been dealt with, and what came of it has been read by its client. */
  idle(): Promise<void>
}

export interface ScenarioOptions {
  readonly config?: ServerOptions
  /** Beside those that the server has: one that is being written. */
  readonly extensions?: readonly AnyExtension[]
  /** Those named here have an account, but are not connected. */
  readonly offline?: readonly Person[]
  /** The resource of everybody's first connection; 'test'. Undefined lets the server choose. */
  readonly resource?: string | undefined
  /** How people log in: 'PLAIN', since xmpp.js takes two seconds of work for SCRAM. */
  readonly mechanism?: string
}

const PUSH_SERVICE = 'push.localhost'
const SECRET = 'secret'

/** A test with a server of its own. The title is the sentence that it proves. */
export function scenario(title: string, play: (cast: Cast) => Promise<void>, options: ScenarioOptions = {}): void {
  test(title, async () => {
    const stage = new Stage(options)
    try {
      await stage.opens(namesIn(play))
      await play(stage.cast)
      await stage.expectNothingLeft()
    } catch (reason) {
      throw stage.explained(reason)
    } finally {
      await stage.closes()
    }
  })
}

/** The names that the play takes out of its cast, as vitest reads fixtures: from the text of the function. */
function namesIn(play: (cast: Cast) => Promise<void>): readonly string[] {
  const [, inside] = /^[^(]*\(\s*\{([^}]*)\}/.exec(play.toString()) ?? []
  if (inside === undefined && play.length > 0) throw new Error('a scenario names its cast: async ({ romeo }) => …')
  return (inside ?? '').split(',').flatMap((part) => /^\s*(\w+)/.exec(part)?.[1] ?? [])
}

interface TestServer {
  readonly assembly: Assembly
  readonly registrations: Server['registrations']
}

/** As createServer does, with further extensions. */
async function assemble(
  { clock = Date, ...options }: ServerOptions,
  extensions: readonly AnyExtension[],
  log: RecordedLog,
): Promise<TestServer> {
  const config = configFromOptions({ domain: 'localhost', port: 0, data: ':memory:', ...options })
  const storage = await openSqlite(config.data, { keys: config.storage })
  const assembly = new Assembly({ config, storage, extensions: [...extensionsOf(config), ...extensions], log, clock })
  return { assembly, registrations: (account) => reportRegistrations(storage.stores, account) }
}

class Stage {
  readonly #options: ScenarioOptions
  readonly #log = new RecordedLog()
  readonly #users = new Map<string, User>()
  readonly #raw: RawClient[] = []
  readonly #keys = new KeyRing()
  #server: TestServer | undefined
  #pushService: PushService | undefined

  constructor(options: ScenarioOptions) {
    this.#options = options
  }

  async opens(names: readonly string[]): Promise<void> {
    const wantsService = names.includes('pushService')
    const { config = {}, extensions = [] } = this.#options
    this.#server = await assemble(
      { ...(wantsService && { components: { [PUSH_SERVICE]: SECRET }, componentPort: 0 }), ...config },
      extensions,
      this.#log,
    )
    await this.#server.assembly.start()
    const named = people.filter((person) => names.includes(person) || this.#options.offline?.includes(person))
    await Promise.all([...named.map((person) => this.#enters(person)), wantsService && this.#serviceEnters()])
  }

  get cast(): Cast {
    const users = Object.fromEntries(this.#users) as Record<Person, User>
    const pushService = this.#pushService as PushService
    const raw = async (protocols?: readonly string[]): Promise<RawClient> => {
      const client = await RawClient.connect(this.#there().url, protocols)
      this.#raw.push(client)
      return client
    }
    return {
      ...users,
      server: this.#shown(),
      pushService,
      log: this.#log,
      expectsLog: (text) => this.#log.expects(text),
      raw,
    }
  }

  async expectNothingLeft(): Promise<void> {
    await this.#settle()
    for (const user of this.#users.values()) user.expectEmpty()
    this.#pushService?.expectEmpty()
    const complaints = [
      ...this.#users.values(),
      ...(this.#pushService === undefined ? [] : [this.#pushService]),
    ].flatMap((one) => one.complaints)
    const problems = [...complaints, ...this.#unreadable(), ...this.#log.problems()]
    if (problems.length > 0) throw new Error(problems.join('\n'))
  }

  /** Every sealed notification is opened and read, whether the scenario looked at it or not. */
  #unreadable(): readonly string[] {
    const service = this.#pushService
    return service === undefined ? [] : complaintsAbout(service.jid, service.seen, this.#keys)
  }

  /** The failure, with what the log has to say about it. */
  explained(reason: unknown): unknown {
    const problems = this.#log.problems()
    if (problems.length > 0 && reason instanceof Error) reason.message = [reason.message, ...problems].join('\n')
    return reason
  }

  async closes(): Promise<void> {
    for (const client of this.#raw) client.leaves()
    const open = [...this.#users.values()].flatMap((user) => user.open)
    await Promise.allSettled([...open.map((client) => client.leaves()), this.#pushService?.leaves()])
    await this.#server?.assembly.stop()
  }

  async #enters(person: Person): Promise<void> {
    const server = this.#there()
    const password = `the password of ${person}`
    await server.users.create(`${person}@localhost`, password)
    const { mechanism = 'PLAIN' } = this.#options
    const settle = () => this.#settle()
    const sends = (stanza: Element): void => this.#keys.note(stanza)
    const user = new User({
      url: server.url,
      domain: 'localhost',
      username: person,
      password,
      mechanism,
      settle,
      sends,
    })
    this.#users.set(person, user)
    const resource = 'resource' in this.#options ? this.#options.resource : 'test'
    if (!this.#options.offline?.includes(person)) await user.arrives(resource)
  }

  async #serviceEnters(): Promise<void> {
    const address = this.#there().componentAddress
    if (address === undefined) throw new Error('the server takes no components')
    this.#pushService = new PushService(PUSH_SERVICE, SECRET, address)
    await this.#pushService.arrives()
  }

  #shown(): ScenarioServer {
    const { url, users, componentAddress } = this.#there()
    const registrations = (account?: string): ReturnType<Server['registrations']> =>
      this.#server?.registrations(account) ?? Promise.resolve([])
    const { hooks } = this.#there()
    return {
      url,
      users,
      componentAddress,
      registrations,
      pushTrace: async (account) => hooks.fold('push:trace', [], { account }),
      testPush: async (account) => hooks.fold('push:test', [], { account, only: undefined }),
      domain: 'localhost',
      idle: () => this.#settle(),
    }
  }

  /** What was sent before a question has been read when its answer comes; what the server does of its own is done when it is idle. */
  async #settle(): Promise<void> {
    await this.#everybodyAsks()
    await this.#there().idle()
    await this.#everybodyAsks()
  }

  async #everybodyAsks(): Promise<void> {
    const question = (): ReturnType<typeof xml> => xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`
    const clients = [...this.#users.values()].flatMap((user) => user.open)
    const service = this.#pushService?.connected === true ? [this.#pushService] : []
    await Promise.allSettled([...clients, ...service].map((one) => one.asks(question())))
  }

  #there(): Assembly {
    if (this.#server === undefined) throw new Error('there is no server')
    return this.#server.assembly
  }
}
