// docs/clients.md, run: each client with a friend who answers, and a look at what it left behind.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { child, type Element } from '../../server/xml.js'
import { befriend } from '../helpers/friends.js'
import { User } from '../helpers/user.js'
import { xml } from '../helpers/xml.js'
import { bundle } from './bundle.js'
import { hasChromium } from './chromium.js'
import { codeOf, pageOfClients } from './page-of-clients.js'
import { runInNode } from './node-program.js'
import { openStage, type Stage, type WatchedPage } from './stage.js'

const strophes = { 'Strophe 5': 'strophe-5', 'Strophe 4': 'strophe-4', 'Strophe 3': 'strophe-3' } as const

interface Friends {
  readonly juliet: User
  readonly romeo: User
}

/** Juliet, who is to be the client, and Romeo, who is online and her friend. */
async function friendsOn({ server, service }: Stage): Promise<Friends> {
  const person = (username: string): User =>
    new User({
      url: service,
      domain: 'localhost',
      username,
      password: username,
      mechanism: 'PLAIN',
      settle: () => server.idle(),
      sends: () => undefined,
    })
  const [juliet, romeo] = [person('juliet'), person('romeo')]
  await befriend(juliet, romeo)
  await romeo.arrives()
  onTestFinished(() => romeo.leaves())
  await romeo.sends(xml`<presence/>`)
  return { juliet, romeo }
}

/** Answers the first message that has a text, as Romeo. Gives that text. */
async function answers(romeo: User): Promise<string> {
  for (;;) {
    const stanza = await romeo.next()
    const body = stanza.name === 'message' ? stanza.getChildText('body') : null
    if (body === null) continue
    const to = String(stanza.attrs['from'])
    await romeo.sends(xml`<message to="${to}" type="chat"><body>Neither, fair saint</body></message>`)
    return body
  }
}

async function nicknameOf(juliet: User): Promise<string> {
  await juliet.arrives('later')
  const items: Element = await juliet.asks(
    xml`<iq type="get"><pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="http://jabber.org/protocol/nick"/></pubsub></iq>`,
  )
  await juliet.leaves()
  const pubsub = child(items, 'pubsub', 'http://jabber.org/protocol/pubsub')
  return pubsub?.getChild('items')?.getChild('item')?.getChildText('nick') ?? ''
}

/** The versions in the page's table, by package. */
const versions = {
  '[Converse](https://conversejs.org)': ['converse.js', 'converse-12'],
  '[Strophe](https://github.com/strophe/strophejs)': ['strophe-5', 'strophe-4', 'strophe-3'],
  '[Stanza](https://github.com/legastero/stanza)': ['stanza'],
  '[xmpp.js](https://github.com/xmppjs/xmpp.js)': ['@xmpp/client'],
} as const

test('docs/clients.md names the versions that are tested', () => {
  const rows = [...pageOfClients.matchAll(/^\| (\[\S+\]\(\S+\)) +\| ([^|]*?) +\|/gm)]
  const installed = Object.entries(versions).map(([client, names]) => [client, names.map(versionOf).join(', ')])
  expect(rows.map(([, client, tested]) => [client, tested])).toEqual(installed)
})

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }
  return version
}

/** What every client does, whatever runs it. */
async function plays(stage: Stage, chat: (argument: unknown) => Promise<unknown>): Promise<void> {
  const { juliet, romeo } = await friendsOn(stage)
  const heard = answers(romeo)
  const result = await chat({ service: stage.service, jid: juliet.account, password: 'juliet', friend: romeo.account })
  expect(result).toEqual({ roster: [romeo.account], reply: 'Neither, fair saint' })
  expect(await heard).toBe('Art thou not Romeo?')
  expect(await nicknameOf(juliet)).toBe('Juliet')
  stage.expectNothingRed()
}

describe.runIf(hasChromium)('in Chromium', () => {
  const bundles = new Map<string, string>()
  const inChromium = [
    ...Object.entries(strophes).map(
      ([name, ours]) => [name, 'Strophe', { 'strophe.js': ours }, 'SCRAM-SHA-512'] as const,
    ),
    ['xmpp.js', 'xmpp.js', {}, 'PLAIN'] as const,
  ]

  beforeAll(async () => {
    for (const [name, heading, packages] of inChromium) bundles.set(name, await bundle(codeOf(heading, 'js'), packages))
  }, 120_000)
  afterAll(() => bundles.clear())

  test.each(inChromium)(
    '%s logs in, reads its roster, publishes, chats and leaves, as docs/clients.md has it',
    async (name, _heading, _packages, mechanism) => {
      const stage = await openStage({ pages: ['test/clients/pages'] })
      stage.site.add('/client.js', bundles.get(name) ?? '')
      const opened: WatchedPage = await stage.page('/pages/code.html?code=/client.js')
      await plays(stage, async (argument) => {
        await opened.page.waitForFunction('window.code')
        return opened.page.evaluate(`code.chat(${JSON.stringify(argument)})`)
      })
      expect(opened.sent.some((frame) => frame.includes(`mechanism="${mechanism}"`))).toBe(true)
      expect(opened.sent.at(-1)).toMatch(/^<close /)
    },
  )
})

describe('in Node', () => {
  test.each([
    ['Strophe 5', 'Strophe', { 'strophe.js': 'strophe-5' }],
    ['Stanza', 'Stanza', { stanza: 'stanza' }],
    ['xmpp.js', 'xmpp.js', { '@xmpp/client': '@xmpp/client', ws: 'ws' }],
  ] as const)(
    '%s logs in, reads its roster, publishes, chats and leaves, as docs/clients.md has it',
    async (name, heading, packages) => {
      const stage = await openStage({})
      const first = name === 'xmpp.js' ? codeOf(heading, 'js', 1) : undefined
      await plays(stage, async (argument) => {
        const { result, stderr } = await runInNode({ code: codeOf(heading, 'js'), first, packages }, argument)
        expect(stderr).toBe('')
        return result
      })
    },
  )
})
