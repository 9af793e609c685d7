// Every key of the configuration, once: name, type, range, meaning. Files, flags, options and docs all come from here.

import { choice, decimal, integer, problem, seconds, text, toggle, unexpected, value } from './kinds.js'
import type { Described, Key, Of, Reading } from './kinds.js'
import { secretKey } from './secret.js'
import { isNetwork } from '../origin.js'
import { directory, filePath, host, isUri, parseDomain, webSocketUrl } from './text-types.js'

const domainType = 'a domain, or a list of domains'

function readDomains(raw: unknown): Reading<readonly string[]> {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
  if (list.length === 0) return problem('name at least one domain')
  const domains = new Set<string>()
  for (const one of list) {
    if (typeof one !== 'string') return unexpected(domainType, one)
    const parsed = parseDomain(one)
    if (parsed.kind !== 'value') return parsed
    if (domains.has(parsed.value)) return problem(`${parsed.value} is named twice`)
    domains.add(parsed.value)
  }
  return value([...domains])
}

const domain: Key<readonly string[]> = {
  name: 'domain',
  type: domainType,
  of: (config) => config.domains,
  means: 'the domains of the accounts; the first is whom a stream is for that names none',
  read: readDomains,
}

const networksType = 'a list of IP addresses and networks, as 10.0.0.0/8'

const trustedProxies: Key<readonly string[]> = {
  name: 'trusted_proxies',
  type: networksType,
  of: (config) => config.trustedProxies,
  means: 'the reverse proxies that are believed where a client comes from, and whether by TLS',
  read(raw) {
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
    const networks = list.filter((one) => typeof one === 'string')
    const wrong = list.find((one) => typeof one !== 'string' || !isNetwork(one))
    return wrong === undefined ? value(networks) : unexpected(networksType, wrong)
  },
}

const urisType = 'a URI, or a list of URIs'

/** Addresses of XEP-0157 §3. */
function uris(name: string, of: Of<readonly string[]>, means: string): Key<readonly string[]> {
  const read = (raw: unknown): Reading<readonly string[]> => {
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
    const found = list.filter((one) => typeof one === 'string')
    const wrong = list.find((one) => typeof one !== 'string' || !isUri(one))
    return wrong === undefined ? value(found) : unexpected(urisType, wrong)
  }
  return { name, type: urisType, of, means, read }
}

/** A table of free entries: its reader stands in assemble.ts, for it has to know the own domain. */
export const components: Described<ReadonlyMap<string, string>> = {
  name: 'components',
  type: 'a table: `"push.example" = "secret"`',
  of: (config) => config.components,
  means: 'the domain of each component (XEP-0114), and its secret',
  isSecret: true,
}

export const keys = {
  domain,
  host: text('host', host, (config) => config.host, 'where the server listens for WebSockets'),
  port: integer('port', [0, 65_535], (config) => config.port, 'its port; 0 takes a free one'),
  publicUrl: {
    ...text(
      'public_url',
      webSocketUrl,
      (config) => config.publicUrl,
      'the WebSocket address that host-meta names (XEP-0156), where it is not the one of host and port',
    ),
    unset: 'made from host and port',
  },
  tlsCertificate: text(
    'tls.certificate',
    filePath,
    (config) => config.tls?.certificate,
    'the TLS certificate and those between it and the root, in PEM: with it and its key the server speaks `wss://`',
  ),
  tlsKey: text('tls.key', filePath, (config) => config.tls?.key, 'its private key, in PEM'),
  trustedProxies,
  data: text('data', directory, (config) => config.data, 'where everything is kept; `:memory:` keeps nothing'),
  storageKey: secretKey(
    'storage.key',
    (config) => config.storage.key,
    'what push keys are encrypted with in the file, see [storage](storage.md); without it they are not',
  ),
  storagePreviousKey: secretKey(
    'storage.previous_key',
    (config) => config.storage.previousKey,
    'what they were encrypted with before, where `storage.key` is another one now or gone',
  ),
  registration: choice(
    'registration',
    ['closed', 'open'],
    (config) => config.registration,
    'who may make an account: the operator alone, or everybody by their client (XEP-0077)',
  ),
  componentHost: text(
    'component_host',
    host,
    (config) => config.componentHost,
    'where the server listens for components, if there are any',
  ),
  componentPort: integer(
    'component_port',
    [0, 65_535],
    (config) => config.componentPort,
    'its port; 0 takes a free one',
  ),
  contactAbuse: uris(
    'contact.abuse',
    (config) => config.contact.abuse,
    'whom to write to about abuse, as URIs (XEP-0157)',
  ),
  contactAdmin: uris('contact.admin', (config) => config.contact.admin, 'the administrators'),
  contactFeedback: uris('contact.feedback', (config) => config.contact.feedback, 'who wants to hear what people think'),
  contactSales: uris('contact.sales', (config) => config.contact.sales, 'who sells'),
  contactSecurity: uris('contact.security', (config) => config.contact.security, 'whom to tell of a weakness'),
  contactStatus: uris('contact.status', (config) => config.contact.status, 'where to read whether the server is well'),
  contactSupport: uris('contact.support', (config) => config.contact.support, 'who helps'),
  metrics: choice(
    'metrics',
    ['loopback', 'all', 'off'],
    (config) => config.metrics,
    'who may read `/metrics`: this machine alone, everybody who can reach the port, nobody',
  ),
  logLevel: choice(
    'log.level',
    ['debug', 'info', 'warn', 'error'],
    (config) => config.log.level,
    'what is worth a line on stderr',
  ),
  logFormat: choice('log.format', ['pretty', 'json'], (config) => config.log.format, 'for a person, or for a program'),
  stanzaBytes: integer(
    'limits.stanza_bytes',
    [10_000, 16_777_216],
    (config) => config.limits.stanzaBytes,
    'the largest stanza, in bytes (RFC 6120 §13.12 asks for 10000 at least)',
  ),
  beforeLoginBytes: integer(
    'limits.before_login_bytes',
    [1024, 1_048_576],
    (config) => config.limits.beforeLoginBytes,
    'the same before login',
  ),
  depth: integer('limits.depth', [8, 256], (config) => config.limits.depth, 'how deep elements may nest'),
  loginSeconds: seconds(
    'limits.login_seconds',
    [0.1, 3600],
    (config) => config.limits.loginSeconds,
    'how long a stream may take to log in',
  ),
  offlineMessages: integer(
    'limits.offline_messages',
    [0, 1_000_000],
    (config) => config.limits.offlineMessages,
    'how many messages may wait for one account',
  ),
  registrationsPerHour: integer(
    'limits.registrations_per_hour',
    [1, 1_000_000],
    (config) => config.limits.registrationsPerHour,
    'how often one address may try to make an account in an hour, where registration is open',
  ),
  answerSeconds: seconds(
    'limits.answer_seconds',
    [0.1, 600],
    (config) => config.limits.answerSeconds,
    'how long a session may stay silent before what it was handed counts as not delivered',
  ),
  pushPlain: choice(
    'push.plain',
    ['none', 'sender', 'body'],
    (config) => config.push.plain,
    'what a push that is not sealed tells beside the count',
  ),
  pushPadding: toggle('push.padding', (config) => config.push.padding, 'sealed pushes are all of one length'),
  whenOthersOnline: choice(
    'push.when_others_online',
    ['always', 'away', 'never'],
    (config) => config.push.whenOthersOnline,
    'whether a client that is away is told of a message that others of its account have taken: always, only while all of them are away, or never',
  ),
  maxRegistrations: integer(
    'push.max_registrations',
    [0, 10_000],
    (config) => config.push.maxRegistrations,
    'how many push registrations an account may have',
  ),
  burst: integer(
    'push.burst',
    [1, 1000],
    (config) => config.push.burst,
    'how many pushes a registration may get at once',
  ),
  perSecond: decimal(
    'push.per_second',
    [0.001, 1000],
    (config) => config.push.perSecond,
    'how many a second after that; what waits is merged into the newest, and a call never waits',
  ),
  unusedDays: integer(
    'push.unused_days',
    [0, 36_500],
    (config) => config.push.unusedDays,
    'after how many days without its client a push registration is disabled; 0 is never',
  ),
}

/** The keys that hold one value, in the order in which they are shown. */
export const keyList: readonly Key<unknown>[] = Object.values(keys)

/** Everything that a configuration can say. */
export const described: readonly Described<unknown>[] = [...keyList, components]

/** The keys that only those need who use what they guard. */
export const secretKeys: ReadonlySet<string> = new Set(
  described.filter(({ isSecret }) => isSecret === true).map(({ name }) => name),
)

/** Names that a later version brings: refused in other words than a misspelt key. */
export const laterKeys: readonly string[] = ['admins']

/** The tables of a config file that hold keys of ours. */
export const sections: ReadonlySet<string> = new Set(
  keyList.flatMap(({ name }) => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : [])),
)
