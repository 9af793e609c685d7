// XEP-0114 as a component without manners sees it: the header, the handshake, whose name it may use.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from '../../server/index.js'
import { silentLog } from '../../server/log.js'

const NS = 'jabber:component:accept'

/** What is written to the server, and all that it has answered. */
class Line {
  readonly socket: Socket
  readonly ended: Promise<unknown>
  read = ''
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.socket = socket.setEncoding('utf8')
    this.ended = once(socket, 'close')
    socket.on('data', (text: string) => {
      this.read += text
      this.#wake()
    })
  }

  opens(to: string, namespace = NS): void {
    this.socket.write(
      `<?xml version="1.0"?><stream:stream xmlns="${namespace}" xmlns:stream="http://etherx.jabber.org/streams" to="${to}">`,
    )
  }

  /** Waits until this has come, and gives what the pattern found. */
  async until(pattern: RegExp): Promise<readonly (string | undefined)[]> {
    for (;;) {
      const found = pattern.exec(this.read)
      if (found !== null) return found
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async shakesHands(secret: string): Promise<void> {
    const [, id = ''] = await this.until(/<stream:stream[^>]* id="([^"]+)"/)
    const digest = createHash('sha1')
      .update(id + secret)
      .digest('hex')
    this.socket.write(`<handshake>${digest}</handshake>`)
  }
}

async function aLine(): Promise<Line> {
  const server = await createServer({
    domain: 'localhost',
    port: 0,
    data: ':memory:',
    log: silentLog,
    components: { 'gate.localhost': 'secret' },
    componentPort: 0,
  })
  await server.start()
  onTestFinished(() => server.stop())
  const { host = '', port = 0 } = server.componentAddress ?? {}
  const socket = connect({ host, port })
  await once(socket, 'connect')
  return new Line(socket)
}

async function aComponent(): Promise<Line> {
  const line = await aLine()
  line.opens('gate.localhost')
  await line.shakesHands('secret')
  await line.until(/<handshake\/>/)
  return line
}

test('a component that proves its secret is answered with an empty handshake, after a header with an id', async () => {
  const line = await aComponent()
  expect(line.read).toMatch(/^<\?xml [^>]*><stream:stream [^>]*from="gate.localhost">\s*<handshake\/>$/)
})

const refusals: readonly (readonly [what: string, condition: string, does: (line: Line) => void | Promise<void>])[] = [
  ['of a domain that is not configured', 'host-unknown', (line) => line.opens('other.localhost')],
  ['of another namespace', 'invalid-namespace', (line) => line.opens('gate.localhost', 'jabber:server')],
  [
    'with a wrong secret',
    'not-authorized',
    (line) => {
      line.opens('gate.localhost')
      return line.shakesHands('guess')
    },
  ],
  [
    'that sends before its handshake',
    'not-authorized',
    (line) => {
      line.opens('gate.localhost')
      line.socket.write('<message from="gate.localhost" to="localhost"/>')
    },
  ],
]

for (const [what, condition, does] of refusals) {
  test(`the stream of a component ${what} is ended with ${condition}, within a stream of its own`, async () => {
    const line = await aLine()
    await does(line)
    await line.ended
    expect(line.read).toMatch(/^<\?xml [^>]*><stream:stream [^>]*id="[^"]+"/)
    expect(line.read).toContain(`<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>`)
    expect(line.read).toMatch(/<\/stream:stream>$/)
  })
}

for (const from of [
  'localhost',
  'juliet@localhost',
  'other.localhost',
  'gate.localhost.example',
  '@gate.localhost',
  '',
]) {
  test(`a component that speaks as "${from}" is ended with invalid-from`, async () => {
    const line = await aComponent()
    line.socket.write(`<message from="${from}" to="juliet@localhost"><body>hist!</body></message>`)
    await line.ended
    expect(line.read).toContain('<invalid-from ')
  })
}

test('a stanza of a component that is to nobody comes back as bad-request, and the stream goes on', async () => {
  const line = await aComponent()
  line.socket.write('<message from="a@gate.localhost/1" id="m"><body>hist!</body></message>')
  const [, head = ''] = await line.until(/(<message [^>]*>)<error type="modify"><bad-request /)
  expect(head).toMatch(/type="error" id="m" from="gate.localhost" to="a@gate.localhost\/1"/)
  line.socket.write('<iq type="result" from="gate.localhost" id="r"/><presence type="error" from="gate.localhost"/>')
  line.socket.write('<iq type="get" id="p" from="gate.localhost" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>')
  await line.until(/<iq [^>]*type="result" id="p"/)
  expect(line.read.match(/<error/g)).toHaveLength(1)
  line.socket.destroy()
})
