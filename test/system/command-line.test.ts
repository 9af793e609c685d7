// The command line: exit codes, messages, and the commands that work beside a running server and without one.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { el, serialize } from '../../server/xml.js'
import { PushService } from '../helpers/push-service.js'
import { RawClient } from '../helpers/raw-client.js'
import { freshDirectory, run, start, type Outcome } from './program.js'

const done = (stdout: string): Outcome => ({ code: 0, stdout, stderr: '' })
const failed = (sentence: string): Outcome => ({ code: 1, stdout: '', stderr: `sealpost: ${sentence}\n` })
const misused = (sentence: string): Outcome => ({ code: 2, stdout: '', stderr: `sealpost: ${sentence}\n` })

function addUser(jid: string, data: string, password: string): Promise<Outcome> {
  return run(['user', 'add', jid, '--password-stdin', '--data', data], { stdin: `${password}\n` })
}

async function login(url: string, username: string, password: string): Promise<RawClient> {
  const client = await RawClient.connect(url)
  await client.logsIn(username, password)
  return client
}

describe('--help', () => {
  test.each([
    ['sealpost', []],
    ['start', ['start']],
    ['user', ['user']],
    ['user add', ['user', 'add']],
    ['user passwd', ['user', 'passwd']],
    ['user remove', ['user', 'remove']],
    ['user list', ['user', 'list']],
    ['push', ['push']],
    ['push list', ['push', 'list']],
    ['push trace', ['push', 'trace']],
    ['push test', ['push', 'test']],
    ['config', ['config']],
    ['config check', ['config', 'check']],
  ])('is there for %s', async (_name, command) => {
    const { code, stdout, stderr } = await run([...command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: ${['sealpost', ...command].join(' ')} `)
  })
})

describe('wrong usage exits with 2 and one clear line', () => {
  test.each([
    [['strat'], "unknown command 'strat'"],
    [['user', 'ad'], "unknown command 'ad'"],
    [['start', '--prot', '1'], "unknown option '--prot'"],
    [['start', 'here'], "too many arguments for 'start'. Expected 0 arguments but got 1."],
    [['start', '--port'], "option '--port <port>' argument missing"],
    [['user', 'add'], "missing required argument 'jid'"],
    [['start', '--port', 'http'], '--port: expected a whole number from 0 to 65535, not "http"'],
    [['start', '--registration', 'ajar'], '--registration: expected "closed" or "open", not "ajar"'],
    [['start', '--domain', 'a.example', '--domain', 'A.example'], '--domain: a.example is named twice'],
    [['start', '--component', 'hunter2'], '--component: expected JID=SECRET'],
    [
      ['start', '--component', 'localhost=hunter2'],
      "--component: localhost is the server's own domain: a component needs one of its own",
    ],
    [
      ['start', '--component', 'push.localhost=env:NOT_SET_AT_ALL'],
      '--component: the environment variable NOT_SET_AT_ALL is not set',
    ],
    [['start', '--config', '/nowhere.toml'], '/nowhere.toml: cannot be read: no such file or directory'],
    [['user', 'list', '--data', ':memory:'], '--data :memory: lives in its server alone: name a directory'],
    [['user', 'add', 'juliet'], '"juliet" is no account: did you mean juliet@localhost?'],
    [['user', 'add', 'juliet', '--domain', 'example.org'], '"juliet" is no account: did you mean juliet@example.org?'],
    [['user', 'remove', 'juliet@localhost/balcony'], 'leave out the resource: juliet@localhost'],
    [['user', 'add', 'juliet@localhost'], 'there is no terminal to ask for the password: give --password-stdin'],
    [['push', 'tset', 'juliet@localhost'], "unknown command 'tset'"],
    [['push', 'test'], "missing required argument 'jid'"],
    [['push', 'test', 'juliet'], '"juliet" is no account: did you mean juliet@localhost?'],
    [['push', 'test', 'juliet@localhost/phone'], 'leave out the resource: juliet@localhost'],
    [['push', 'trace', 'juliet@localhost/phone'], 'leave out the resource: juliet@localhost'],
    [
      ['push', 'test', 'juliet@localhost', '--data', ':memory:'],
      '--data :memory: lives in its server alone: name a directory',
    ],
  ])('%j', async (args, sentence) => {
    expect(await run(args)).toEqual(misused(sentence))
  })

  test.each([[[]], [['user']], [['push']], [['config']]])('%j shows the help, on stderr', async (args) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: sealpost')
  })

  test('a JID that cannot be prepared is refused with the reason', async () => {
    const { code, stdout, stderr } = await run(['user', 'add', 'ju liet@localhost', '--password-stdin'], {
      stdin: 'x\n',
    })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^sealpost: "ju liet@localhost" is no JID: [^\n]+\n$/)
  })
})

describe('sealpost config check', () => {
  test('prints the configuration in effect, without secrets', async () => {
    const cwd = await freshDirectory()
    await writeFile(join(cwd, 'good.toml'), 'port = 7000\ncomponents."push.example" = "hunter2"\n')
    const { code, stdout, stderr } = await run(['config', 'check', '--config', 'good.toml'], { cwd })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('port = 7000\n')
    expect(stdout).toContain('domain = "localhost"\n')
    expect(stdout).toContain('"push.example" = "(not shown)"\n')
    expect(stdout).not.toContain('hunter2')
  })

  test('tells everything that is wrong, a line each', async () => {
    const cwd = await freshDirectory()
    await writeFile(join(cwd, 'bad.toml'), 'prot = 7000\n\nregistration = "ajar"\n')
    expect(await run(['config', 'check', '--config', 'bad.toml'], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        'sealpost: bad.toml:1: prot: there is no such key; did you mean port?',
        'sealpost: bad.toml:3: registration: expected "closed" or "open", not "ajar"',
        '',
      ].join('\n'),
    })
  })
})

describe('user commands beside a running server', () => {
  test('take effect at once: who is added can log in', async () => {
    const data = await freshDirectory()
    const { url } = await start(['--data', data])
    expect(await addUser('Juliet@LOCALHOST', data, 'r0m30')).toEqual(done('juliet@localhost has an account now\n'))
    const client = await login(url, 'juliet', 'r0m30')
    client.leaves()
    expect(await run(['user', 'list', '--data', data])).toEqual(done('juliet@localhost\n'))
    expect(await run(['user', 'list', '--json', '--data', data])).toEqual(done('["juliet@localhost"]\n'))
  })

  test('find the directory through the config file, and need none of its secrets', async () => {
    const cwd = await freshDirectory()
    await writeFile(
      join(cwd, 's.toml'),
      'data = "kept"\ncomponent_port = 0\ncomponents."p.localhost" = "env:ONLY_THE_SERVER"\n',
    )
    await start(['--config', 's.toml'], { cwd, env: { ONLY_THE_SERVER: 'x' } })
    const args = ['--password-stdin', '--config', 's.toml']
    const added = await run(['user', 'add', 'juliet@localhost', ...args], { cwd, stdin: 'r0m30\n' })
    expect(added).toEqual(done('juliet@localhost has an account now\n'))
  })

  test('end the sessions of an account that gets another password', async () => {
    const data = await freshDirectory()
    const { url } = await start(['--data', data])
    await addUser('juliet@localhost', data, 'r0m30')
    const client = await login(url, 'juliet', 'r0m30')
    const args = ['user', 'passwd', 'juliet@localhost', '--password-stdin', '--data', data]
    expect(await run(args, { stdin: 'other\n' })).toEqual(done('juliet@localhost has another password now\n'))
    expect(serialize(await client.next())).toContain('<not-authorized')
    await client.closed
    const again = await login(url, 'juliet', 'other')
    again.leaves()
  })

  test('end the sessions of an account that is removed', async () => {
    const data = await freshDirectory()
    const { url } = await start(['--data', data])
    await addUser('juliet@localhost', data, 'r0m30')
    const client = await login(url, 'juliet', 'r0m30')
    expect(await run(['user', 'remove', 'juliet@localhost', '--data', data])).toEqual(
      done('juliet@localhost is removed\n'),
    )
    expect(serialize(await client.next())).toContain('<not-authorized')
    await client.closed
    expect(await run(['user', 'list', '--json', '--data', data])).toEqual(done('[]\n'))
  })

  test('fail with the sentence of the server', async () => {
    const data = await freshDirectory()
    await start(['--data', data])
    await addUser('juliet@localhost', data, 'r0m30')
    expect(await addUser('juliet@localhost', data, 'x')).toEqual(failed('There is a user juliet@localhost already.'))
    expect(await addUser('juliet@elsewhere', data, 'x')).toEqual(failed('elsewhere is not a domain of this server.'))
    expect(await run(['user', 'remove', 'romeo@localhost', '--data', data])).toEqual(
      failed('There is no user romeo@localhost.'),
    )
  })
})

describe('user commands without a server', () => {
  test('work on the directory themselves, which a server then finds', async () => {
    const data = join(await freshDirectory(), 'new')
    expect(await addUser('juliet@localhost', data, 'r0m30')).toEqual(done('juliet@localhost has an account now\n'))
    expect(await addUser('juliet@localhost', data, 'r0m30')).toEqual(
      failed('There is a user juliet@localhost already.'),
    )
    expect(await run(['user', 'list', '--data', data])).toEqual(done('juliet@localhost\n'))
    const { url } = await start(['--data', data])
    const client = await login(url, 'juliet', 'r0m30')
    client.leaves()
  })

  test('wait for one another', async () => {
    const data = await freshDirectory()
    const names = ['a', 'b', 'c']
    const outcomes = await Promise.all(names.map((name) => addUser(`${name}@localhost`, data, 'x')))
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(await run(['user', 'list', '--json', '--data', data])).toEqual(
      done('["a@localhost","b@localhost","c@localhost"]\n'),
    )
  })

  test('know the domain from a flag or a config file', async () => {
    const data = await freshDirectory()
    expect(await addUser('juliet@example.org', data, 'x')).toEqual(
      failed('example.org is not a domain of this server.'),
    )
    const args = ['user', 'add', 'juliet@example.org', '--domain', 'example.org', '--password-stdin', '--data', data]
    expect(await run(args, { stdin: 'x\n' })).toEqual(done('juliet@example.org has an account now\n'))
  })

  test('make no directory for a slip of the pen', async () => {
    const data = join(await freshDirectory(), 'dtaa')
    const sentence = `there is no data directory ${data}: name it with --data, or start the server once`
    expect(await run(['user', 'list', '--data', data])).toEqual(failed(sentence))
    expect(await run(['user', 'remove', 'a@localhost', '--data', data])).toEqual(failed(sentence))
    expect(await run(['push', 'list', '--data', data])).toEqual(failed(sentence))
    expect(await run(['push', 'trace', '--data', data])).toEqual(failed(sentence))
    expect(await run(['push', 'test', 'a@localhost', '--data', data])).toEqual(failed(sentence))
  })
})

describe('a password on stdin', () => {
  test.each([
    ['has an end of line or none', 'r0m30', 'r0m30'],
    ['may end as on Windows', 'r0m30\r\n', 'r0m30'],
    ['is the first line alone', 'r0m30\nnot this\n', 'r0m30'],
    ['may hold white space and any language', ' r0 m30 ♥ \n', ' r0 m30 ♥ '],
  ])('%s', async (_what, stdin, password) => {
    const data = await freshDirectory()
    await run(['user', 'add', 'juliet@localhost', '--password-stdin', '--data', data], { stdin })
    const { url } = await start(['--data', data])
    const client = await login(url, 'juliet', password)
    client.leaves()
  })

  test.each([
    ['an empty line', '\n', 'the password is empty'],
    ['nothing', '', 'no password on stdin: there is no line'],
    ['too much', 'x'.repeat(5000), 'no password on stdin: the line is longer than 4096 bytes'],
  ])('is refused when it is %s', async (_what, stdin, sentence) => {
    const data = await freshDirectory()
    const args = ['user', 'add', 'juliet@localhost', '--password-stdin', '--data', data]
    expect(await run(args, { stdin })).toEqual(failed(sentence))
  })

  test('is refused with the reason when it cannot be prepared, and not repeated', async () => {
    const outcome = await addUser('juliet@localhost', await freshDirectory(), 'hunter2\u0007')
    expect(outcome).toEqual(failed('A password has characters that cannot be in one.'))
  })
})

describe('sealpost push list', () => {
  test('shows each registration, with a running server and without', async () => {
    const data = await freshDirectory()
    const { program, url } = await start(['--data', data])
    await addUser('juliet@localhost', data, 'r0m30')
    const before = Date.now()
    const client = await login(url, 'juliet', 'r0m30')
    await enable(client, { jid: 'push.example' })
    const key = el(
      'encrypt',
      { xmlns: 'tigase:push:encrypt:0', alg: 'aes-128-gcm', 'max-size': 3000 },
      'MDEyMzQ1Njc4OWFiY2RlZg==',
    )
    const omemo = el('omemo', { xmlns: 'tigase:push:encrypt:omemo:0', deviceId: 27183 })
    await enable(client, { jid: 'push.example', node: 'n1\u202e' }, key, omemo)
    client.leaves()

    const args = ['push', 'list', '--data', data]
    const { code, stdout, stderr } = await run([...args, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const created: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const common = {
      account: 'juliet@localhost',
      service: 'push.example',
      state: 'active',
      reason: null,
      client: 'raw',
      created,
      lastResult: null,
    }
    const listed: unknown = JSON.parse(stdout)
    expect(listed).toEqual([
      { ...common, node: null, sealed: false, maxSize: null, deviceId: null, deviceKnown: null },
      { ...common, node: 'n1\u202e', sealed: true, maxSize: 3000, deviceId: 27183, deviceKnown: false },
    ])
    const times = Array.isArray(listed)
      ? listed.map((one: { readonly created: string }) => Date.parse(one.created))
      : []
    for (const time of times) expect(time).toBeGreaterThanOrEqual(before)

    const table = await run(args)
    expect(table.stdout).toContain("27183 (not in the account's device lists)")
    expect(table.stdout).toContain('n1\\u{202e}')
    expect(await run([...args, 'romeo@localhost', '--json'])).toEqual(done('[]\n'))
    expect(await run([...args, 'romeo@localhost'])).toEqual(done('no registrations\n'))

    await program.stop()
    expect(await run([...args, 'juliet@localhost', '--json'])).toEqual(done(stdout))
    expect(await run(args)).toEqual(table)
  })
})

/** Juliet's server with a push service that serves nodes by what they are called. */
async function serverWithService(data: string): Promise<{ readonly url: string; readonly service: PushService }> {
  const args = ['--data', data, '--component', 'push.localhost=s3cret', '--component-port', '0']
  const { url, component = '' } = await start(args)
  const [host = '', port = ''] = component.split(':')
  const service = new PushService('push.localhost', 's3cret', { host, port: Number(port) })
  service.answers((iq) =>
    iq.getChild('pubsub')?.getChild('publish')?.attrs['node'] === 'over'
      ? { error: 'item-not-found', type: 'cancel' }
      : 'result',
  )
  await service.arrives()
  onTestFinished(() => service.leaves())
  await addUser('juliet@localhost', data, 'r0m30')
  return { url, service }
}

describe('sealpost push trace', () => {
  test('tells in a line what became of each message, without its content and its sender', async () => {
    const data = await freshDirectory()
    const { url, service } = await serverWithService(data)
    await addUser('romeo@localhost', data, 'jul137')
    const juliet = await login(url, 'juliet', 'r0m30')
    await enable(juliet, { jid: 'push.localhost', node: 'phone\u202e' })
    await enable(juliet, { jid: 'elsewhere.example' })
    juliet.leaves()
    const romeo = await login(url, 'romeo', 'jul137')
    romeo.send(
      '<message xmlns="jabber:client" type="chat" to="juliet@localhost"><body>Art thou there?</body></message>',
    )
    await service.next()
    const args = ['push', 'trace', '--data', data]

    const { code, stdout, stderr } = await run([...args, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const at: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const common = { at, account: 'juliet@localhost', kind: 'message', attempts: 1 }
    expect(JSON.parse(stdout)).toEqual([
      {
        ...common,
        service: 'push.localhost',
        node: 'phone\u202e',
        decision: 'pushed',
        why: expect.stringMatching(/^sent \d\d:\d\d:\d\d, answered in \d+ ms$/),
        next: null,
      },
      {
        ...common,
        service: 'elsewhere.example',
        node: null,
        decision: 'waiting',
        why: expect.stringContaining('remote-server-not-found'),
        next: at,
      },
    ])

    const table = await run(args)
    expect(table.stdout).toMatch(/phone\\u\{202e\} +message +sent \d\d:\d\d:\d\d, answered in \d+ ms\n/)
    expect(table.stdout).toMatch(
      /elsewhere\.example +\(none\) +message +waiting: .*remote-server-not-found.*, next try in \d+ s\n/,
    )
    for (const secret of ['romeo', 'thou']) expect(stdout + table.stdout).not.toContain(secret)
    expect(await run([...args, 'romeo@localhost', '--json'])).toEqual(done('[]\n'))
    expect(await run([...args, 'romeo@localhost'])).toEqual(done('nothing to tell\n'))
    romeo.leaves()
  })

  test('shows without a server what is still owed, and says that this is not all', async () => {
    const data = await freshDirectory()
    const { program, url } = await start(['--data', data])
    for (const name of ['juliet', 'romeo']) await addUser(`${name}@localhost`, data, 'x')
    const juliet = await login(url, 'juliet', 'x')
    await enable(juliet, { jid: 'elsewhere.example', node: 'phone' })
    juliet.leaves()
    const romeo = await login(url, 'romeo', 'x')
    romeo.send(
      '<message xmlns="jabber:client" type="chat" to="juliet@localhost"><body>Art thou there?</body></message>',
    )
    romeo.send('<iq xmlns="jabber:client" type="get" id="p" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>')
    await romeo.next()
    await program.stop()
    const { code, stdout, stderr } = await run(['push', 'trace', '--json', '--data', data])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `sealpost: no server runs on ${data}: only what is still owed is shown, the rest is remembered by a running server alone\n`,
    })
    expect(JSON.parse(stdout)).toMatchObject([
      { account: 'juliet@localhost', service: 'elsewhere.example', node: 'phone', kind: null, decision: 'waiting' },
    ])
  })
})

describe('sealpost push test', () => {
  test('prints what each service said, and fails only when none took it', async () => {
    const data = await freshDirectory()
    const { url, service } = await serverWithService(data)
    const juliet = await login(url, 'juliet', 'r0m30')
    await enable(juliet, { jid: 'push.localhost', node: 'phone' })
    await enable(juliet, { jid: 'push.localhost', node: 'over' })
    const args = ['push', 'test', 'juliet@localhost', '--data', data]
    const { code, stdout, stderr } = await run(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^SERVICE +NODE +ANSWER\npush\.localhost +phone +result in \d+ ms\npush\.localhost +over +item-not-found in \d+ ms\n$/,
    )
    await service.next()
    await service.next()
    expect(await run(['push', 'trace', '--data', data])).toEqual(done('nothing to tell\n'))

    service.answers({ error: 'service-unavailable' })
    const failure = await run([...args, '--json'])
    expect(failure).toMatchObject({ code: 1, stderr: 'sealpost: no service took the test\n' })
    expect(JSON.parse(failure.stdout)).toEqual([
      {
        account: 'juliet@localhost',
        service: 'push.localhost',
        node: 'phone',
        works: false,
        outcome: 'service-unavailable',
        answeredInMs: expect.any(Number),
      },
    ])
    juliet.leaves()
  })

  test('says that there is no active registration, or no server', async () => {
    const data = await freshDirectory()
    const { program } = await start(['--data', data])
    await addUser('juliet@localhost', data, 'r0m30')
    const args = ['push', 'test', 'juliet@localhost', '--data', data]
    expect(await run(args)).toEqual(
      failed('juliet@localhost has no active registration: `sealpost push list juliet@localhost` shows those it has'),
    )
    await program.stop()
    expect(await run(args)).toEqual(failed(`push test needs the running server, and none runs on ${data}`))
  })
})

async function enable(
  client: RawClient,
  attributes: Readonly<Record<string, string>>,
  ...parts: ReturnType<typeof el>[]
) {
  const request = el('enable', { xmlns: 'urn:xmpp:push:0', ...attributes }, ...parts)
  client.send(serialize(el('iq', { xmlns: 'jabber:client', type: 'set', id: 'enable' }, request)))
  expect((await client.next()).attrs['type']).toBe('result')
}
