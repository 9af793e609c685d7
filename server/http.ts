// The HTTP beside the WebSocket: /healthz, and what extensions answer. Everything else is not found.

import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import type { HttpAnswer } from './extension.js'

export interface HttpParts {
  readonly find: (path: string) => ((request: { readonly address: string }) => HttpAnswer) | undefined
  /** The public address of the WebSocket. */
  readonly address: () => string
  readonly isReady: () => boolean
}

/** Small requests only, and soon: nobody sends this server a body. */
export function createHttp(parts: HttpParts): HttpServer {
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000, headersTimeout: 10_000 })
  server.on('request', (request, response) => write(request, response, answerTo(request, parts)))
  return server
}

function answerTo(request: IncomingMessage, parts: HttpParts): HttpAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...text(405, 'GET only\n'), headers: { Allow: 'GET, HEAD' } }
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  if (path === '/healthz') return parts.isReady() ? text(200, 'ok\n') : text(503, 'not ready\n')
  if (path === '/xmpp-websocket' || path === '/ws')
    return { ...text(426, 'This is a WebSocket.\n'), headers: { Upgrade: 'websocket' } }
  return parts.find(path)?.({ address: parts.address() }) ?? text(404, 'not found\n')
}

function write(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, { 'Content-Length': Buffer.byteLength(answer.body), ...answer.headers })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

function text(status: number, body: string): HttpAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body }
}
