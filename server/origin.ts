// Where a request really comes from, and whether anybody on its way could read it. A proxy's word counts only if it is trusted.

import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { TLSSocket } from 'node:tls'

export interface Origin {
  /** For delays and logs. Those behind a proxy that is not trusted have one address. */
  readonly address: string
  /** Nobody else reads what passes: TLS all the way, or this very machine. */
  readonly secure: boolean
  /** From this machine, and through no proxy. */
  readonly isLoopback: boolean
}

export type OriginOf = (request: IncomingMessage) => Origin

/** @param trusted IP addresses and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed */
export function originReader(trusted: readonly string[]): OriginOf {
  const proxies = blockListOf(trusted)
  const isTrusted = (address: string): boolean => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return (request) => {
    const peer = plainAddress(request.socket.remoteAddress ?? '')
    const isEncrypted = request.socket instanceof TLSSocket
    if (!cameThroughProxy(request)) {
      const here = isLoopbackAddress(peer)
      return { address: peer, secure: isEncrypted || here, isLoopback: here }
    }
    if (isIP(peer) === 0 || !isTrusted(peer)) return { address: peer, secure: isEncrypted, isLoopback: false }
    return { address: clientBehind(request, peer, isTrusted), secure: wasEncrypted(request), isLoopback: false }
  }
}

/** A text that names an IP address or a network. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const version = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, version)
    else list.addSubnet(address, Number(bits), version)
  }
  return list
}

function cameThroughProxy({ headers }: IncomingMessage): boolean {
  return headers['forwarded'] !== undefined || headers['x-forwarded-for'] !== undefined
}

/** The nearest that no trusted proxy wrote for another: whatever stands before it, anybody may have written. */
function clientBehind(request: IncomingMessage, peer: string, isTrusted: (address: string) => boolean): string {
  const hops = listOf(request, 'x-forwarded-for').map(plainAddress)
  const client = hops.findLast((hop) => isIP(hop) === 0 || !isTrusted(hop))
  return client !== undefined && isIP(client) !== 0 ? client : peer
}

/** What the nearest proxy says of the way to it. */
function wasEncrypted(request: IncomingMessage): boolean {
  const protocol = listOf(request, 'x-forwarded-proto').at(-1)
  return protocol === 'https' || protocol === 'wss'
}

function listOf({ headers }: IncomingMessage, name: string): readonly string[] {
  const value = headers[name] ?? ''
  return (typeof value === 'string' ? value : value.join(',')).split(',').map((part) => part.trim())
}

/** An IPv4 address that came over an IPv6 socket is an IPv4 address. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
