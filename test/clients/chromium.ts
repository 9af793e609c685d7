// The browser of the tests: Debian's Chromium, without a window, and with no way out of this machine.

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** `CHROMIUM` names one that is elsewhere. */
const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser']
const executable = places.find((place) => place !== undefined && existsSync(place))

/** Whether there is one. Tests that need it are left out elsewhere. */
export const hasChromium = executable !== undefined

/** @throws Error where there is none */
export async function openChromium(): Promise<Browser> {
  if (executable === undefined) throw new Error('there is no Chromium: apt-get install chromium')
  return chromium.launch({ executablePath: executable, args: ['--disable-dev-shm-usage'] })
}

/** A browser profile of its own: storage, workers, nothing shared with others. Requests that leave this machine fail. */
export async function freshProfile(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB' })
  await context.route(
    ({ hostname }) => hostname !== 'localhost' && hostname !== '127.0.0.1',
    (route) => route.abort('internetdisconnected'),
  )
  return context
}
