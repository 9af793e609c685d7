// Somebody in front of Converse: what a person does and sees there.

import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { bundle } from './bundle.js'
import type { Known } from './red.js'
import { openStage, type Stage, type WatchedPage } from './stage.js'

/** The Converses, by their place on the site. */
export const converses = {
  'Converse 14': { folder: 'converse-14', file: 'converse.min.js', libsignal: false, subscribesBack: false },
  'Converse 12': { folder: 'converse-12', file: 'converse.min.esm.js', libsignal: true, subscribesBack: true },
} as const

export type ConverseName = keyof typeof converses

/** Red lines of Converse's own. */
export const known: readonly Known[] = [
  {
    line: /net::ERR_INTERNET_DISCONNECTED \(https:\/\/conversejs\.org\/(?:media\/logos|logo)\//,
    reason: 'the logos of its sponsors, which this browser cannot load',
  },
  { line: /^No JID to fetch user settings for/, reason: 'at logout it asks for the settings of nobody' },
]

/** Converse 12 wants libsignal as a global, and calls a function of it with `new`. */
const libsignal = `
import * as libsignal from '@privacyresearch/libsignal-protocol-typescript'
const { SignalProtocolAddress } = libsignal
const { fromString } = SignalProtocolAddress
SignalProtocolAddress.fromString = function (text) { return fromString(text) }
window.libsignal = libsignal
`

const page = ['test/clients/pages/converse']

/** A server, and a site with these Converses. */
export async function openConverseStage(...names: readonly ConverseName[]): Promise<Stage> {
  const stage = await openStage({
    'converse-14': [...page, 'node_modules/converse.js/dist'],
    'converse-12': [...page, 'node_modules/converse-12/dist'],
  })
  if (names.some((name) => converses[name].libsignal))
    stage.site.add('/converse-12/libsignal.js', await bundle(libsignal))
  return stage
}

/** Juliet and Romeo, logged in: she has asked, he has taken it up, and each sees the other. */
export async function openFriends(
  stage: Stage,
  hers: ConverseName,
  his: ConverseName,
): Promise<readonly [Person, Person]> {
  const [juliet, romeo] = await Promise.all([
    Person.arrives(stage, 'juliet', hers),
    Person.arrives(stage, 'romeo', his),
  ])
  await juliet.does('adds', romeo.jid)
  await romeo.acceptsTheRequestOf(juliet)
  await juliet.seesOnline(romeo)
  await romeo.seesOnline(juliet)
  await juliet.does('opens', romeo.jid)
  await romeo.does('opens', juliet.jid)
  return [juliet, romeo]
}

export class Person {
  readonly jid: string
  readonly page: Page
  readonly sent: readonly string[]
  readonly wire: readonly string[]
  readonly #name: string
  readonly #converse: ConverseName

  constructor(name: string, converse: ConverseName, { page, sent, wire }: WatchedPage) {
    this.#name = name
    this.#converse = converse
    this.jid = `${name}@localhost`
    this.page = page
    this.sent = sent
    this.wire = wire
  }

  /** Opens the page, and logs in by its form. */
  static async arrives(stage: Stage, name: string, converse: ConverseName): Promise<Person> {
    const { folder, file, libsignal } = converses[converse]
    const query = new URLSearchParams({ service: stage.service, file, ...(libsignal && { libsignal: 'yes' }) })
    const person = new Person(name, converse, await stage.page(`/${folder}/index.html?${query.toString()}`, known))
    await person.logsIn()
    return person
  }

  /** Until everything that Converse does of its own at a login is done. */
  async logsIn(): Promise<void> {
    await this.fillsTheForm()
    for (const event of ['rosterContactsFetched', 'bookmarksInitialized', 'OMEMOInitialized'])
      await this.until(`person.happened('${event}')`)
  }

  async fillsTheForm(): Promise<void> {
    const form = this.page.locator('converse-login-form, #converse-login')
    await form.locator('input[name=jid]').fill(this.jid)
    await form.locator('input[name=password]').fill(this.#name)
    await form.locator('input[name=password]').press('Enter')
  }

  async logsOut(): Promise<void> {
    await this.does('leaves')
    await this.page.locator('input[name=password]').waitFor()
  }

  /** Calls a function of `window.person`, and gives what it gives. */
  async does(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.page.evaluate(`person.${name}(${args.map((arg) => JSON.stringify(arg)).join()})`)
  }

  /** Waits for an expression of the page to be true. */
  async until(expression: string): Promise<void> {
    await this.page.waitForFunction(expression, undefined, { timeout: 30_000 })
  }

  /** Takes up the request for a subscription that the roster shows, and subscribes in turn, as the dialog of Converse 14 fails to. */
  async acceptsTheRequestOf({ jid }: Person): Promise<void> {
    // It stands in a menu that opens under the mouse.
    await this.page.locator('.accept-xmpp-request').dispatchEvent('click')
    await this.page.locator('converse-accept-contact-request-modal button[type=submit]').click()
    await this.until(`['from', 'both'].includes(person.subscription('${jid}'))`)
    if (!converses[this.#converse].subscribesBack) await this.does('subscribes', jid)
  }

  /** As a friend: the subscription goes both ways. */
  async seesOnline({ jid }: Person): Promise<void> {
    await this.until(`person.subscription('${jid}') === 'both' && person.presence('${jid}') === 'online'`)
  }

  async seesOffline({ jid }: Person): Promise<void> {
    await this.until(`person.presence('${jid}') === 'offline'`)
  }

  /** Writes into the open chat. */
  async says(text: string): Promise<void> {
    const field = this.page.locator('textarea.chat-textarea')
    await field.fill(text)
    await field.press('Enter')
  }

  /** Waits until the roster shows that something unread has come. */
  async isTold(): Promise<void> {
    await this.page.locator('.msgs-indicator').first().waitFor()
  }

  /** Waits until the open chat shows the text. */
  async sees(text: string): Promise<void> {
    await this.page.locator('.chat-msg__text', { hasText: text }).first().waitFor()
  }

  /** The texts that the open chat shows. */
  async texts(): Promise<readonly string[]> {
    return this.page.locator('.chat-msg__text').allInnerTexts()
  }

  /** Closes the lock of the open chat: what is said from now on is sealed by OMEMO. */
  async locks(): Promise<void> {
    await this.page.locator('.toggle-omemo').click()
  }
}

/** A picture of one point, in base64. */
export const picture = readFileSync('test/clients/pages/point.png').toString('base64')
