// What a session costs that does nothing: resident memory with and without a thousand of them, garbage collected.

import { comeOnline, logIn } from './client.js'
import type { DataDirectory } from './data-directory.js'
import { type Measured, startBareRelay, startSealpost } from './program.js'
import { Wire } from './wire.js'

export interface IdleFigures {
  /** KiB a session, and a connection. */
  readonly sealpost: number
  readonly bare: number
}

export async function measureIdle(data: DataDirectory, sessions: number): Promise<IdleFigures> {
  const sealpost = await startSealpost(['--config', data.config])
  const bare = await startBareRelay()
  const session = async (index: number): Promise<Wire> => {
    const account = data.accounts[index % data.accounts.length]
    if (account === undefined) throw new Error('there are too few accounts')
    const wire = await logIn(sealpost.url, account, 'SCRAM-SHA-1', `desk${index}`)
    await comeOnline(wire)
    return wire
  }
  const connection = (index: number): Promise<Wire> => Wire.connect(`${bare.url}?from=${index}&to=${index}`)
  const figures = {
    sealpost: await kibEach(sealpost, session, sessions),
    bare: await kibEach(bare, connection, sessions),
  }
  await Promise.all([sealpost.stop(), bare.stop()])
  return figures
}

async function kibEach(program: Measured, connect: (index: number) => Promise<Wire>, count: number): Promise<number> {
  // The first ones bring the compiled code and the caches, which is nothing that a session costs.
  for (let index = 0; index < count / 5; index += 1) (await connect(index)).close()
  const before = await program.residentKib()
  const wires: Wire[] = []
  for (let index = 0; index < count; index += 1) wires.push(await connect(index))
  const after = await program.residentKib()
  for (const wire of wires) wire.close()
  return (after - before) / count
}
