// What the operating system refused, in words for a person.

import { hostAndPort } from './host-and-port.js'

const sentences: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the address is in use already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EEXIST: 'it exists already',
  EISDIR: 'it is a directory',
  ENOENT: 'no such file or directory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'it is not a directory',
  ENOTFOUND: 'no such host',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
}

/** The error code of a fault of the operating system, or undefined. */
export function faultCode(reason: unknown): string | undefined {
  if (!(reason instanceof Error) || !('code' in reason)) return undefined
  return typeof reason.code === 'string' ? reason.code : undefined
}

/** One line, without a stack. */
export function describeFault(reason: unknown): string {
  const sentence = sentences[faultCode(reason) ?? ''] ?? firstLine(reason)
  const place = listeningAt(reason)
  return place === undefined ? sentence : `cannot listen on ${place}: ${sentence}`
}

function firstLine(reason: unknown): string {
  const message = reason instanceof Error ? reason.message : String(reason)
  return message.split('\n', 1)[0] ?? ''
}

/** Node tells with the fault where it was about to listen. */
function listeningAt(reason: unknown): string | undefined {
  if (!(reason instanceof Error) || !('syscall' in reason)) return undefined
  if (reason.syscall === 'getaddrinfo' && 'hostname' in reason) return String(reason.hostname)
  if (reason.syscall !== 'listen' || !('address' in reason) || !('port' in reason)) return undefined
  return hostAndPort(String(reason.address), Number(reason.port))
}
