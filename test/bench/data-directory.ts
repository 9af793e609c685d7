// A data directory with accounts in it, made before the measured server starts; and whether its files are still as they were.

import { rmSync } from 'node:fs'
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '../../server/index.js'
import type { Account } from './client.js'
import { domain } from './client.js'

/** So many accounts are made at once: their keys are derived on several threads. */
const atOnce = 8

export interface DataDirectory {
  readonly path: string
  readonly accounts: readonly Account[]
  /** A config file for the server on it. */
  readonly config: string
  /** Size and time of the last change of every file. */
  state(): Promise<string>
}

export async function makeDataDirectory(accounts: number): Promise<DataDirectory> {
  const root = await mkdtemp(join(tmpdir(), 'sealpost-bench-'))
  // Also when the measurement is broken off.
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  const path = join(root, 'data')
  const config = join(root, 'sealpost.toml')
  await writeFile(config, configFor(path))
  return {
    path,
    config,
    accounts: await makeAccounts(path, accounts),
    state: () => stateOf(path),
  }
}

/** Messages for those who are away stay where they are for the whole measurement: their number must not end it, nor that of their pushes. */
function configFor(data: string): string {
  return `data = ${JSON.stringify(data)}\n[limits]\noffline_messages = 1000000\n[push]\nburst = 1000\nper_second = 1000\n`
}

async function makeAccounts(data: string, count: number): Promise<readonly Account[]> {
  const accounts = Array.from({ length: count }, (_, index) => ({ name: `user${index}`, password: `secret${index}` }))
  const server = await createServer({ domain, data })
  const waiting = [...accounts]
  const make = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      await server.users.create(`${next.name}@${domain}`, next.password)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, make))
  await server.stop()
  return accounts
}

async function stateOf(path: string): Promise<string> {
  const names = (await readdir(path)).sort()
  const states = names.map(async (name) => {
    const { size, mtimeNs } = await stat(join(path, name), { bigint: true })
    return `${name} ${size} ${mtimeNs}`
  })
  return (await Promise.all(states)).join('\n')
}
