// The files of docs/tls.md, run: Sealpost with a certificate of its own, behind Caddy, behind nginx. Each time a client logs in with
// PLAIN over wss://, which is offered on no other way.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RawClient } from '../helpers/raw-client.js'
import { freshDirectory, run, type RunningServer, start } from './program.js'

const page = readFileSync('docs/tls.md', 'utf8')
const certificate = resolve('test/fixtures/tls/first.pem')
const key = resolve('test/fixtures/tls/first.key.pem')

/** The files in a section of the page, in their order. */
function filesIn(heading: string, language: string): readonly string[] {
  const [, section = ''] = page.split(`\n${heading}\n`)
  const end = section.search(/^#{1,3} /m)
  const text = end === -1 ? section : section.slice(0, end)
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, file = '']) => file)
}

function fileIn(heading: string, language: string): string {
  const [file] = filesIn(heading, language)
  if (file === undefined) throw new Error(`there is no ${language} under ${heading}`)
  return file
}

/** The page's names and places, as they are here. */
function here(file: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((text, [there, instead]) => {
    if (!text.includes(there)) throw new Error(`${there} is not in the file`)
    return text.replaceAll(there, instead)
  }, file)
}

const files = {
  '/etc/letsencrypt/live/chat.example/fullchain.pem': certificate,
  '/etc/letsencrypt/live/chat.example/privkey.pem': key,
}

async function sealpost(config: string): Promise<RunningServer> {
  const directory = await freshDirectory()
  const file = join(directory, 'sealpost.toml')
  await writeFile(file, `data = "${directory}"\n${config}`)
  const { code } = await run(['user', 'add', 'juliet@chat.example', '--password-stdin', '--config', file], {
    stdin: 'pw\n',
  })
  expect(code).toBe(0)
  return start(['--config', file])
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const portOf = (url: string): string => new URL(url).port

/** Logs in with PLAIN; the certificate is nobody's that anybody knows. */
async function logsIn(url: string): Promise<string> {
  const client = await RawClient.connect(url, ['xmpp'], { rejectUnauthorized: false })
  onTestFinished(() => client.leaves())
  return client.logsIn('juliet', 'pw', 'balcony', 'chat.example')
}

/** Starts a proxy, and waits until it says that it takes connections. */
async function proxy(command: string, args: readonly string[], cwd: string, ready: string): Promise<void> {
  const env = { ...process.env, HOME: cwd, XDG_DATA_HOME: cwd, XDG_CONFIG_HOME: cwd }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  const isReady = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes(ready)) resolve()
    })
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  const failed = ended.then(() => {
    throw new Error(`${command} ended: ${said}`)
  })
  failed.catch(() => undefined)
  await Promise.race([isReady, failed])
}

function isInstalled(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('by itself', async () => {
  const server = await sealpost(
    here(fileIn('## By itself', 'toml'), { ...files, 'port = 443': 'port = 0', '0.0.0.0': '127.0.0.1' }),
  )
  expect(server.url).toMatch(/^wss:/)
  expect(await logsIn(server.url)).toBe('juliet@chat.example/balcony')
})

test('by itself, and another certificate on SIGHUP', async () => {
  const directory = await freshDirectory()
  const own = { certificate: join(directory, 'c.pem'), key: join(directory, 'k.pem') }
  const install = async (name: string): Promise<void> => {
    await writeFile(own.certificate, readFileSync(`test/fixtures/tls/${name}.pem`))
    await writeFile(own.key, readFileSync(`test/fixtures/tls/${name}.key.pem`))
  }
  await install('first')
  const file = join(directory, 'sealpost.toml')
  await writeFile(file, `[tls]\ncertificate = "${own.certificate}"\nkey = "${own.key}"\n`)
  const server = await start(['--config', file, '--data', ':memory:'])
  await install('second')
  server.program.child.kill('SIGHUP')
  await server.program.says('the TLS certificate was read anew')
})

describe('behind a proxy', () => {
  const config = (): string => here(fileIn('## Behind a proxy', 'toml'), { 'port = 5280': 'port = 0' })

  test.runIf(isInstalled('caddy', 'version'))('Caddy', async () => {
    const server = await sealpost(config())
    const port = await freePort()
    const directory = await freshDirectory()
    const file = here(fileIn('### Caddy', 'caddy'), {
      'chat.example {': `https://127.0.0.1:${String(port)} {\n\ttls ${certificate} ${key}`,
      '127.0.0.1:5280': `127.0.0.1:${portOf(server.url)}`,
    })
    await writeFile(join(directory, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${file}`)
    await proxy('caddy', ['run', '--config', 'Caddyfile'], directory, 'serving initial configuration')
    expect(await logsIn(`wss://127.0.0.1:${String(port)}/xmpp-websocket`)).toBe('juliet@chat.example/balcony')
  })

  test.runIf(isInstalled('nginx', '-v'))('nginx', async () => {
    const server = await sealpost(config())
    const port = await freePort()
    const directory = await freshDirectory()
    const file = here(fileIn('### nginx', 'nginx'), {
      ...files,
      'listen 443 ssl;': `listen 127.0.0.1:${String(port)} ssl;`,
      '127.0.0.1:5280': `127.0.0.1:${portOf(server.url)}`,
    })
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${directory}/${name};`,
    )
    const around = `daemon off; pid ${directory}/pid; error_log stderr notice;\nevents {}\nhttp { access_log off; ${temporary.join(' ')}\n${file}\n}`
    await writeFile(join(directory, 'nginx.conf'), around)
    await proxy(
      'nginx',
      ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'],
      directory,
      'start worker process',
    )
    expect(await logsIn(`wss://127.0.0.1:${String(port)}/xmpp-websocket`)).toBe('juliet@chat.example/balcony')
  })
})
