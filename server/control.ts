// The control socket of a running server: `user` and `push` commands, for whoever may enter the data directory.

import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { controlPath, withControlAddress } from './control-path.js'
import { parseRequest, type ControlAnswer, type ControlRequest } from './control-protocol.js'
import type { Administration } from './administration.js'
import { LineError, readLine } from './line.js'
import type { Log } from './log.js'
import { UserError } from './users.js'

/** A request is a JID and a password at most. */
const longestRequest = 65_536
const requestTimeout = 10_000

export interface Control {
  close(): Promise<void>
}

/**
 * Listens in the data directory. The caller holds the directory's lock: a socket that stands there already is a dead one.
 * Closing waits for the commands that run, and drops who has not asked yet.
 */
export async function openControl(directory: string, server: Administration, log: Log): Promise<Control> {
  await rm(controlPath(directory), { force: true })
  const connections = new Connections(server, log)
  const listener = createServer({ allowHalfOpen: true }, (socket) => connections.add(socket))
  await withControlAddress(directory, (address) => listen(listener, address))
  return {
    async close() {
      listener.close()
      await connections.close()
      await rm(controlPath(directory), { force: true })
    },
  }
}

function listen(listener: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject)
    // The socket is bound before listen() returns, so nothing else of this process is made under this umask.
    const before = process.umask(0o177)
    listener.listen(address, resolve)
    process.umask(before)
  })
}

class Connections {
  readonly #server: Administration
  readonly #log: Log
  readonly #asking = new Set<Socket>()
  readonly #running = new Set<Promise<void>>()

  constructor(server: Administration, log: Log) {
    this.#server = server
    this.#log = log
  }

  add(socket: Socket): void {
    socket.setTimeout(requestTimeout, () => socket.destroy())
    // A peer that is gone gets no answer; there is nobody else to tell.
    socket.on('error', () => undefined)
    this.#asking.add(socket)
    const served = this.#serve(socket).finally(() => this.#running.delete(served))
    this.#running.add(served)
  }

  async close(): Promise<void> {
    for (const socket of this.#asking) socket.destroy()
    await Promise.allSettled(this.#running)
  }

  async #serve(socket: Socket): Promise<void> {
    const answer = await this.#answer(socket)
    if (!socket.destroyed) await new Promise<void>((resolve) => socket.end(`${JSON.stringify(answer)}\n`, resolve))
    socket.destroy()
  }

  async #answer(socket: Socket): Promise<ControlAnswer> {
    try {
      const request = await this.#request(socket)
      return request === undefined ? failed(unknownRequest) : await perform(request, this.#server)
    } catch (reason) {
      if (reason instanceof UserError || reason instanceof LineError) return failed(reason.message)
      this.#log.error('a command on the control socket failed', {}, reason)
      return failed('the server could not do it: its log says why')
    }
  }

  async #request(socket: Socket): Promise<ControlRequest | undefined> {
    try {
      return parseRequest(await readLine(socket, longestRequest))
    } finally {
      this.#asking.delete(socket)
      // Only the question has to come soon: the answer takes as long as the work does.
      socket.setTimeout(0)
    }
  }
}

const unknownRequest = 'the server does not know this request: it may be of another version'

async function perform(request: ControlRequest, server: Administration): Promise<ControlAnswer> {
  switch (request.command) {
    case 'user add':
      await server.users.create(request.jid, request.password)
      return { kind: 'done' }
    case 'user passwd':
      await server.users.setPassword(request.jid, request.password)
      return { kind: 'done' }
    case 'user remove':
      await server.users.remove(request.jid)
      return { kind: 'done' }
    case 'user list':
      return { kind: 'users', users: await server.users.list() }
    case 'push list':
      return { kind: 'registrations', registrations: await server.registrations(request.account) }
    case 'push trace':
      return { kind: 'trace', entries: await server.pushTrace(request.account) }
    case 'push test':
      return { kind: 'tests', tests: await server.testPush(request.account) }
  }
}

function failed(message: string): ControlAnswer {
  return { kind: 'failed', message }
}
