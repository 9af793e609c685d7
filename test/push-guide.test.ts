// docs/push.md and docs/spec-notes.md, tried: the app's code and the service's run against a server, the examples are what it sends.

import * as libsignal from '@privacyresearch/libsignal-protocol-typescript'
import * as xmppClient from '@xmpp/client'
import type { Client } from '@xmpp/client'
import * as xmppComponent from '@xmpp/component'
import { createCipheriv, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as notification from '../extensions/notification.js'
import { el, type Element, parse } from '../server/xml.js'
import { befriend } from './helpers/friends.js'
import { Browser } from './helpers/guide/browser.js'
import { createPhone } from './helpers/guide/phone.js'
import { sentencesIn } from './helpers/guide/sentences.js'
import { createOmemo03Device, OMEMO_03 } from './helpers/omemo/omemo-03.js'
import { announce, omemoMessage, recipientsOf } from './helpers/omemo/wire.js'
import { readLikeSiskin, SiskinError } from './helpers/readers/siskin.js'
import { any, scenario, type ScenarioServer, type User, xml } from './helpers/scenario.js'
import { openSealed } from './helpers/sealed.js'

const guide = readFileSync('docs/push.md', 'utf8')
const notes = readFileSync('docs/spec-notes.md', 'utf8')

/** The files of the guide: a name in backticks that ends a paragraph, and the code below it. */
const files = new Map(
  [...guide.matchAll(/`([a-z]+\.js)`:\n\n```js\n(.*?)^```$/gms)].map(([, name = '', code = '']) => [name, code]),
)

/** A block of a page, by the word beside its language. */
function block(page: string, language: string, name: string): string {
  const found = new RegExp(`^\`\`\`${language} ${name}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1]
  if (found === undefined) throw new Error(`there is no ${language} ${name}`)
  return found
}

/** An example of a publish, as something to compare with: what is random may be anything. */
function example(name: string): Element {
  const iq = parse(block(guide, 'xml', name).trim())
  return xml`${blanked(iq)}`
}

function blanked(element: Element): Element {
  for (const name of ['id', 'iv']) if (element.attrs[name] !== undefined) element.attrs[name] = any
  if (element.name === 'encrypted') element.children = [any]
  element.getChildElements().forEach(blanked)
  return element
}

const packages = {
  '@xmpp/client': xmppClient,
  '@xmpp/component': xmppComponent,
  '@privacyresearch/libsignal-protocol-typescript': libsignal,
  'sealpost/notification': notification,
}

describe('the code of the guide', () => {
  test('is a file each, and every file is run here', () => {
    expect(guide.match(/^```js/gm)).toHaveLength(files.size)
    const names = ['enable.js', 'incoming.js', 'kept.js', 'omemo.js', 'service.js', 'worker.js']
    expect([...files.keys()].sort()).toEqual(names)
  })

  scenario(
    'brings a reader from nothing to a text in a service worker, and an OMEMO text is read once and known again',
    async ({ romeo, juliet, server }) => {
      const app = await appOf(juliet.client, server, { omemoDevice: PHONE })
      const phone = await createPhone(PHONE, (ratchets) => app.keepRatchets(ratchets))
      await announce(juliet, phone)
      await juliet.leaves()

      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
      await app.pushed(1)
      expect(app.browser.notes[0]).toMatchObject({ title: romeo.account, body: 'Art thou there?' })

      const sender = await createOmemo03Device(romeo.account, 27183, 1)
      const texts = ['Neither, fair saint', 'With love’s light wings']
      const recipients = await recipientsOf(romeo, OMEMO_03, juliet.account)
      for (const [index, text] of texts.entries()) {
        await romeo.sends(omemoMessage(juliet.account, await sender.encrypt(text, recipients)))
        await app.pushed(2 + index)
      }
      expect(app.browser.notes.slice(1).map(({ body }) => body)).toEqual(texts)

      await juliet.arrives('phone')
      await juliet.sends(xml`<presence/>`)
      const handed = [await juliet.next(), await juliet.next(), await juliet.next(), await juliet.next()]
      const told = await Promise.all(
        handed.filter(({ name }) => name === 'message').map((message) => app.toldByPush(message, juliet.account)),
      )
      expect(told).toEqual([undefined, ...texts])
      await app.leaves()
    },
    { config: { components: { [SERVICE]: 'secret' }, componentPort: 0 }, resource: 'phone' },
  )

  scenario(
    'shows a note for a push that it cannot open, and asks again with the key that it has',
    async ({ romeo, juliet, server }) => {
      const app = await appOf(juliet.client, server, {})
      await app.browser.push(JSON.stringify({ iv: 'AAAAAAAAAAAAAAAA', encrypted: 'AAAA' }))
      expect(app.browser.notes).toEqual([{ title: 'New message', body: undefined, tag: undefined }])
      await app.enable(juliet.client)
      await juliet.leaves()
      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>yes</body></message>`)
      await app.pushed(2)
      expect(app.browser.notes[1]).toMatchObject({ body: 'yes' })
      await server.idle()
      await app.leaves()
    },
    { config: { components: { [SERVICE]: 'secret' }, componentPort: 0 } },
  )

  scenario(
    'hands on what a device needs, and how urgent it is; and is asked again where nobody took it',
    async ({ romeo, juliet, server, log }) => {
      const sent: unknown[] = []
      let isTaken = true
      const { startService } = new Browser(files, packages).load('service.js')
      const service = await started(startService as Loaded, server, {
        deviceOf: (node: string) => node,
        send: (device: string, json: string, { urgent }: { urgent: boolean }) => {
          sent.push([device, JSON.parse(json), urgent])
          return isTaken ? Promise.resolve() : Promise.reject(new Error('not just now'))
        },
      })
      const text = expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string
      await registers(juliet, encrypt())
      await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${SERVICE}" node="plain"/></iq>`)
      await juliet.leaves()
      await romeo.sends(proposal(juliet.account))
      await server.idle()
      isTaken = false
      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>yes</body></message>`)
      await server.idle()
      expect(sent).toEqual(
        expect.arrayContaining([
          [NODE, { iv: text, encrypted: text, type: 'voip' }, true],
          [NODE, { iv: text, encrypted: text }, false],
          ['plain', { count: 1 }, false],
          ['plain', { count: expect.any(Number) as number }, false],
        ]),
      )
      const refused = { state: 'active', lastResult: { outcome: 'recipient-unavailable' } }
      expect(await server.registrations(juliet.account)).toMatchObject([refused, refused])
      await server.users.remove(juliet.account)
      await server.idle()
      expect(log.lines.map(({ message }) => message)).not.toContain(
        'a push service may not know that an account is gone',
      )
      await service.stop()
    },
    { config: { components: { [SERVICE]: 'secret' }, componentPort: 0 } },
  )

  scenario(
    'ends the registration of a device that the service does not know',
    async ({ romeo, juliet, server }) => {
      const app = await appOf(juliet.client, server, {})
      app.isThere = false
      await juliet.leaves()
      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>yes</body></message>`)
      await server.idle()
      expect(await server.registrations(juliet.account)).toMatchObject([
        { state: 'disabled', reason: 'item-not-found', lastResult: { outcome: 'item-not-found' } },
      ])
      expect(app.browser.notes).toEqual([])
      await app.leaves()
    },
    { config: { components: { [SERVICE]: 'secret' }, componentPort: 0 } },
  )
})

const SERVICE = 'push.localhost'
const NODE = 'juliets-phone'
const PHONE = 31415

type Loaded = (...given: readonly unknown[]) => Promise<unknown>

interface App {
  readonly browser: Browser
  /** Whether the service knows the device. */
  isThere: boolean
  enable(client: Client): Promise<unknown>
  keepRatchets(ratchets: object): Promise<unknown>
  toldByPush(message: Element, account: string): Promise<unknown>
  /** Its push service ends. */
  leaves(): Promise<unknown>
  /** Waits until so many pushes have been dealt with by the worker, all in all. */
  pushed(count: number): Promise<void>
}

/** The guide's app in a browser, and its push service; registered for pushes. */
async function appOf(client: Client, server: ScenarioServer, { omemoDevice }: { omemoDevice?: number }): Promise<App> {
  const browser = new Browser(files, packages)
  const loaded = (file: string, name: string): Loaded => browser.load(file)[name] as Loaded
  const { kept } = browser.load('kept.js') as { kept: Readonly<Record<'keepRatchets', Loaded>> }
  browser.load('worker.js')
  const waits: { readonly count: number; readonly resolve: () => void }[] = []
  const send = async (_: unknown, json: string): Promise<void> => {
    await browser.push(json)
    waits.filter(({ count }) => browser.notes.length >= count).forEach(({ resolve }) => resolve())
  }
  const app: App = {
    browser,
    isThere: true,
    enable: (online) => loaded('enable.js', 'enablePush')(online, { service: SERVICE, node: NODE, omemoDevice }),
    keepRatchets: (ratchets) => kept.keepRatchets(ratchets),
    toldByPush: (message, account) => loaded('incoming.js', 'toldByPush')(message, account),
    leaves: () => service.stop(),
    pushed: (count) =>
      new Promise((resolve) => {
        if (browser.notes.length >= count) resolve()
        else waits.push({ count, resolve })
      }),
  }
  const service = await started(loaded('service.js', 'startService'), server, {
    deviceOf: (node: string) => (app.isThere && node === NODE ? {} : undefined),
    send,
  })
  await app.enable(client)
  return app
}

/** The guide's push service, connected to the server. */
async function started(start: Loaded, server: ScenarioServer, devices: object): Promise<xmppComponent.Component> {
  const { host = '', port = 0 } = server.componentAddress ?? {}
  const address = `xmpp://${host}:${String(port)}`
  const login = { address, domain: SERVICE, secret: 'secret', log: () => undefined }
  const service = (await start({ ...login, ...devices })) as xmppComponent.Component
  onTestFinished(() => void service.stop())
  return service
}

const key = 'MDEyMzQ1Njc4OWFiY2RlZg=='

async function registers(user: User, ...inside: readonly Element[]): Promise<void> {
  const enable = el('enable', { xmlns: 'urn:xmpp:push:0', jid: SERVICE, node: NODE }, ...inside)
  await user.asks(el('iq', { type: 'set' }, enable))
}

const proposal = (to: string): Element => xml`<message to="${to}" type="chat">
  <propose xmlns="urn:xmpp:jingle-message:0" id="call-1">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/>
  </propose></message>`

const encrypt = (): Element => el('encrypt', { xmlns: 'tigase:push:encrypt:0', alg: 'aes-128-gcm' }, key)

describe('what arrives at a push service', () => {
  scenario('not sealed, is the example', async ({ romeo, juliet, pushService }) => {
    await registers(juliet)
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
    await pushService.receives(example('plain'))
  })

  scenario('sealed, is the example, and of the length that the guide says', async ({ romeo, juliet, pushService }) => {
    await registers(juliet, encrypt())
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
    const { encrypted } = openSealed(await pushService.receives(example('sealed')), key)
    expect(encrypted).toHaveLength(3000)
  })

  scenario('for a call, with priority and publish-options, is the example', async ({ romeo, juliet, pushService }) => {
    const call = example('call')
    const options = call.getChild('pubsub')?.getChild('publish-options')?.getChild('x')
    if (options === undefined) throw new Error('the example has no options')
    await registers(juliet, encrypt(), el('priority', { xmlns: 'tigase:push:priority:0' }), options)
    await juliet.leaves()
    await romeo.sends(proposal(juliet.account))
    await pushService.receives(call)
  })

  scenario('when the account is removed, is the example', async ({ juliet, pushService, server }) => {
    await registers(juliet, encrypt())
    await juliet.leaves()
    await server.users.remove(juliet.account)
    await pushService.receives(example('removed'))
  })
})

/** Where the reasons are made up that the trace shows. */
const reasons = [
  ...['trigger', 'decide', 'owed', 'index', 'outcome', 'sender'].map((name) => `extensions/push/${name}.ts`),
  ...readdirSync('extensions/push-trace').map((name) => `extensions/push-trace/${name}`),
]

/** The lines of the trace that the guide explains: what stands first in a row. */
function explainedLines(): readonly string[] {
  const [, rest = ''] = guide.split('### What each line of the trace means\n')
  const [table = ''] = rest.split('\n## ')
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, line = '']) => line)
}

/** Without what is put in at its ends. */
const bare = (sentence: string): string => sentence.replace(/^…|…$/g, '')

test('every reason that the trace can show is explained to an operator, and every one explained can be shown', () => {
  const explained = explainedLines()
  const said = reasons.flatMap(sentencesIn).filter((sentence) => !/^(not pushed$|XEP-)/.test(sentence))
  expect(explained.length).toBeGreaterThan(30)
  expect(said.filter((sentence) => !explained.some((line) => line.includes(bare(sentence))))).toEqual([])
  expect(explained.filter((line) => !said.some((sentence) => line.includes(bare(sentence))))).toEqual([])
})

describe('what stands in docs/spec-notes.md', () => {
  scenario('what Siskin asks for is granted, each of it', async ({ romeo, juliet, pushService }) => {
    await befriend(romeo, juliet)
    await juliet.asks(parse(block(notes, 'xml', 'siskin').trim()))
    await juliet.leaves()
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
    const { json } = openSealed(await pushService.next(), key)
    expect(json).toMatchObject({ sender: romeo.account, message: 'Art thou there?' })
  })

  test.each([
    ['ordinary', undefined],
    ['voip', 'voip'],
  ] as const)(
    'the strict reader shows the %s example, and each change has the effect that the page says',
    (name, type) => {
      const whole = JSON.parse(block(notes, 'json', name)) as object
      const changes = changesAfter(name)
      expect(changes.length).toBeGreaterThan(5)
      expect(effectOf(JSON.stringify(whole), type)).toBe('shown')
      expect(changes.map(([change]) => [change, effectOf(merged(whole, change), type)])).toEqual(changes)
    },
  )
})

/** The rows of the table below an example: a change, and its effect. */
function changesAfter(name: string): readonly (readonly [change: string, effect: string])[] {
  const [, rest = ''] = notes.split(`\`\`\`json ${name}\n`)
  const [, table = ''] = rest.split('\n\n')
  return [...table.matchAll(/^\| `(\{.*\})` +\| (\w+) +\|$/gm)].map(([, change = '', effect = '']) => [change, effect])
}

/** As text: half a character is none that JSON.stringify would write. */
function merged(whole: object, change: string): string {
  const names = Object.keys(JSON.parse(change) as object)
  const rest = Object.entries(whole).filter(([name]) => !names.includes(name))
  return `{${JSON.stringify(Object.fromEntries(rest)).slice(1, -1)},${change.slice(1, -1)}}`
}

function effectOf(json: string, type: string | undefined): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-128-gcm', Buffer.from(key, 'base64'), iv)
  const encrypted = Buffer.concat([cipher.update(json), cipher.final(), cipher.getAuthTag()]).toString('base64')
  try {
    readLikeSiskin({ key, iv: iv.toString('base64'), encrypted, type })
    return 'shown'
  } catch (reason) {
    if (reason instanceof SiskinError) return reason.effect
    throw reason
  }
}
