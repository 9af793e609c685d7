// A web server for pages of the tests: folders under names, and single files that a test has made.

import { once } from 'node:events'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

export interface Site {
  /** `http://localhost:…`, which browsers hold for a secure context. */
  readonly url: string
  /** Serves this text at this path from now on. */
  add(path: string, text: string): void
  close(): Promise<void>
}

/** The first segment of a path, and the folders behind it: the first that has the file gives it. */
type Folders = Readonly<Record<string, readonly string[]>>

export async function openSite(folders: Folders): Promise<Site> {
  const files = new Map<string, string>([['/favicon.ico', '']])
  const server = createServer((request, response) => serve(request, response, folders, files))
  server.listen(0, 'localhost')
  await once(server, 'listening')
  return {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}`,
    add: (path, text) => void files.set(path, text),
    close: () => closed(server),
  }
}

function serve(
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
  folders: Folders,
  files: ReadonlyMap<string, string>,
): void {
  const { pathname } = new URL(url, 'http://localhost')
  response.setHeader('content-type', types[extname(pathname)] ?? 'application/octet-stream')
  const text = files.get(pathname)
  if (text !== undefined) return void response.end(text)
  const file = fileOf(decodeURIComponent(pathname), folders)
  if (file === undefined) return void response.writeHead(404).end()
  createReadStream(file).pipe(response)
}

function fileOf(path: string, folders: Folders): string | undefined {
  const [, first = '', ...rest] = path.split('/')
  if (rest.includes('..')) return undefined
  const files = (folders[first] ?? []).map((folder) => join(resolve(folder), ...rest))
  return files.find((file) => existsSync(file) && statSync(file).isFile())
}

async function closed(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
