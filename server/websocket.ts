// RFC 7395: frames in, frames out. The only file that knows the clients' sockets.

import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Server as WebSocketServerOf, WebSocket, WebSocketServer } from 'ws'
import { corkThisTurn } from './cork.js'
import type { HttpServer } from './http.js'
import type { OriginOf } from './origin.js'
import type { Carrier } from './stream/carrier.js'

const paths = new Set(['/xmpp-websocket', '/ws'])

/** A client that does not read may have so much waiting for it before its stream ends. */
const maxUnreadBytes = 8 * 1024 * 1024

const keepAliveMs = 30_000

/** How long the other side has to close its socket after we said goodbye. */
const closeGraceMs = 2000

export interface Connection {
  receive(data: Buffer, isBinary: boolean): void
  /** A frame that is larger than any that may be sent. */
  tooLarge(): void
  /** What is sent to it is not read. */
  tooSlow(): void
  disconnected(): void
}

export interface WebSocketOptions {
  /** A frame above this is not even read. */
  readonly maxFrameBytes: number
  /** How long an asked client may keep silent. */
  readonly answerSeconds: number
  readonly originOf: OriginOf
  readonly connected: (carrier: Carrier) => Connection
}

/** ws closes by itself when a frame is too large; XMPP has a stream error to say first (RFC 6120 §4.9.3.14). */
class XmppWebSocket extends WebSocket {
  onTooLarge: (() => void) | undefined

  override close(code?: number, reason?: string | Buffer): void {
    if (code === 1009) this.onTooLarge?.()
    super.close(code, reason)
  }
}

/** Answers WebSocket upgrades of the HTTP server. */
export class WebSocketListener {
  readonly #options: WebSocketOptions
  readonly #server: WebSocketServerOf<typeof XmppWebSocket>

  constructor(http: HttpServer, options: WebSocketOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      WebSocket: XmppWebSocket,
      clientTracking: true,
      maxPayload: options.maxFrameBytes,
      // Bytes that are no UTF-8 get the stream error of RFC 6120, which ws cannot send.
      skipUTF8Validation: true,
      handleProtocols: () => 'xmpp',
    })
    http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Cuts whatever is still open. */
  terminate(): void {
    for (const client of this.#server.clients) client.terminate()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    // A peer that vanished and is sent nothing would stay for ever.
    if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveMs)
    const refusal = refusalOf(request)
    if (refusal !== undefined) return refuse(socket, refusal)
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#connect(ws, request, socket))
  }

  #connect(ws: XmppWebSocket, request: IncomingMessage, socket: Duplex): void {
    const carrier = new WebSocketCarrier(ws, socket, request, this.#options)
    const connection = this.#options.connected(carrier)
    ws.onTooLarge = () => connection.tooLarge()
    carrier.onTooSlow = () => connection.tooSlow()
    ws.on('message', (data, isBinary) => connection.receive(asBuffer(data), isBinary))
    ws.on('close', () => connection.disconnected())
    // What is wrong with the WebSocket itself closes it; there is nobody left to tell.
    ws.on('error', () => undefined)
  }
}

class WebSocketCarrier implements Carrier {
  readonly address: string
  readonly secure: boolean
  readonly #ws: WebSocket
  readonly #socket: Duplex
  readonly #options: WebSocketOptions
  onTooSlow: (() => void) | undefined
  #asked = 0

  constructor(ws: WebSocket, socket: Duplex, request: IncomingMessage, options: WebSocketOptions) {
    this.#ws = ws
    this.#socket = socket
    this.#options = options
    const { address, secure } = options.originOf(request)
    this.address = address
    this.secure = secure
  }

  send(text: string): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return
    corkThisTurn(this.#socket)
    this.#ws.send(text)
    if (this.#ws.bufferedAmount > maxUnreadBytes) this.#tooSlow()
  }

  ask(): Promise<boolean> {
    if (this.#ws.readyState !== WebSocket.OPEN) return Promise.resolve(false)
    this.#asked += 1
    const question = String(this.#asked)
    return new Promise((resolve) => {
      const answered = (data: Buffer): void => {
        if (data.toString() === question) settle(true)
      }
      const gone = (): void => settle(false)
      // While we do not read from it, its answer cannot be seen: its time begins anew.
      const tooLong = (): void => {
        if (this.#ws.isPaused) timer = this.#patience(tooLong)
        else settle(false)
      }
      let timer = this.#patience(tooLong)
      const settle = (answer: boolean): void => {
        clearTimeout(timer)
        this.#ws.off('pong', answered)
        this.#ws.off('close', gone)
        resolve(answer)
      }
      this.#ws.on('pong', answered)
      this.#ws.on('close', gone)
      this.#ws.ping(question)
    })
  }

  #patience(over: () => void): NodeJS.Timeout {
    return setTimeout(over, this.#options.answerSeconds * 1000).unref()
  }

  close(): void {
    this.#ws.close(1000)
    setTimeout(() => this.#ws.terminate(), closeGraceMs).unref()
  }

  pause(): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.pause()
  }

  resume(): void {
    if (this.#ws.isPaused) this.#ws.resume()
  }

  /** Ending the stream writes once more, so this is told once. */
  #tooSlow(): void {
    const tell = this.onTooSlow
    this.onTooSlow = undefined
    tell?.()
  }
}

interface Refusal {
  readonly status: string
  readonly text: string
}

function refusalOf(request: IncomingMessage): Refusal | undefined {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  if (!paths.has(path)) return { status: '404 Not Found', text: 'The WebSocket is at /xmpp-websocket.\n' }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  if (offered.includes('xmpp')) return undefined
  return { status: '400 Bad Request', text: 'Ask for the WebSocket subprotocol "xmpp" (RFC 7395).\n' }
}

function refuse(socket: Duplex, { status, text }: Refusal): void {
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${text.length}`,
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}

function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
