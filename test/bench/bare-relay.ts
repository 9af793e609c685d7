// What a relay costs that is nothing but `ws`: it reads no frame, checks nothing, and passes each on to the connection that its
// own was opened for. `/?from=a&to=b` says who somebody is, and for whom what comes from there is.

import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

const connections = new Map<string, WebSocket>()
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', skipUTF8Validation: true })

server.on('connection', (socket, request) => {
  const asked = new URL(request.url ?? '/', 'ws://relay').searchParams
  const [from, to] = [asked.get('from') ?? '', asked.get('to') ?? '']
  connections.set(from, socket)
  socket.on('message', (data) => {
    const peer = connections.get(to)
    if (peer?.readyState === WebSocket.OPEN) peer.send(data, { binary: false })
  })
  socket.on('close', () => connections.delete(from))
})

server.on('listening', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`bare relay ready ws://127.0.0.1:${port}/\n`)
})
