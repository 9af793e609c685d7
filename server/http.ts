// The HTTP beside the WebSocket: /healthz, and what extensions answer. Everything else is not found.

import { createServer, type IncomingMessage, type Server as PlainServer, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { type Awaitable, isPromise } from './awaitable.js'
import type { HttpAnswer, HttpRequest } from './extension.js'
import type { Log } from './log.js'
import type { SecureContext } from './certificate.js'
import type { OriginOf } from './origin.js'

export type HttpServer = PlainServer | SecureServer

export interface HttpParts {
  readonly find: (path: string) => ((request: HttpRequest) => Awaitable<HttpAnswer>) | undefined
  /** The public address of the WebSocket. */
  readonly address: () => string
  readonly isReady: () => boolean
  readonly originOf: OriginOf
  readonly log: Log
}

/** Small requests only, and soon: nobody sends this server a body. */
const limits = { maxHeaderSize: 16 * 1024, requestTimeout: 10_000, headersTimeout: 10_000 }

export function createHttp(parts: HttpParts): PlainServer {
  return createServer(limits, (request, response) => respond(request, response, parts))
}

/** The same over TLS; `setSecureContext` of what it gives takes another certificate. */
export function createHttps(context: SecureContext, parts: HttpParts): SecureServer {
  const options = { ...limits, ...context, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 } as const
  return createSecureServer(options, (request, response) => respond(request, response, parts))
}

function respond(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  const answer = guarded(() => answerTo(request, parts), parts.log)
  if (isPromise(answer)) void answer.then((later) => write(request, response, later))
  else write(request, response, answer)
}

/** Whatever goes wrong is the log's, not the stranger's who asked. */
function guarded(work: () => Awaitable<HttpAnswer>, log: Log): Awaitable<HttpAnswer> {
  const failed = (reason: unknown): HttpAnswer => {
    log.error('a request over HTTP could not be answered', {}, reason)
    return text(500, 'internal server error\n')
  }
  try {
    const answer = work()
    return isPromise(answer) ? answer.catch(failed) : answer
  } catch (reason) {
    return failed(reason)
  }
}

function answerTo(request: IncomingMessage, parts: HttpParts): Awaitable<HttpAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...text(405, 'GET only\n'), headers: { Allow: 'GET, HEAD' } }
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  if (path === '/healthz') return parts.isReady() ? text(200, 'ok\n') : text(503, 'not ready\n')
  if (path === '/xmpp-websocket' || path === '/ws')
    return { ...text(426, 'This is a WebSocket.\n'), headers: { Upgrade: 'websocket' } }
  return parts.find(path)?.(requestOf(request, parts)) ?? text(404, 'not found\n')
}

function requestOf(request: IncomingMessage, { address, originOf }: HttpParts): HttpRequest {
  return { address: address(), isLoopback: originOf(request).isLoopback }
}

function write(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, { 'Content-Length': Buffer.byteLength(answer.body), ...answer.headers })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

function text(status: number, body: string): HttpAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body }
}
