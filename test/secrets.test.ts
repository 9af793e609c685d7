// Nothing secret in a log, a trace, a list or a metric: a server at its most talkative lives through a bad day, and all that it
// said to its operator is searched for every secret that it was given or has made.

import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { asJson, row } from '../server/cli/push.js'
import { traceJson, traceRow } from '../server/cli/push-trace.js'
import { testJson, testRow } from '../server/cli/push-test.js'
import { openControl } from '../server/control.js'
import { remoteAdministration } from '../server/control-client.js'
import { createServer, type Log, type Server } from '../server/index.js'
import { createLogger } from '../server/logger.js'
import { type Element, parse, serialize } from '../server/xml.js'
import { Connection } from '../storage/sqlite/connection.js'
import { FILE } from '../storage/sqlite/database.js'
import { PushService } from './helpers/push-service.js'
import { RawClient } from './helpers/raw-client.js'
import { ScramClient } from './helpers/scram-client.js'
import { User } from './helpers/user.js'

type Secrets = ReadonlyMap<string, Uint8Array>

/** The ways in which bytes may stand in a text: as they are, one by one, in base64 wherever in a longer text they begin. */
function tracesOf(secret: Uint8Array): readonly string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const inner = whole.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6))
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'))
  const lists = [[...bytes].join(','), [...bytes].join(', '), hex.join(' '), hex.join('')]
  const record = [...bytes].map((byte, index) => `"${String(index)}":${String(byte)}`).join(',')
  return [bytes.toString('utf8'), bytes.toString('latin1'), ...lists, record, ...base64]
}

/** Which secrets stand in which lines. */
function leaks(lines: readonly string[], secrets: Secrets): readonly string[] {
  const whole = lines.join('\n')
  const small = whole.toLowerCase()
  return [...secrets].flatMap(([name, secret]) => {
    const traces = tracesOf(secret).filter((trace) => trace.length > 0)
    if (!traces.some((trace) => whole.includes(trace) || small.includes(trace.toLowerCase()))) return []
    const line = lines.find((one) => traces.some((trace) => one.toLowerCase().includes(trace.toLowerCase())))
    return [`${name}: ${line ?? ''}`]
  })
}

/** A word that stands nowhere else. */
const word = (name: string): string => `${name}${randomBytes(9).toString('hex')}`

class Safe {
  readonly secrets = new Map<string, Uint8Array>()

  /** A new secret text. */
  text(name: string): string {
    const made = word(name.replace(/[^a-z]/g, ''))
    this.secrets.set(name, Buffer.from(made))
    return made
  }

  /** A new secret key; gives its base64. */
  key(name: string, length: number): string {
    const made = randomBytes(length)
    this.secrets.set(name, made)
    return made.toString('base64')
  }
}

/** A log that writes everything in both formats. */
function talkativeLog(lines: string[]): Log {
  const sink = { write: (line: string) => void lines.push(line) }
  const loggers = (['json', 'pretty'] as const).map((format) => createLogger({ level: 'debug', format }, sink))
  const each =
    (level: keyof Log): Log[keyof Log] =>
    (...said) =>
      loggers.forEach((log) => log[level](...said))
  return { debug: each('debug'), info: each('info'), warn: each('warn'), error: each('error') }
}

const PUSH = 'push.localhost'
const PEOPLE = ['romeo', 'juliet', 'nurse'] as const

/** Every error of RFC 6120 §8.3.3, one of none of them, and the answer that it should be. */
const answers = [
  ...(['bad-request', 'conflict', 'feature-not-implemented', 'forbidden', 'gone', 'internal-server-error'] as const),
  ...([
    'item-not-found',
    'jid-malformed',
    'not-acceptable',
    'not-allowed',
    'not-authorized',
    'policy-violation',
  ] as const),
  ...(['recipient-unavailable', 'redirect', 'registration-required', 'remote-server-not-found'] as const),
  ...(['remote-server-timeout', 'resource-constraint', 'service-unavailable', 'subscription-required'] as const),
  ...(['undefined-condition', 'unexpected-request', 'gibberish', 'result'] as const),
]

interface Day {
  readonly safe: Safe
  /** What the operator was shown, in a log or by a command. */
  readonly lines: string[]
  readonly directory: string
  readonly server: Server
  readonly passwords: Readonly<Record<(typeof PEOPLE)[number], string>>
}

async function begin(): Promise<Day> {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const safe = new Safe()
  const lines: string[] = []
  const server = await createServer({
    ...{ port: 0, data: directory, log: talkativeLog(lines), componentPort: 0 },
    components: { [PUSH]: safe.text('the secret of the component') },
    storage: { key: safe.key('the storage key', 32) },
    push: { burst: 1000, perSecond: 1000 },
    limits: { stanzaBytes: 20_000 },
  })
  await server.start()
  onTestFinished(() => server.stop())
  const passwords = {
    romeo: safe.text('the password of romeo'),
    juliet: safe.text('the password of juliet'),
    nurse: safe.text('the password of nurse'),
  }
  for (const name of PEOPLE) await server.users.create(`${name}@localhost`, passwords[name])
  return { safe, lines, directory, server, passwords }
}

const show = ({ lines }: Day, value: unknown): void => void lines.push(JSON.stringify(value))

/** Whatever comes of it is for the operator to see. */
async function shown(day: Day, work: Promise<unknown>): Promise<void> {
  try {
    show(day, (await work) ?? 'done')
  } catch (reason) {
    show(day, reason instanceof Error ? [reason.message, reason.stack] : String(reason))
  }
}

const userOf = ({ server, passwords }: Day, username: (typeof PEOPLE)[number]): User => {
  const login = { url: server.url, domain: 'localhost', username, password: passwords[username], mechanism: 'PLAIN' }
  return new User({ ...login, settle: () => server.idle(), sends: () => undefined })
}

const raw = async ({ server }: Day): Promise<RawClient> => {
  const client = await RawClient.connect(server.url)
  onTestFinished(() => client.leaves())
  return client
}

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const base64 = (data: string): string => Buffer.from(data).toString('base64')

/** Logins by SCRAM: a right one, one with a wrong password, one whose proof is no base64. */
async function scramLogins(day: Day): Promise<void> {
  const wrong = day.safe.text('a wrong password for scram')
  for (const [password, spoil] of [
    [day.passwords.nurse, ''],
    [wrong, ''],
    [day.passwords.nurse, '!'],
  ] as const) {
    const client = await raw(day)
    await client.opens()
    const scram = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: 'nurse', password })
    client.send(`<auth xmlns="${SASL}" mechanism="SCRAM-SHA-256">${base64(scram.first())}</auth>`)
    const challenge = Buffer.from((await client.next()).getText(), 'base64').toString()
    const { message, verifier } = scram.final(challenge)
    day.safe.secrets.set(`the proof ${String(day.safe.secrets.size)}`, Buffer.from(message.replace(/^.*,p=/, '')))
    day.safe.secrets.set(`the verifier ${String(day.safe.secrets.size)}`, Buffer.from(verifier.slice(2)))
    client.send(`<response xmlns="${SASL}">${base64(message)}${spoil}</response>`)
    await client.next()
  }
}

/** Logins by PLAIN that go wrong in every way: a wrong password, one that cannot be prepared, no base64, no such user. */
async function plainLogins(day: Day): Promise<void> {
  for (const [username, password] of [
    ['juliet', day.safe.text('a wrong password for plain')],
    ['juliet', `${day.safe.text('a password that cannot be prepared')}\u0007`],
    ['nobody', day.safe.text('the password of nobody')],
    ['juliet', ''],
  ] as const) {
    const client = await raw(day)
    await client.opens()
    await client.authenticates(username, password)
  }
  const client = await raw(day)
  await client.opens()
  client.send(`<auth xmlns="${SASL}" mechanism="PLAIN">${day.safe.text('a password without base64')}!</auth>`)
  await client.next()
  client.send(`<auth xmlns="${SASL}" mechanism="${day.safe.text('a mechanism that is a password')}"/>`)
  await client.next()
}

/** A component that gives a wrong secret, and one that is broken off. */
async function wrongComponent({ server, safe }: Day): Promise<void> {
  const address = server.componentAddress
  if (address === undefined) throw new Error('the server takes no components')
  const impostor = new PushService(PUSH, safe.text('a wrong secret of a component'), address)
  await expect(impostor.arrives()).rejects.toThrow()
}

const enabling = (node: string, inside: string): Element =>
  parse(
    `<iq xmlns="jabber:client" type="set"><enable xmlns="urn:xmpp:push:0" jid="${PUSH}" node="${node}">${inside}</enable></iq>`,
  )

const encrypt = (key: string, attributes = 'alg="aes-128-gcm"'): string =>
  `<encrypt xmlns="tigase:push:encrypt:0" ${attributes}>${key}</encrypt>`

const options = (secret: string): string =>
  `<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var="secret"><value>${secret}</value></field></x>`

/** A registration for each answer; some that are refused, for their key, or beside it. */
async function registers(day: Day, juliet: User): Promise<void> {
  for (const [index, answer] of answers.entries()) {
    const key = day.safe.key(`the push key of ${answer}`, 16)
    const inside = encrypt(key) + options(day.safe.text(`the option of ${answer}`))
    const device = index % 2 === 0 ? '<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="31415"/>' : ''
    await juliet.asks(enabling(answer, inside + device))
  }
  const refused = [
    encrypt(day.safe.key('a key of 15 bytes', 15)),
    encrypt(day.safe.key('a key of 40 bytes', 40)),
    encrypt(day.safe.key('a key for nothing', 16), 'alg="rot13"'),
    encrypt(day.safe.key('a key too large', 16), 'alg="aes-128-gcm" max-size="999999"'),
    encrypt(day.safe.text('a key that is no base64')),
    encrypt(day.safe.key('one of two keys', 16)).repeat(2),
  ]
  for (const inside of refused) await expect(juliet.asks(enabling('refused', inside))).rejects.toThrow()
}

const OMEMO = 'eu.siacs.conversations.axolotl'

/** Everything that makes a push and some that do not, with a secret in each place where a text or a key may stand. */
function stanzasTo(safe: Safe, to: string): readonly string[] {
  const message = (inside: string, attributes = 'type="chat"'): string =>
    `<message xmlns="jabber:client" to="${to}" ${attributes}>${inside}</message>`
  const payload = safe.key('an OMEMO payload', 48)
  const sealed = `<header sid="1"><key rid="31415">${safe.key('an OMEMO key', 48)}</key><iv>${safe.key('an OMEMO iv', 12)}</iv></header>`
  return [
    message(`<body>${safe.text('the body of a chat')}</body><subject>${safe.text('a subject')}</subject>`),
    message(`<body>${safe.text('the body of a normal message')}</body>`, 'type="normal" id="with an id"'),
    message(`<body>${safe.text('a body of two')}</body><body xml:lang="it">${safe.text('another body of two')}</body>`),
    message(`<encrypted xmlns="${OMEMO}">${sealed}<payload>${payload}</payload></encrypted><body>fallback</body>`),
    message(`<encrypted xmlns="${OMEMO}">${sealed}</encrypted>`),
    message(`<body>${safe.text('the body of a headline')}</body>`, 'type="headline"'),
    message(`<body>${safe.text('the body of a room')}</body>`, 'type="groupchat"'),
    message(`<body>${safe.text('a long body')}${' and on'.repeat(2000)}</body>`),
    message(
      `<x xmlns="jabber:x:conference" jid="room@rooms.localhost" reason="${safe.text('the reason of an invitation')}" password="${safe.text('the password of a room')}"/>`,
    ),
    message(
      `<propose xmlns="urn:xmpp:jingle-message:0" id="call-1"><description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/><body>${safe.text('what a call says')}</body></propose>`,
    ),
    `<iq xmlns="jabber:client" type="set" id="1" to="${to}"><query xmlns="urn:unknown">${safe.text('what an unknown iq says')}</query></iq>`,
    `<iq xmlns="jabber:client" type="set" id="2"><query xmlns="urn:unknown">${safe.text('what another unknown iq says')}</query></iq>`,
    `<presence xmlns="jabber:client" to="${to}" type="subscribe"><status>${safe.text('what a request says')}</status></presence>`,
  ]
}

/** Streams that end with an error over what they said. */
async function brokenStreams(day: Day): Promise<void> {
  for (const frame of [
    `<message xmlns="jabber:client" to="juliet@localhost"><body>${day.safe.text('the body of a truncated message')}</bod`,
    `<message xmlns="jabber:client"><body>${day.safe.text('the body before an entity')}&nbsp;</body></message>`,
    `<message xmlns="jabber:client"><body><!-- ${day.safe.text('a comment')} --></body></message>`,
    `<message xmlns="jabber:client" from="juliet@localhost/x"><body>${day.safe.text('the body in the name of another')}</body></message>`,
    `<message xmlns="jabber:client" to="@@"><body>${day.safe.text('the body to nobody')}</body></message>`,
    `<message xmlns="jabber:client"><body>${day.safe.text('the body of a huge message')}${'x'.repeat(30_000)}</body></message>`,
    `<${day.safe.text('an element').replace(/ /g, '')} xmlns="jabber:client"/>`,
    day.safe.text('a frame that is no XML'),
  ]) {
    const client = await raw(day)
    await client.logsIn('romeo', day.passwords.romeo, `raw-${randomBytes(4).toString('hex')}`)
    client.send(frame)
    await client.next()
  }
}

async function onFile(directory: string, work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await Connection.open(join(directory, FILE))
  try {
    await connection.exec('pragma busy_timeout = 5000')
    await work(connection)
  } finally {
    await connection.close()
  }
}

/** While the table is gone nothing can be stored. */
async function storageFails(day: Day, romeo: RawClient, to: string): Promise<void> {
  await onFile(day.directory, (file) => file.exec('alter table messages rename to gone'))
  romeo.send(
    `<message xmlns="jabber:client" to="${to}" type="chat" id="lost"><body>${day.safe.text('the body that could not be stored')}</body></message>`,
  )
  expect(serialize(await romeo.next())).toContain('internal-server-error')
  await onFile(day.directory, (file) => file.exec('alter table gone rename to messages'))
}

/** What stands on disk for a push is no stanza any more, and what was said in it still stands there. */
async function storedStanzaIsSpoilt(day: Day, pushService: PushService, romeo: RawClient, to: string): Promise<void> {
  await pushService.leaves()
  const body = day.safe.text('the body of a stored message')
  romeo.send(`<message xmlns="jabber:client" to="${to}" type="chat"><body>${body}</body></message>`)
  await answersAPing(romeo)
  await day.server.idle()
  await onFile(day.directory, async (file) => {
    const changed = await file.run(
      "update messages set xml = replace(xml, '</body>', '</bod') where instr(xml, ?)",
      body,
    )
    expect(changed).toBe(1)
  })
  await pushService.arrives()
  await day.server.idle()
}

async function answersAPing(client: RawClient): Promise<void> {
  client.send('<iq xmlns="jabber:client" type="get" id="ping" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>')
  for (;;) if ((await client.next()).attrs['id'] === 'ping') return
}

/** What an operator asks for, by the library and over the control socket. */
async function operatorLooks(day: Day): Promise<void> {
  const { server, safe, directory, lines } = day
  const control = await openControl(directory, server, talkativeLog(lines))
  const remote = remoteAdministration(directory)
  for (const one of [server, remote]) {
    await shown(day, one.users.create('juliet@localhost', safe.text('a password for a name that is taken')))
    await shown(day, one.users.create('@', safe.text('a password for no name')))
    await shown(day, one.users.create('tybalt@localhost', `${safe.text('a password with a bell')}\u0007`))
    await shown(day, one.users.setPassword('paris@localhost', safe.text('a password for nobody')))
    await shown(day, one.users.setPassword('nurse@localhost', safe.text('the new password of nurse')))
    await shown(day, one.users.list())
    for (const report of await one.registrations()) show(day, [report, asJson(report), row(report)])
    for (const entry of await one.pushTrace()) show(day, [entry, traceJson(entry), traceRow(entry, Date.now())])
    for (const said of await one.testPush('juliet@localhost')) show(day, [said, testJson(said), testRow(said)])
  }
  await control.close()
  const http = server.url.replace(/^ws:/, 'http:').replace(/\/xmpp-websocket$/, '')
  for (const path of ['/metrics', '/healthz', '/.well-known/host-meta', `/${safe.text('a path')}`]) {
    const response = await fetch(http + path)
    show(day, [response.status, path === '/metrics' ? await response.text() : (await response.text()).length])
  }
}

const secretColumns = [
  'salt',
  'sha1_stored',
  'sha1_server',
  'sha256_stored',
  'sha256_server',
  'sha512_stored',
  'sha512_server',
]

/** What the server made of the passwords, and for itself. */
async function readSecrets({ directory, safe }: Day): Promise<void> {
  await onFile(directory, async (file) => {
    for (const account of await file.all<Readonly<Record<string, Uint8Array>>>('select * from accounts'))
      for (const column of secretColumns) {
        const value = account[column]
        if (value === undefined) throw new Error(`there is no ${column}`)
        safe.secrets.set(`${column} of ${String(account['account'])}`, value)
      }
    const sql = 'select name, secret from secrets where length(secret) > 0'
    for (const { name, secret } of await file.all<{ readonly name: string; readonly secret: Uint8Array }>(sql))
      safe.secrets.set(`the server's own secret ${name}`, secret)
  })
}

test(
  'a whole bad day leaves no password, key, text or secret in what its operator gets to see',
  { timeout: 60_000 },
  async () => {
    const day = await begin()
    const { safe, lines, server } = day
    const address = server.componentAddress
    if (address === undefined) throw new Error('the server takes no components')
    const secret = Buffer.from(safe.secrets.get('the secret of the component') ?? []).toString()
    const pushService = new PushService(PUSH, secret, address)
    await wrongComponent(day)
    await pushService.arrives()
    onTestFinished(() => pushService.leaves())
    pushService.answers((iq) => {
      const node = iq.getChild('pubsub')?.getChild('publish')?.attrs['node'] as (typeof answers)[number]
      return node === 'result' ? node : { error: node }
    })

    await plainLogins(day)
    await scramLogins(day)
    const juliet = userOf(day, 'juliet')
    await juliet.arrives('phone')
    await registers(day, juliet)
    await juliet
      .asks(
        parse(
          `<iq xmlns="jabber:client" type="set" to="${juliet.account}"><command xmlns="http://jabber.org/protocol/commands" node="urn:sealpost:push:registrations" action="execute"/></iq>`,
        ),
      )
      .then((result) => show(day, serialize(result)))
    await juliet.leaves()

    const romeo = await raw(day)
    await romeo.logsIn('romeo', day.passwords.romeo)
    for (const stanza of stanzasTo(safe, juliet.account)) {
      romeo.send(stanza)
      await answersAPing(romeo)
      await server.idle()
    }
    await brokenStreams(day)
    await storageFails(day, romeo, juliet.account)
    await storedStanzaIsSpoilt(day, pushService, romeo, juliet.account)
    await operatorLooks(day)
    await readSecrets(day)
    await server.users.remove('juliet@localhost')
    await server.idle()
    await server.stop()

    const log = lines.join('')
    // Once in each format: nothing went wrong beside what was meant to.
    expect(log.match(/a stanza could not be handled/g)).toHaveLength(2)
    for (const said of [
      'a login failed',
      'a component gave a wrong secret',
      'a push registration is over',
      'a push waits',
    ])
      expect(log).toContain(said)
    for (const said of ['a push can never be sent', 'a stream ends with an error']) expect(log).toContain(said)
    expect(log).toContain('There is a user juliet@localhost already.')
    expect(safe.secrets.size).toBeGreaterThan(100)
    expect(leaks(lines, safe.secrets)).toEqual([])
    const database = await readFile(join(day.directory, FILE), 'latin1')
    expect(leaks([database], new Map([...safe.secrets].filter(([name]) => /push key|storage key/.test(name))))).toEqual(
      [],
    )
  },
)

test('a secret would be found wherever and however it stood', () => {
  const secret = randomBytes(16)
  const secrets = new Map([['it', secret]])
  const text = new Map([['it', Buffer.from('hunter2hunter2')]])
  const hidden = [0, 1, 2].flatMap((before) => {
    const around = Buffer.concat([randomBytes(before), secret, randomBytes(5)])
    return [around.toString('base64'), around.toString('base64url'), around.toString('hex'), around.toString('latin1')]
  })
  for (const one of hidden) expect(leaks(['nothing', `x ${one} y`], secrets)).toEqual([`it: x ${one} y`])
  const bytes = Uint8Array.from(secret)
  for (const one of [JSON.stringify(bytes), JSON.stringify(secret), JSON.stringify([...bytes])])
    expect(leaks([one], secrets)).toHaveLength(1)
  for (const one of [inspect(secret), inspect(bytes, { breakLength: Infinity }).replace(/\s+/g, ' ')])
    expect(leaks([one], secrets)).toHaveLength(1)
  for (const one of ['pw=hunter2hunter2', base64('\0juliet\0hunter2hunter2'), 'HUNTER2HUNTER2'])
    expect(leaks([one], text)).toHaveLength(1)
  expect(leaks(['nothing of it'], secrets)).toEqual([])
})
