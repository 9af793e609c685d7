// Where the control socket is: in the data directory, however long that directory's path is.

import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const socketName = 'control.sock'

/** The address of a Unix socket takes 108 bytes on Linux, 104 on BSD and macOS, with the byte that ends it. */
const longestAddress = 103

/** The path of the socket, for everything but binding and connecting. */
export function controlPath(directory: string): string {
  return join(resolve(directory), socketName)
}

/**
 * Runs `use` with an address for the socket that is short enough. Where the path is too long, the address leads through a symbolic
 * link in a private temporary directory; it is needed only while binding or connecting, the socket itself stands in the directory.
 */
export async function withControlAddress<T>(directory: string, use: (address: string) => Promise<T>): Promise<T> {
  const path = controlPath(directory)
  if (Buffer.byteLength(path) <= longestAddress) return use(path)
  const shortcut = await mkdtemp(join(tmpdir(), 'sealpost-'))
  try {
    await symlink(resolve(directory), join(shortcut, 'd'))
    return await use(join(shortcut, 'd', socketName))
  } finally {
    await rm(shortcut, { recursive: true, force: true })
  }
}
