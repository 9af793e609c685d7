// `sealpost start`: the ready line, the signals, one server a directory.

import { readdir, stat, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { serialize } from '../../server/xml.js'
import { RawClient } from '../helpers/raw-client.js'
import { addressesOf, freshDirectory, launch, Program, run, start } from './program.js'

describe('sealpost start', () => {
  test('says where it is ready, in one line on stdout and nothing else there', async () => {
    const { program, url, component } = await start(['--data', ':memory:'])
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/xmpp-websocket$/)
    expect(component).toBeUndefined()
    const client = await RawClient.connect(url)
    await client.opens()
    client.leaves()
    const { stdout } = await program.stop()
    expect(stdout).toBe(`sealpost ready ${url}\n`)
  })

  test('says where components connect when there are any, with the secret from the environment', async () => {
    const args = ['--data', ':memory:', '--component', 'push.localhost=env:PUSH_SECRET', '--component-port', '0']
    const { component } = await start(args, { env: { PUSH_SECRET: 's3cret' } })
    expect(component).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
  })

  test.skipIf(!hasIpv6())('writes an IPv6 address in brackets', async () => {
    const { url } = await start(['--data', ':memory:', '--host', '::1'])
    expect(url).toMatch(/^ws:\/\/\[::1\]:\d+\/xmpp-websocket$/)
    const client = await RawClient.connect(url)
    await client.opens()
    client.leaves()
  })

  test('serves the domain that a config file names, and lets flags win over the file', async () => {
    const cwd = await freshDirectory()
    await writeFile(join(cwd, 'sealpost.toml'), 'domain = "file.example"\ndata = ":memory:"\nport = 1\n')
    const { url } = await start(['--config', 'sealpost.toml'], { cwd })
    const client = await RawClient.connect(url)
    const { open } = await client.opens('file.example')
    expect(open.attrs['from']).toBe('file.example')
    client.leaves()
  })

  test('takes registrations with --registration open', async () => {
    const { url } = await start(['--data', ':memory:', '--registration', 'open'])
    const client = await RawClient.connect(url)
    await client.opens()
    const given = '<username>juliet</username><password>R0m30</password>'
    client.send(`<iq xmlns="jabber:client" type="set" id="r"><query xmlns="jabber:iq:register">${given}</query></iq>`)
    expect((await client.next()).attrs['type']).toBe('result')
    expect((await client.authenticates('juliet', 'R0m30')).name).toBe('success')
    client.leaves()
  })

  test('keeps nothing on disk with --data :memory:', async () => {
    const cwd = await freshDirectory()
    const { program } = await start(['--data', ':memory:'], { cwd })
    await program.stop()
    expect(await readdir(cwd)).toEqual([])
  })

  test('keeps everything in ./data, for its owner alone', async () => {
    const cwd = await freshDirectory()
    await start([], { cwd })
    expect(await readdir(cwd)).toEqual(['data'])
    expect((await stat(join(cwd, 'data'))).mode & 0o777).toBe(0o700)
    for (const name of await readdir(join(cwd, 'data'))) {
      expect([name, (await stat(join(cwd, 'data', name))).mode & 0o777]).toEqual([name, 0o600])
    }
  })

  test('tells how to add the first user, on stderr', async () => {
    const data = join(await freshDirectory(), "it's here")
    const { program } = await start(['--data', data])
    const { stderr } = await program.stop()
    expect(stderr).toContain('npx sealpost user add juliet@localhost --data ')
    expect(stderr).toContain(`it'\\''s here'`)
  })

  test('writes its log as JSON lines on stderr when asked to, and nothing between them', async () => {
    const { program } = await start(['--data', ':memory:', '--log-format', 'json', '--log-level', 'debug'])
    const { stderr } = await program.stop()
    const lines = stderr.trimEnd().split('\n')
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('level')
    expect(lines.length).toBeGreaterThan(0)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('says goodbye to its clients and exits with 0 after %s', async (signal) => {
    const { program, url } = await start(['--data', ':memory:'])
    const client = await RawClient.connect(url)
    await client.opens()
    const before = Date.now()
    const ended = program.stop(signal)
    expect(serialize(await client.next())).toContain('<system-shutdown xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>')
    expect(await ended).toMatchObject({ code: 0 })
    expect(Date.now() - before).toBeLessThan(5000)
  })

  test('exits with 0 within 5 s also when a client does not answer the goodbye', async () => {
    const { program, url } = await start(['--data', ':memory:'])
    const client = await RawClient.connect(url)
    await client.opens()
    client.socket.pause()
    const before = Date.now()
    expect(await program.stop()).toMatchObject({ code: 0 })
    expect(Date.now() - before).toBeLessThan(5000)
    client.leaves()
  })

  test('takes two signals at once, as npm and a terminal send them, for one', async () => {
    const { program, url } = await start(['--data', ':memory:'])
    const client = await RawClient.connect(url)
    await client.opens()
    program.child.kill('SIGINT')
    program.child.kill('SIGINT')
    expect(serialize(await client.next())).toContain('<system-shutdown')
    expect(await program.ended).toMatchObject({ code: 0 })
  })

  test('ends at once at a second signal from somebody who does not want to wait', async () => {
    const { program, url } = await start(['--data', ':memory:'])
    const client = await RawClient.connect(url)
    await client.opens()
    client.socket.pause()
    program.child.kill('SIGTERM')
    const again = setInterval(() => program.child.kill('SIGTERM'), 600)
    const { code } = await program.ended
    clearInterval(again)
    client.leaves()
    expect(code).toBe(1)
  })
})

describe('a data directory', () => {
  test('has one server: another start is refused in one line', async () => {
    const data = await freshDirectory()
    await start(['--data', data])
    const second = await launch(['--data', data]).ended
    expect(second).toEqual({
      code: 1,
      stdout: '',
      stderr: `sealpost: a server runs on the data directory ${data} already\n`,
    })
  })

  test('goes to exactly one of several servers that start at once', async () => {
    const data = await freshDirectory()
    const programs = [launch(['--data', data]), launch(['--data', data]), launch(['--data', data])]
    const readiness = programs.map((program) =>
      program.ready().then(
        () => 'ready',
        () => 'refused',
      ),
    )
    expect((await Promise.all(readiness)).sort()).toEqual(['ready', 'refused', 'refused'])
  })

  test('is free again after kill -9', async () => {
    const data = await freshDirectory()
    const first = await start(['--data', data])
    await first.program.stop('SIGKILL')
    expect(await readdir(data)).toContain('control.sock')
    const second = await start(['--data', data])
    expect(second.url).not.toBe(first.url)
    expect(await run(['user', 'list', '--json', '--data', data])).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
  })

  test('that cannot be one is refused in one line', async () => {
    const data = '/dev/null/data'
    const { code, stdout, stderr } = await launch(['--data', data]).ended
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^sealpost: [^\n]*not a directory\n$/)
  })
})

describe('an address that is taken', () => {
  test('is told in one line', async () => {
    const { url } = await start(['--data', ':memory:'])
    const { port, host } = new URL(url)
    expect(await launch(['--data', ':memory:', '--port', port]).ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `sealpost: the server cannot start: cannot listen on ${host}: the address is in use already\n`,
    })
  })

  test('is told in one line for components, too', async () => {
    const common = ['--data', ':memory:', '--component', 'push.localhost=x', '--component-port']
    const { component = '' } = await start([...common, '0'])
    const [, port = ''] = component.split(':')
    expect(await launch([...common, port]).ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `sealpost: the server cannot start: cannot listen on ${component}: the address is in use already\n`,
    })
  })
})

describe('npm start', () => {
  test('passes options through, and a SIGTERM to npm ends the server in order', async () => {
    const data = await freshDirectory()
    const program = new Program('npm', ['start', '--', '--port', '0', '--data', data], {})
    const { url } = addressesOf(await program.ready())
    const client = await RawClient.connect(url)
    await client.opens()
    const ended = program.stop()
    expect(serialize(await client.next())).toContain('<system-shutdown')
    await client.closed
    const { stdout } = await ended
    expect(stdout.split('\n').filter((line) => line.startsWith('sealpost'))).toEqual([`sealpost ready ${url}`])
    expect(await readdir(data)).not.toContain('control.sock')
  })
})

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
}
