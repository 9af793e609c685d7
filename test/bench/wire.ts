// The load's side of a WebSocket (RFC 6455), as cheap as it can be: frames are masked once and written many times, and what
// comes back is only counted. So the server is what a measurement waits for, and not the one who measures.

import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const headEnd = '\r\n\r\n'
const textOpcode = 1
const pingOpcode = 9
const pongOpcode = 10
/** Any mask does; a mask of zeros would spare the server the unmasking. */
const mask = Buffer.from([0x5e, 0xa1, 0x90, 0x57])

/** A text frame as a client has to write it, ready for the socket. */
export function clientFrame(text: string): Buffer {
  return masked(textOpcode, Buffer.from(text, 'utf8'))
}

function masked(opcode: number, payload: Buffer): Buffer {
  const head = headFor(opcode, payload.length)
  const body = Buffer.from(payload)
  for (let at = 0; at < body.length; at += 1) body[at] = (body[at] ?? 0) ^ (mask[at % 4] ?? 0)
  return Buffer.concat([head, mask, body])
}

function headFor(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, 0x80 | length])
  if (length > 0xffff) throw new Error('the load sends no frame of more than 64 KiB')
  return Buffer.from([0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff])
}

export class Wire {
  readonly #socket: Socket
  /** The beginning of a frame whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0)
  #unread: string[] = []
  #waiting: ((text: string) => void) | undefined
  #counting: ((frames: number) => void) | undefined

  /** @throws Error when nobody answers there as a WebSocket */
  static async connect(url: string): Promise<Wire> {
    const { hostname, port, pathname, search } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.write(
      [
        `GET ${pathname}${search} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        `Sec-WebSocket-Protocol: xmpp${headEnd}`,
      ].join('\r\n'),
    )
    return new Wire(socket, await upgraded(socket))
  }

  private constructor(socket: Socket, first: Buffer) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    // Whoever waits for an answer that never comes is told by the patience of main.ts.
    socket.on('error', () => undefined)
    if (first.length > 0) this.#received(first)
  }

  send(text: string): void {
    this.#socket.write(clientFrame(text))
  }

  /** A frame that was made before, so many times; together in one write, or writing would cost more than the server does. */
  write(frame: Buffer, times = 1): void {
    this.#socket.cork()
    for (let done = 0; done < times; done += 1) this.#socket.write(frame)
    this.#socket.uncork()
  }

  /** The next text frame that nobody has read. */
  next(): Promise<string> {
    const text = this.#unread.shift()
    if (text !== undefined) return Promise.resolve(text)
    return new Promise((resolve) => (this.#waiting = resolve))
  }

  /** From now on text frames are not kept but counted: `seen` is told how many came at once. */
  count(seen: (frames: number) => void): void {
    this.#counting = seen
    if (this.#unread.length > 0) seen(this.#unread.splice(0).length)
  }

  close(): void {
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    let texts = 0
    for (let end = endOfFrame(data, at); end !== undefined; end = endOfFrame(data, at)) {
      if (this.#frame(data, at, end)) texts += 1
      at = end
    }
    this.#rest = data.subarray(at)
    if (texts > 0) this.#counting?.(texts)
  }

  /** True for a text frame. */
  #frame(data: Buffer, start: number, end: number): boolean {
    const opcode = (data[start] ?? 0) & 0x0f
    if (opcode === pingOpcode) this.#socket.write(masked(pongOpcode, data.subarray(payloadStart(data, start), end)))
    if (opcode !== textOpcode) return false
    if (this.#counting === undefined) this.#keep(data.toString('utf8', payloadStart(data, start), end))
    return true
  }

  #keep(text: string): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#unread.push(text)
    else waiting(text)
  }
}

/** Resolves with what came after the answer to the upgrade. */
function upgraded(socket: Socket): Promise<Buffer> {
  let answer = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk])
      const end = answer.indexOf(headEnd)
      if (end === -1) return
      socket.off('data', hear)
      const head = answer.toString('latin1', 0, end)
      if (head.startsWith('HTTP/1.1 101')) resolve(answer.subarray(end + headEnd.length))
      else reject(new Error(`no WebSocket: ${head.split('\r\n', 1)[0] ?? ''}`))
    }
    socket.on('data', hear)
    socket.once('close', () => reject(new Error('no WebSocket: the connection was closed')))
  })
}

function payloadStart(data: Buffer, start: number): number {
  const short = (data[start + 1] ?? 0) & 0x7f
  return start + (short < 126 ? 2 : short === 126 ? 4 : 10)
}

/** Undefined when not all of it is there. */
function endOfFrame(data: Buffer, start: number): number | undefined {
  if (data.length < start + 2) return undefined
  const from = payloadStart(data, start)
  if (data.length < from) return undefined
  const end = from + payloadLength(data, start)
  return data.length < end ? undefined : end
}

function payloadLength(data: Buffer, start: number): number {
  const short = (data[start + 1] ?? 0) & 0x7f
  if (short < 126) return short
  return short === 126 ? data.readUInt16BE(start + 2) : Number(data.readBigUInt64BE(start + 2))
}
