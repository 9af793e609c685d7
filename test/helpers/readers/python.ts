// A reader of another world: Python's `cryptography`. One process reads a whole batch.

import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Reader, Sealed } from './sealed.js'

const script = fileURLToPath(new URL('read.py', import.meta.url))

/** The system's own comes second: it is the one for which a package manager installs modules. */
const candidates = ['python3', '/usr/bin/python3'] as const

function canRead(python: string): boolean {
  return spawnSync(python, ['-c', 'from cryptography.hazmat.primitives.ciphers.aead import AESGCM']).status === 0
}

/** A Python that has what the reader needs; undefined where there is none. */
export function findPython(): string | undefined {
  return candidates.find(canRead)
}

export const pythonReader = (python: string): Reader => ({
  name: 'Python’s cryptography',
  read: (sealed) => readWith(python, sealed),
})

async function readWith(python: string, sealed: readonly Sealed[]): Promise<readonly unknown[]> {
  const child = spawn(python, [script], { stdio: 'pipe' })
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  // One that gives up early closes its end; what it has to say about that comes on stderr.
  child.stdin.on('error', () => undefined).end(JSON.stringify(sealed))
  const [status, said, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  if (status !== 0) throw new Error(`Python could not read it: ${complaint}`)
  return JSON.parse(said) as readonly unknown[]
}
