// The types of texts in a configuration: domains, hosts, addresses, paths.

import { isIP } from 'node:net'
import { PrepareError, prepareDomain } from '../prepare.js'
import { problem, value, type Reading, type TextType } from './kinds.js'

/** A domain alone, prepared (RFC 7622 §3.2). */
export function parseDomain(raw: string): Reading<string> {
  if (/[@/]/.test(raw)) return problem(`expected a domain alone, not ${JSON.stringify(raw)}`)
  try {
    return value(prepareDomain(raw))
  } catch (reason) {
    if (!(reason instanceof PrepareError)) throw reason
    return problem(`${JSON.stringify(raw)} is no domain: ${reason.message}`)
  }
}

const label = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?'
const hostName = new RegExp(`^${label}(?:\\.${label})*\\.?$`, 'i')

/** What a server can listen on. An IPv6 address may stand in brackets, as in a URL. */
export const host: TextType<string> = {
  type: 'an IP address or a host name',
  check(raw) {
    const bare = raw.startsWith('[') && raw.endsWith(']') ? raw.slice(1, -1) : raw
    if (isIP(bare) !== 0) return bare
    return raw.length <= 255 && hostName.test(raw) ? raw : undefined
  },
}

export const webSocketUrl: TextType<string> = {
  type: 'a ws: or wss: URL',
  check(raw) {
    if (!URL.canParse(raw)) return undefined
    const { protocol, username, password, hash } = new URL(raw)
    const plain = username === '' && password === '' && hash === ''
    return plain && (protocol === 'ws:' || protocol === 'wss:') ? raw : undefined
  },
}

export const directory: TextType<string> = {
  type: 'the path of a directory, or ":memory:"',
  check: (raw) => (raw === '' || raw.includes('\0') ? undefined : raw),
}

export const filePath: TextType<string> = {
  type: 'the path of a file',
  check: (raw) => (raw === '' || raw.includes('\0') ? undefined : raw),
}

/** An absolute URI (RFC 3986 §4.3), without a space anywhere. */
export function isUri(text: string): boolean {
  return URL.canParse(text) && /^[a-z][a-z0-9+.-]*:\S+$/i.test(text)
}
