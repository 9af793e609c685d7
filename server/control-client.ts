// The other end of the control socket: asks the server that runs on a data directory.

import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Administration } from './administration.js'
import { withControlAddress } from './control-path.js'
import { parseAnswer, type ControlAnswer, type ControlRequest } from './control-protocol.js'
import { Failure } from './failure.js'
import { faultCode } from './fault.js'
import { LineError, readLine } from './line.js'

/** Room for the registrations of a large server. */
const longestAnswer = 1 << 28

/** Whether a server answers on the directory's control socket. */
export async function isServed(directory: string): Promise<boolean> {
  const socket = await connect(directory)
  socket?.destroy()
  return socket !== undefined
}

/** The administration of the server that runs on the directory. A Failure holds the sentence with which the server refused. */
export function remoteAdministration(directory: string): Administration {
  const run = async (request: ControlRequest): Promise<void> => {
    expectKind(await ask(directory, request), 'done')
  }
  return {
    users: {
      create: (jid, password) => run({ command: 'user add', jid, password }),
      setPassword: (jid, password) => run({ command: 'user passwd', jid, password }),
      remove: (jid) => run({ command: 'user remove', jid }),
      list: async () => expectKind(await ask(directory, { command: 'user list' }), 'users').users,
    },
    registrations: async (account) =>
      expectKind(await ask(directory, { command: 'push list', account }), 'registrations').registrations,
    pushTrace: async (account) => expectKind(await ask(directory, { command: 'push trace', account }), 'trace').entries,
    testPush: async (account) => expectKind(await ask(directory, { command: 'push test', account }), 'tests').tests,
  }
}

type AnswerOf<K extends ControlAnswer['kind']> = Extract<ControlAnswer, { readonly kind: K }>

function expectKind<K extends ControlAnswer['kind']>(answer: ControlAnswer, kind: K): AnswerOf<K> {
  if (isKind(answer, kind)) return answer
  throw new Failure(answer.kind === 'failed' ? answer.message : notUnderstood)
}

function isKind<K extends ControlAnswer['kind']>(answer: ControlAnswer, kind: K): answer is AnswerOf<K> {
  return answer.kind === kind
}

const notUnderstood = 'the server gave an answer that makes no sense: it may be of another version'

async function ask(directory: string, request: ControlRequest): Promise<ControlAnswer> {
  const socket = await connect(directory)
  if (socket === undefined) throw new Failure('the server has just stopped')
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    return parseAnswer(await readLine(socket, longestAnswer)) ?? { kind: 'failed', message: notUnderstood }
  } catch (reason) {
    throw reason instanceof LineError ? new Failure('the server stopped before it answered') : reason
  } finally {
    socket.destroy()
  }
}

/** Undefined when nobody listens there. */
async function connect(directory: string): Promise<Socket | undefined> {
  try {
    return await withControlAddress(directory, async (address) => {
      const socket = connectSocket(address)
      await once(socket, 'connect')
      return socket
    })
  } catch (reason) {
    if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(faultCode(reason) ?? '')) return undefined
    throw reason
  }
}
