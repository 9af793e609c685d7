// Settings from anywhere become one checked configuration, or the list of everything that is wrong with them.

import { components, keys } from './keys.js'
import type { Key } from './kinds.js'
import { ConfigError, type Problem } from './problem.js'
import { readSecret } from './secret.js'
import type { Setting } from './setting.js'
import { defaults, type Config } from './shape.js'
import { parseDomain } from './text-types.js'

/**
 * The later of two settings of one key wins; what nobody sets has its default.
 * @param environment where secrets given as `env:NAME` are looked up
 * @throws ConfigError with every problem of every setting, also of those that another one overrides
 */
export function assemble(settings: readonly Setting[], environment: NodeJS.ProcessEnv): Config {
  const reader = new Reader(settings, environment)
  const config = configOf(reader)
  reader.finish()
  return config
}

function configOf(reader: Reader): Config {
  const domains = reader.value(keys.domain)
  return {
    domains,
    host: reader.value(keys.host),
    port: reader.value(keys.port),
    publicUrl: reader.value(keys.publicUrl),
    tls: reader.tls(),
    trustedProxies: reader.value(keys.trustedProxies),
    data: reader.value(keys.data),
    storage: { key: reader.value(keys.storageKey), previousKey: reader.value(keys.storagePreviousKey) },
    registration: reader.value(keys.registration),
    componentHost: reader.value(keys.componentHost),
    componentPort: reader.value(keys.componentPort),
    components: reader.components(domains),
    contact: {
      abuse: reader.value(keys.contactAbuse),
      admin: reader.value(keys.contactAdmin),
      feedback: reader.value(keys.contactFeedback),
      sales: reader.value(keys.contactSales),
      security: reader.value(keys.contactSecurity),
      status: reader.value(keys.contactStatus),
      support: reader.value(keys.contactSupport),
    },
    metrics: reader.value(keys.metrics),
    log: { level: reader.value(keys.logLevel), format: reader.value(keys.logFormat) },
    limits: {
      stanzaBytes: reader.value(keys.stanzaBytes),
      beforeLoginBytes: reader.value(keys.beforeLoginBytes),
      depth: reader.value(keys.depth),
      loginSeconds: reader.value(keys.loginSeconds),
      offlineMessages: reader.value(keys.offlineMessages),
      registrationsPerHour: reader.value(keys.registrationsPerHour),
      answerSeconds: reader.value(keys.answerSeconds),
    },
    push: {
      plain: reader.value(keys.pushPlain),
      padding: reader.value(keys.pushPadding),
      whenOthersOnline: reader.value(keys.whenOthersOnline),
      maxRegistrations: reader.value(keys.maxRegistrations),
      burst: reader.value(keys.burst),
      perSecond: reader.value(keys.perSecond),
      unusedDays: reader.value(keys.unusedDays),
    },
  }
}

class Reader {
  readonly #settings: readonly Setting[]
  readonly #environment: NodeJS.ProcessEnv
  readonly #problems = new Map<Setting, string>()

  constructor(settings: readonly Setting[], environment: NodeJS.ProcessEnv) {
    this.#settings = settings
    this.#environment = environment
    for (const setting of settings) this.#checkName(setting)
  }

  value<T>(key: Key<T>): T {
    let last = key.of(defaults)
    for (const setting of this.#of(key.name)) {
      const reading = key.read(setting.value, this.#environment)
      if (reading.kind === 'value') last = reading.value
      else this.#refuse(setting, reading.message)
    }
    return last
  }

  components(ownDomains: readonly string[]): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    for (const setting of this.#of(components.name)) {
      const domain = this.#componentDomain(setting, ownDomains)
      const secret = this.#secret(setting)
      if (domain !== undefined && secret !== undefined) found.set(domain, secret)
    }
    return found
  }

  /** One without the other is of no use. */
  tls(): Config['tls'] {
    const certificate = this.value(keys.tlsCertificate)
    const key = this.value(keys.tlsKey)
    if (certificate !== undefined && key !== undefined) return { certificate, key }
    this.#mustStandBeside(keys.tlsKey.name, keys.tlsCertificate.name)
    this.#mustStandBeside(keys.tlsCertificate.name, keys.tlsKey.name)
    return undefined
  }

  /** Throws if anything was wrong; problems come in the order in which the settings stand. */
  finish(): void {
    const problems = this.#settings.flatMap((setting) => {
      const message = this.#problems.get(setting)
      return message === undefined ? [] : [problemOf(setting, message)]
    })
    if (problems.length > 0) throw new ConfigError(problems)
  }

  #mustStandBeside(missing: string, given: string): void {
    if (this.#of(missing).length > 0) return
    for (const setting of this.#of(given)) this.#refuse(setting, `needs ${missing} beside it`)
  }

  #of(key: string): readonly Setting[] {
    return this.#settings.filter(({ place }) => 'key' in place && place.key === key)
  }

  #checkName(setting: Setting): void {
    if (setting.place.kind === 'unknown') this.#refuse(setting, setting.place.message)
    if (setting.place.kind === 'section') this.#refuse(setting, 'expected a table')
  }

  #componentDomain(setting: Setting, ownDomains: readonly string[]): string | undefined {
    if (setting.entry === undefined) return this.#refuse(setting, `expected ${components.type}`)
    const domain = parseDomain(setting.entry)
    if (domain.kind === 'problem') return this.#refuse(setting, domain.message)
    if (ownDomains.includes(domain.value)) {
      return this.#refuse(setting, `${domain.value} is the server's own domain: a component needs one of its own`)
    }
    return domain.value
  }

  #secret(setting: Setting): string | undefined {
    if (setting.entry === undefined) return undefined
    const secret = readSecret(setting.value, this.#environment)
    return secret.kind === 'value' ? secret.value : this.#refuse(setting, secret.message)
  }

  #refuse(setting: Setting, message: string): undefined {
    const before = this.#problems.get(setting)
    this.#problems.set(setting, before === undefined ? message : `${before}; ${message}`)
  }
}

function problemOf({ file, line, name }: Setting, message: string): Problem {
  return { file, line, key: name, message }
}
