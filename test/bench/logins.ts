// Logins a second: connection, stream, authentication, stream, resource; then the connection is cut and the next one made.

import { type Account, type Mechanism, logIn } from './client.js'
import type { DataDirectory } from './data-directory.js'
import { median } from './figures.js'
import { startBareRelay, startSealpost } from './program.js'
import { Wire } from './wire.js'

/** So many clients log in at once. */
const atOnce = 16

export interface LoginFigures {
  readonly plain: number
  readonly scram: number
  /** Mere WebSocket connections to the bare relay. */
  readonly bareConnections: number
}

export interface LoginPlan {
  readonly seconds: number
  readonly rounds: number
}

export async function measureLogins(data: DataDirectory, { seconds, rounds }: LoginPlan): Promise<LoginFigures> {
  const sealpost = await startSealpost(['--config', data.config])
  const bare = await startBareRelay()
  const login = (mechanism: Mechanism) => (account: Account) => logIn(sealpost.url, account, mechanism, 'desk')
  const connection = ({ name }: Account): Promise<Wire> => Wire.connect(`${bare.url}?from=${name}&to=${name}`)
  const clients = data.accounts.slice(0, 100)
  // Once for every account: the load's own keys are ready then, and nobody measures its computation.
  for (const account of clients) (await login('SCRAM-SHA-1')(account)).close()
  const [plain, scram, bareConnections]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round += 1) {
    plain.push(await rateOf(login('PLAIN'), clients, seconds))
    scram.push(await rateOf(login('SCRAM-SHA-1'), clients, seconds))
    bareConnections.push(await rateOf(connection, clients, seconds))
  }
  await Promise.all([sealpost.stop(), bare.stop()])
  return { plain: median(plain), scram: median(scram), bareConnections: median(bareConnections) }
}

async function rateOf(
  connect: (account: Account) => Promise<Wire>,
  accounts: readonly Account[],
  seconds: number,
): Promise<number> {
  const start = performance.now()
  const until = start + seconds * 1000
  let done = 0
  const client = async (first: number): Promise<void> => {
    // Each client has accounts of its own, or one login would end another.
    for (
      let turn = first;
      performance.now() < until;
      turn = (turn + atOnce) % (accounts.length - (accounts.length % atOnce))
    ) {
      const account = accounts[turn]
      if (account === undefined) throw new Error('there are too few accounts')
      const wire = await connect(account)
      wire.close()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, (_, index) => client(index)))
  return (done / (performance.now() - start)) * 1000
}
