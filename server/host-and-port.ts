// A host and a port in one word, as a URL writes them (RFC 3986 §3.2.2: an IPv6 address stands in brackets).

export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
