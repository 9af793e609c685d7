// The configuration: files, flags and options by one table of keys, and every problem at once with its place.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse } from 'smol-toml'
import { afterAll, describe, expect, test } from 'vitest'
import { configFromOptions, ConfigError, configFromSettings, defaults, describeConfig } from '../../server/config.js'
import { readConfigFile, type Config, type ServerOptions } from '../../server/config.js'
import { keyTable } from '../../server/config/describe.js'
import { described, keyList, laterKeys } from '../../server/config/keys.js'
import { keyLines, pathId } from '../../server/config/toml-lines.js'

const directory = mkdtempSync(join(tmpdir(), 'sealpost-config-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0

const keyText = Buffer.alloc(32, 0xfb).toString('base64')
const keyBytes = new Uint8Array(32).fill(0xfb)

function fileOf(content: string | Uint8Array): string {
  const path = join(directory, `${(files += 1)}.toml`)
  writeFileSync(path, content)
  return path
}

function fromFile(toml: string, environment: NodeJS.ProcessEnv = {}): Config {
  return configFromSettings(readConfigFile(fileOf(toml)), [], environment)
}

/** `line: key: message` of each problem; fails when there is none. */
function problemsOf(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (reason) {
    if (!(reason instanceof ConfigError)) throw reason
    return reason.problems.map(({ line, key, message }) =>
      [line, key, message].filter((part) => part !== undefined).join(': '),
    )
  }
  throw new Error('nothing was wrong with it')
}

/** A Markdown table whatever the width of its columns. */
function unaligned(markdown: string): string {
  return markdown.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
}

/** What somebody without types may pass. */
function untyped(options: Readonly<Record<string, unknown>>): ServerOptions {
  return options
}

describe('a config file', () => {
  test('that says nothing gives the defaults', () => {
    expect(fromFile('')).toEqual(defaults)
  })

  test('can say everything', () => {
    const config = fromFile(
      `
      domain = ["Example.ORG"]
      host = "[::1]"
      port = 0
      public_url = "wss://chat.example.org/ws"
      tls.certificate = "/etc/ssl/chat.pem"
      tls.key = "/etc/ssl/chat.key"
      trusted_proxies = ["127.0.0.1", "fd00::/8"]
      data = "/var/lib/sealpost"
      storage.key = "${keyText}"
      storage.previous_key = "env:OLD_KEY"
      registration = "open"
      component_host = "localhost"
      component_port = 5348
      components."push.example.org" = "s3cret"
      metrics = "all"
      contact.abuse = "mailto:abuse@example.org"
      contact.support = ["xmpp:help@example.org", "https://example.org/help"]
      [log]
      level = "debug"
      format = "json"
      [limits]
      stanza_bytes = 10_000
      before_login_bytes = 2048
      depth = 32
      login_seconds = 0.5
      offline_messages = 0
      registrations_per_hour = 1
      answer_seconds = 1.5
      [push]
      plain = "sender"
      padding = false
      max_registrations = 3
      when_others_online = "away"
      burst = 1000
      per_second = 0.5
      unused_days = 0
    `,
      { OLD_KEY: keyText },
    )
    expect(config).toEqual({
      domains: ['example.org'],
      host: '::1',
      port: 0,
      publicUrl: 'wss://chat.example.org/ws',
      tls: { certificate: '/etc/ssl/chat.pem', key: '/etc/ssl/chat.key' },
      trustedProxies: ['127.0.0.1', 'fd00::/8'],
      data: '/var/lib/sealpost',
      storage: { key: keyBytes, previousKey: keyBytes },
      registration: 'open',
      componentHost: 'localhost',
      componentPort: 5348,
      components: new Map([['push.example.org', 's3cret']]),
      contact: {
        abuse: ['mailto:abuse@example.org'],
        admin: [],
        feedback: [],
        sales: [],
        security: [],
        status: [],
        support: ['xmpp:help@example.org', 'https://example.org/help'],
      },
      metrics: 'all',
      log: { level: 'debug', format: 'json' },
      limits: {
        stanzaBytes: 10_000,
        beforeLoginBytes: 2048,
        depth: 32,
        loginSeconds: 0.5,
        offlineMessages: 0,
        registrationsPerHour: 1,
        answerSeconds: 1.5,
      },
      push: {
        plain: 'sender',
        padding: false,
        whenOthersOnline: 'away',
        maxRegistrations: 3,
        burst: 1000,
        perSecond: 0.5,
        unusedDays: 0,
      },
    } satisfies Config)
  })

  test('tells everything that is wrong with it at once, with line and key and what was expected', () => {
    const toml = [
      'port = "5280"',
      'hots = "localhost"',
      'limits.depth = 1',
      '',
      '[log] # nothing to say',
      "level = 'loud'",
      '[push]',
      'burst = 0',
      'padding = "no"',
      '[components]',
      '"push@example" = "x"',
      'localhost = "x"',
      'good.name = "x"',
    ].join('\n')
    expect(problemsOf(() => fromFile(toml))).toEqual([
      '1: port: expected a whole number from 0 to 65535, not "5280"',
      '2: hots: there is no such key; did you mean host?',
      '3: limits.depth: expected a whole number from 8 to 256, not 1',
      '6: log.level: expected "debug", "info", "warn" or "error", not "loud"',
      '8: push.burst: expected a whole number from 1 to 1000, not 0',
      '9: push.padding: expected true or false, not "no"',
      '11: components."push@example": expected a domain alone, not "push@example"',
      "12: components.localhost: localhost is the server's own domain: a component needs one of its own",
      '13: components.good: expected a secret as a string',
    ])
  })

  test('names its file in every line of the message', () => {
    const path = fileOf('port = -1\nx = 1')
    const read = () => configFromSettings(readConfigFile(path), [])
    expect(read).toThrow(
      `${path}:1: port: expected a whole number from 0 to 65535, not -1\n${path}:2: x: there is no such key`,
    )
  })

  test('that is not TOML is refused with the line', () => {
    expect(problemsOf(() => fromFile('port = 1\nhost = = 2'))).toEqual([
      expect.stringMatching(/^2: Invalid TOML document: /),
    ])
  })

  test('that is not UTF-8 is refused', () => {
    expect(problemsOf(() => readConfigFile(fileOf(Uint8Array.of(0x61, 0xff))))).toEqual(['is not UTF-8'])
  })

  test('that is not there is refused', () => {
    const absent = join(directory, 'absent.toml')
    expect(() => readConfigFile(absent)).toThrow(`${absent}: cannot be read: no such file or directory`)
  })

  test.each([
    ['registration = "ajar"', 'registration: expected "closed" or "open", not "ajar"'],
    ['domain = ["a.example", "A.example"]', 'domain: a.example is named twice'],
    ['domain = []', 'domain: name at least one domain'],
    ['tls.certificate = "a.pem"', 'tls.certificate: needs tls.key beside it'],
    ['tls.key = "a.key"', 'tls.key: needs tls.certificate beside it'],
    ['tls.key = ""', 'tls.key: expected the path of a file, not ""; needs tls.certificate beside it'],
    [
      'trusted_proxies = ["10.0.0.0/33"]',
      'trusted_proxies: expected a list of IP addresses and networks, as 10.0.0.0/8, not "10.0.0.0/33"',
    ],
    [
      'trusted_proxies = ["proxy.example"]',
      'trusted_proxies: expected a list of IP addresses and networks, as 10.0.0.0/8, not "proxy.example"',
    ],
    ['domain = "juliet@localhost"', 'domain: expected a domain alone, not "juliet@localhost"'],
    ['domain = 3', 'domain: expected a domain, or a list of domains, not 3'],
    ['host = "no host"', 'host: expected an IP address or a host name, not "no host"'],
    ['port = 5280.5', 'port: expected a whole number from 0 to 65535, not 5280.5'],
    ['port = 65536', 'port: expected a whole number from 0 to 65535, not 65536'],
    ['port = 1979-05-27', 'port: expected a whole number from 0 to 65535, not a date'],
    ['public_url = "https://example.org"', 'public_url: expected a ws: or wss: URL, not "https://example.org"'],
    ['public_url = "wss://a:b@example.org/"', 'public_url: expected a ws: or wss: URL, not "wss://a:b@example.org/"'],
    ['data = ""', 'data: expected the path of a directory, or ":memory:", not ""'],
    ['limits = 3', 'limits: expected a table'],
    ['limits.login_seconds = nan', 'limits.login_seconds: expected a number of seconds from 0.1 to 3600, not NaN'],
    ['push.per_second = 0', 'push.per_second: expected a number from 0.001 to 1000, not 0'],
    ['push.plain = "all"', 'push.plain: expected "none", "sender" or "body", not "all"'],
    ['"log.level" = "info"', '"log.level": there is no such key; did you mean log.level?'],
    ['components = "secret"', 'components: expected a table: `"push.example" = "secret"`'],
    ['components."p.example" = ""', 'components."p.example": expected a secret, not an empty string'],
    ['[[log]]\nlevel = "info"', 'log: expected a table'],
    ['[a.b]\nc = 1', 'a: there is no such key'],
  ])('%s is refused in one sentence', (toml, problem) => {
    expect(problemsOf(() => fromFile(toml))).toEqual([`1: ${problem}`])
  })

  test('a contact address that is no URI is refused', () => {
    const expected = 'expected a URI, or a list of URIs'
    expect(
      problemsOf(() => fromFile('contact.abuse = ["mailto:a@b.example", "me"]\ncontact.status = "https://a b"')),
    ).toEqual([`1: contact.abuse: ${expected}, not "me"`, `2: contact.status: ${expected}, not "https://a b"`])
  })

  test.each(laterKeys)('%s is refused as a key of a later version', (key) => {
    expect(problemsOf(() => fromFile(`${key} = 1`))).toEqual([`1: ${key}: this version does not have this key yet`])
  })
})

describe('a secret', () => {
  const secretOf = (secret: string, environment: NodeJS.ProcessEnv = {}): string | undefined =>
    fromFile(`[components]\n"p.example" = ${JSON.stringify(secret)}`, environment).components.get('p.example')

  test('can stand in an environment variable', () => {
    expect(secretOf('env:PUSH_SECRET', { PUSH_SECRET: 'from outside' })).toBe('from outside')
  })

  test('can stand in the first line of a file', () => {
    expect(secretOf(`file:${fileOf('in a file\nnot this\n')}`)).toBe('in a file')
    expect(secretOf(`file:${fileOf('as on Windows\r\n')}`)).toBe('as on Windows')
    expect(secretOf(`file:${fileOf('without an end')}`)).toBe('without an end')
  })

  test.each([
    ['env:ABSENT', 'the environment variable ABSENT is not set'],
    ['env:EMPTY', 'the environment variable EMPTY is empty'],
    ['file:/nowhere/at/all', '/nowhere/at/all cannot be read: no such file or directory'],
    ['file:/', '/ cannot be read: it is a directory'],
    ['file:/dev/null', 'the first line of /dev/null is empty'],
  ])('%s is refused with the reason', (secret, message) => {
    expect(problemsOf(() => secretOf(secret, { EMPTY: '' }))).toEqual([`2: components."p.example": ${message}`])
  })

  test('never stands in a message or in the configuration that is shown', () => {
    const toml =
      'components."p.example" = "hunter2"\ncomponents."q@example" = "hunter2"\ncomponents."r.example" = ["hunter2"]'
    expect(problemsOf(() => fromFile(toml)).join()).not.toContain('hunter2')
    expect(describeConfig(fromFile('components."p.example" = "hunter2"'))).not.toContain('hunter2')
    const shown = describeConfig(fromFile(`storage.key = "${keyText}"`))
    expect(shown).toContain('key = "(not shown)"')
    expect(shown).not.toContain(keyText)
  })
})

describe('a key', () => {
  const expected = 'expected 32 bytes in base64, as `openssl rand -base64 32` prints them'

  test.each([
    ['of 31 bytes', Buffer.alloc(31).toString('base64')],
    ['of 33 bytes', Buffer.alloc(33).toString('base64')],
    ['in hexadecimal', '0123456789abcdef'.repeat(4)],
    ['in base64 for URLs', keyText.replaceAll('+', '-').replaceAll('/', '_')],
    ['without its padding', keyText.replace('=', '')],
    ['with a space', ` ${keyText}`],
    ['that is a sentence', 'correct horse battery staple and more'],
  ])('%s is refused, and not repeated', (_, text) => {
    expect(problemsOf(() => fromFile(`storage.key = "${text}"`))).toEqual([`1: storage.key: ${expected}`])
    expect(problemsOf(() => fromFile('storage.previous_key = "env:KEY"', { KEY: text }))).toEqual([
      `1: storage.previous_key: ${expected}`,
    ])
  })

  test('may stand in a file, or in the environment, of which it is said when it is not there', () => {
    const path = join(directory, 'key')
    writeFileSync(path, `${keyText}\n`)
    expect(configFromOptions({ storage: { key: `file:${path}` } }).storage).toEqual({
      key: keyBytes,
      previousKey: undefined,
    })
    expect(problemsOf(() => fromFile('storage.key = "env:ABSENT"'))).toEqual([
      '1: storage.key: the environment variable ABSENT is not set',
    ])
    expect(problemsOf(() => fromFile('storage.key = 3'))).toEqual(['1: storage.key: expected a secret as a string'])
  })
})

describe('the options of the library', () => {
  test('are every key in camelCase', () => {
    const config = configFromOptions({
      domain: 'example.org',
      publicUrl: 'ws://example.org/ws',
      componentPort: 0,
      components: { 'push.example.org': 'secret' },
      limits: { stanzaBytes: 20_000, beforeLoginBytes: 4096 },
      push: { maxRegistrations: 1 },
    })
    expect(config).toEqual({
      ...defaults,
      domains: ['example.org'],
      publicUrl: 'ws://example.org/ws',
      componentPort: 0,
      components: new Map([['push.example.org', 'secret']]),
      limits: { ...defaults.limits, stanzaBytes: 20_000, beforeLoginBytes: 4096 },
      push: { ...defaults.push, maxRegistrations: 1 },
    })
  })

  test('that are undefined have their defaults', () => {
    expect(configFromOptions({ port: undefined, limits: { depth: undefined }, push: undefined })).toEqual(defaults)
  })

  test('are refused under their own names', () => {
    const options = untyped({
      public_url: 'ws://x',
      push: { per_second: 1 },
      admins: [],
      limits: { stanzaByte: 1 },
      port: '1',
    })
    expect(problemsOf(() => configFromOptions(options))).toEqual([
      'public_url: there is no such key; did you mean publicUrl?',
      'push.per_second: there is no such key; did you mean push.perSecond?',
      'admins: this version does not have this key yet',
      'limits.stanzaByte: there is no such key; did you mean limits.stanzaBytes?',
      'port: expected a whole number from 0 to 65535, not "1"',
    ])
  })
})

describe('the configuration that is shown', () => {
  test('is a config file that means the same', () => {
    const config = fromFile('domain = "example.org"\npush.plain = "body"\npublic_url = "wss://example.org/ws"')
    expect(fromFile(describeConfig(config))).toEqual(config)
    expect(fromFile(describeConfig(defaults))).toEqual(defaults)
  })

  test('shows every key', () => {
    const shown = parse(
      describeConfig(
        fromFile(
          `public_url = "ws://x/"\ntls = { certificate = "c", key = "k" }\nstorage = { key = "${keyText}", previous_key = "${keyText}" }\ncomponents."p.example" = "s"`,
        ),
      ),
    )
    for (const { name } of described) {
      const [first = '', second] = name.split('.')
      const found = shown[first]
      if (second === undefined) expect(found).toBeDefined()
      else expect(found).toHaveProperty(second)
    }
  })

  test('stands as an example in docs/configuration.md that is right', () => {
    const [, example = ''] = /```toml\n(.*?)```/s.exec(readFileSync('docs/configuration.md', 'utf8')) ?? []
    expect(fromFile(example, { PUSH_SECRET: 's' }).components.get('push.example.org')).toBe('s')
  })

  test('is described in docs/configuration.md, key by key', () => {
    expect(unaligned(readFileSync('docs/configuration.md', 'utf8'))).toContain(unaligned(keyTable()))
  })

  test('has defaults that its own readers accept', () => {
    for (const key of keyList) {
      const value = key.of(defaults)
      if (value !== undefined) expect(key.read(value, {})).toEqual({ kind: 'value', value })
    }
  })
})

describe('the line of a key', () => {
  const lineOf = (toml: string, ...path: string[]) => {
    parse(toml)
    return keyLines(toml).get(pathId(path))
  }

  test('is found after comments, lists and strings of several lines', () => {
    const toml = [
      '# [not.a.table] # x = 1',
      'text = """',
      'a = 1 \\"""',
      '"""',
      "other = '''",
      "b = 2'''''",
      'list = [ # [x]',
      '  "]", { inner = 1 },',
      ']',
      'here = 1',
    ].join('\n')
    expect(lineOf(toml, 'text')).toBe(2)
    expect(lineOf(toml, 'other')).toBe(5)
    expect(lineOf(toml, 'list')).toBe(7)
    expect(lineOf(toml, 'here')).toBe(10)
    expect(lineOf(toml, 'a')).toBeUndefined()
    expect(lineOf(toml, 'x')).toBeUndefined()
  })

  test('is found in tables, dotted, quoted and inline', () => {
    const toml =
      '\n[ a . "b.c" ]\r\nd."\\u0065" = 1\n[f]\n\'g\\\' = { h = 1, i.j = "}" } # k = 1\nl = 1979-05-27 07:32:00\nm = 2'
    expect(lineOf(toml, 'a', 'b.c')).toBe(2)
    expect(lineOf(toml, 'a', 'b.c', 'd', 'e')).toBe(3)
    expect(lineOf(toml, 'f', 'g\\', 'h')).toBe(5)
    expect(lineOf(toml, 'f', 'g\\', 'i', 'j')).toBe(5)
    expect(lineOf(toml, 'f', 'm')).toBe(7)
  })

  const segment = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/), fc.string({ maxLength: 6, unit: 'binary' }))
  const filler = fc.constantFrom('', '# c = [', '  ', '\t# "')
  const value = fc.constantFrom('1', '"#]"', "'''\n\n'''", '[\n1,\n# ]\n[2]]', '{ z = [ "}" ] }', 'true', '"""\\""""""')

  test('is found for every key of any document', () => {
    const entry = fc.record({ key: segment.filter((key) => !/\p{Cs}|\0/u.test(key)), value, filler })
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ key }) => key }), (entries) => {
        let toml = ''
        const expected = entries.map(({ key, value: written, filler: before }) => {
          toml += `${before}\n`
          const line = toml.split('\n').length
          toml += `${JSON.stringify(key).replaceAll('\x7f', '\\u007f')} = ${written} # "\n`
          return [pathId([key]), line] as const
        })
        parse(toml)
        const lines = keyLines(toml)
        for (const [id, line] of expected) expect(lines.get(id)).toBe(line)
      }),
    )
  })
})
