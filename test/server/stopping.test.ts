// stop(): nobody who keeps a socket open keeps the server, and nothing that reads nothing makes it grow (contract §2, §5).

import { connect } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createServer } from '../../server/index.js'
import { PushService } from '../helpers/push-service.js'
import { RawClient } from '../helpers/raw-client.js'

const options = { port: 0, data: ':memory:', components: { 'push.localhost': 'secret' }, componentPort: 0 } as const

test('a socket that was refused an upgrade, and stays open on its side, does not hold up stop()', async () => {
  const server = await createServer(options)
  await server.start()
  const { port } = new URL(server.url)
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await once(socket, 'data')
  await server.stop()
  socket.destroy()
})

test('a component that closed its stream, and keeps its socket, does not hold up stop()', async () => {
  const server = await createServer(options)
  await server.start()
  const { host = '', port = 0 } = server.componentAddress ?? {}
  const socket = connect({ port, host, allowHalfOpen: true })
  socket.write(
    '<stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams" to="push.localhost"></stream:stream>',
  )
  await once(socket, 'data')
  await server.stop()
  socket.destroy()
})

test('a component that reads nothing is ended', async () => {
  const server = await createServer(options)
  await server.start()
  await server.users.create('romeo@localhost', 'pw')
  const service = new PushService('push.localhost', 'secret', server.componentAddress ?? { host: '', port: 0 })
  await service.arrives()
  service.socket?.pause()
  const romeo = await RawClient.connect(server.url)
  await romeo.logsIn('romeo', 'pw')
  const flood = `<message xmlns="jabber:client" to="push.localhost"><body>${'x'.repeat(200_000)}</body></message>`
  for (let count = 0; count < 400; count += 1) romeo.send(flood)
  let refused = ''
  while (!refused.includes('service-unavailable')) refused = await romeo.nextFrame()
  service.socket?.resume()
  // It may not have read so far as to the stream error when its socket is cut.
  expect(['resource-constraint', 'closed']).toContain(await service.ended())
  await server.stop()
})
