// A server with people, a web server with the clients, and a browser; at the end nothing red, and no warning in the log.

import type { Browser, Page, WebSocket } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../../server/index.js'
import { RecordedLog } from '../helpers/log.js'
import { freshProfile, openChromium } from './chromium.js'
import { Red, type Known } from './red.js'
import { openSite, type Site } from './site.js'

export interface Stage {
  readonly server: Server
  readonly log: RecordedLog
  readonly site: Site
  /** The server's WebSocket, at `localhost`: where a browser holds a page for secure. */
  readonly service: string
  /** A page in a profile of its own, whose console is watched. @param known what of it is the client's own */
  page(path: string, known?: readonly Known[]): Promise<WatchedPage>
  /** @throws AssertionError for each red line of a console, and each warning of the server */
  expectNothingRed(): void
}

export interface WatchedPage {
  readonly page: Page
  /** What it has sent over WebSockets. */
  readonly sent: readonly string[]
  /** The same with what it has received, each line with its direction. */
  readonly wire: readonly string[]
}

/** Accounts: juliet and romeo at localhost, with their names for passwords. */
export async function openStage(
  folders: Readonly<Record<string, readonly string[]>>,
  options: ServerOptions = {},
): Promise<Stage> {
  const log = new RecordedLog()
  const server = await createServer({ domain: 'localhost', port: 0, data: ':memory:', log, ...options })
  onTestFinished(() => server.stop())
  await server.start()
  for (const name of ['juliet', 'romeo']) await server.users.create(`${name}@localhost`, name)
  const site = await openSite(folders)
  onTestFinished(() => site.close())
  const pages = new Pages(site)
  return {
    server,
    log,
    site,
    service: server.url.replace('127.0.0.1', 'localhost'),
    page: (path, known = []) => pages.open(path, known),
    expectNothingRed: () => expect([...pages.red(), ...log.problems()]).toEqual([]),
  }
}

class Pages {
  readonly #site: Site
  readonly #red: Red[] = []
  #browser: Promise<Browser> | undefined

  constructor(site: Site) {
    this.#site = site
  }

  async open(path: string, known: readonly Known[]): Promise<WatchedPage> {
    this.#browser ??= started()
    const profile = await freshProfile(await this.#browser)
    const page = await profile.newPage()
    this.#red.push(new Red(page, known))
    const wire = watchedWire(page)
    await page.goto(`${this.#site.url}${path}`)
    return { page, ...wire }
  }

  red(): readonly string[] {
    return this.#red.flatMap(({ lines }) => lines)
  }
}

async function started(): Promise<Browser> {
  const browser = await openChromium()
  onTestFinished(() => browser.close())
  return browser
}

function watchedWire(page: Page): Pick<WatchedPage, 'sent' | 'wire'> {
  const sent: string[] = []
  const wire: string[] = []
  page.on('websocket', (socket: WebSocket) => {
    socket.on('framesent', ({ payload }) => {
      sent.push(String(payload))
      wire.push(`→ ${String(payload)}`)
    })
    socket.on('framereceived', ({ payload }) => wire.push(`← ${String(payload)}`))
  })
  return { sent, wire }
}
