// Registrations that nobody uses end: disabled when their client was not seen for long, removed when it does not come for as long again.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { pushAgeing } from '../../extensions/push-ageing.js'
import { type Context, defineExtension } from '../../server/extension.js'
import { createServer, type Server } from '../../server/index.js'
import { deriveCredentials } from '../../server/scram-keys.js'
import { attr, child, type Element } from '../../server/xml.js'
import type { PushStore } from '../../storage/push.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { RawClient } from '../helpers/raw-client.js'
import { registration } from '../storage/contract/samples.js'
import { scenario, type ScenarioOptions, type ScenarioServer, type User, xml } from '../helpers/scenario.js'

const dayMs = 24 * 60 * 60 * 1000
const service = 'push.localhost'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

interface Calendar extends ScenarioOptions {
  /** Lets so many days pass, with the server's daily look at the end. */
  readonly days: (count: number, server: ScenarioServer) => Promise<void>
}

function calendar(push: { readonly unusedDays?: number } = { unusedDays: 30 }): Calendar {
  let now = Date.UTC(2026, 0, 1)
  return {
    config: { clock: { now: () => now }, push },
    days: async (count, server) => {
      now += count * dayMs
      vi.advanceTimersByTime(dayMs)
      await server.idle()
    },
  }
}

const enable = (user: User, node: string): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}"/></iq>`)

/** `node: state reason` of each registration. */
const states = async (server: ScenarioServer): Promise<readonly string[]> =>
  (await server.registrations()).map(({ node, state, reason }) =>
    [`${node ?? ''}:`, state, reason].filter((part) => part !== undefined).join(' '),
  )

/** For which reason each message that waits for a client tells it that a registration has ended; undefined for others. */
async function toldOnArrival(user: User, server: ScenarioServer): Promise<readonly (string | undefined)[]> {
  await user.arrives()
  await user.sends(xml`<presence/>`)
  await server.idle()
  await user.next()
  const told: (string | undefined)[] = []
  await user.sends(xml`<message to="${user.jid}" type="chat" id="marker"><no-store xmlns="urn:xmpp:hints"/></message>`)
  for (let stanza = await user.next(); attr(stanza, 'id') !== 'marker'; stanza = await user.next())
    told.push(child(stanza, 'registration', 'urn:sealpost:push:0')?.attrs['reason'] as string | undefined)
  return told
}

const unused = calendar()
scenario(
  'a registration whose client was not seen for long is disabled, makes no push, and its client is told when it comes',
  async ({ juliet, romeo, pushService, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    await unused.days(30, server)
    expect(await states(server)).toEqual(['n1: active'])
    await unused.days(1, server)
    expect(await states(server)).toEqual(['n1: disabled unused'])
    await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
    await server.idle()
    expect(pushService.connected).toBe(true)
    expect(await toldOnArrival(juliet, server)).toContain('unused')
    await enable(juliet, 'n1')
    expect(await states(server)).toEqual(['n1: active'])
  },
  unused,
)

const coming = calendar()
scenario(
  'coming online is use enough, and so is having been there until now',
  async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    await coming.days(20, server)
    await juliet.arrives()
    await server.idle()
    await coming.days(30, server)
    expect(await states(server)).toEqual(['n1: active'])
    await juliet.leaves()
    await coming.days(30, server)
    expect(await states(server)).toEqual(['n1: active'])
    await coming.days(1, server)
    expect(await states(server)).toEqual(['n1: disabled unused'])
  },
  coming,
)

const staying = calendar()
scenario(
  'a client that is connected all the time uses its registration, also without presence; another client of the account does not',
  async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    const desktop = await juliet.also('desktop')
    await enable(desktop, 'n2')
    await desktop.leaves()
    await staying.days(31, server)
    expect(await states(server)).toEqual(['n1: active', 'n2: disabled unused'])
    await staying.days(31, server)
    expect(await states(server)).toEqual(['n1: active'])
  },
  staying,
)

const going = calendar()
scenario(
  'one that is disabled is removed when its client does not come for as long again, and the log says so',
  async ({ juliet, server, log }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    await going.days(31, server)
    await going.days(30, server)
    expect(await states(server)).toEqual(['n1: disabled unused'])
    await going.days(1, server)
    expect(await states(server)).toEqual([])
    const lines = log.lines.filter(({ message }) => message.startsWith('a push registration was'))
    expect(lines.map(({ message }) => message)).toEqual([
      'a push registration was not used for long: disabled',
      'a push registration was disabled for long, and its client never came: removed',
    ])
  },
  going,
)

const staysDisabled = calendar()
scenario(
  'a disabled one stays as long as its client comes',
  async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    await staysDisabled.days(31, server)
    for (let count = 0; count < 3; count += 1) {
      await staysDisabled.days(25, server)
      await juliet.arrives()
      await juliet.leaves()
    }
    expect(await states(server)).toEqual(['n1: disabled unused'])
  },
  staysDisabled,
)

const never = calendar({ unusedDays: 0 })
scenario(
  'with push.unused_days = 0 nothing ends',
  async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    await never.days(36_500, server)
    expect(await states(server)).toEqual(['n1: active'])
  },
  never,
)

const renewed = calendar({ unusedDays: 0 })
let given: Context<'push'> | undefined
const watching = defineExtension({
  name: 'watching',
  requires: ['push'],
  stores: ['push'],
  start: (context) => void (given = context),
})
scenario(
  'one that is enabled anew at the moment of its removal stays',
  async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    if (given === undefined) throw new Error('the server has not started')
    const real = given.stores.push
    const [old] = await real.of(juliet.account)
    await real.disable(juliet.account, service, 'n1', old?.created ?? 0, 'unused', old?.created ?? 0)
    await renewed.days(31, server)
    const find: PushStore['find'] = async (...name) => {
      const found = await real.find(...name)
      if (found !== undefined) await real.put({ ...found, sealing: undefined, created: found.created + 1 }, 10)
      return found
    }
    const ageing = pushAgeing({ unusedDays: 30 })
    const context = { ...given, stores: { push: { ...real, find } } }
    await ageing.start?.(context as never)
    await server.idle()
    await ageing.stop?.(context as never)
    expect(await states(server)).toEqual(['n1: active'])
  },
  { ...renewed, extensions: [watching] },
)

const usual = calendar({})
scenario(
  'it is 180 days unless the operator says otherwise',
  async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    await usual.days(180, server)
    expect(await states(server)).toEqual(['n1: active'])
    await usual.days(1, server)
    expect(await states(server)).toEqual(['n1: disabled unused'])
  },
  usual,
)

/** A server that is stopped and started again, with a registration of juliet's balcony from its first day. */
async function restarting(): Promise<(day: number) => Promise<Server>> {
  const data = await mkdtemp(join(tmpdir(), 'sealpost-ageing-'))
  onTestFinished(() => rm(data, { recursive: true }))
  const storage = await openSqlite(data)
  await storage.stores.accounts.create('juliet@localhost', await deriveCredentials('r0m30'))
  await storage.stores.push.put(registration({ account: 'juliet@localhost', created: 0 }), 1)
  await storage.close()
  return async (day) => {
    const server = await createServer({ data, port: 0, clock: { now: () => day * dayMs } })
    await server.start()
    await server.idle()
    return server
  }
}

test('what nobody used while the server was down is looked at when it starts', async () => {
  const startOn = await restarting()
  const server = await startOn(181)
  onTestFinished(() => server.stop())
  expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason: 'unused' }])
})

test('whoever was there when the server stopped was there', async () => {
  const startOn = await restarting()
  const first = await startOn(100)
  const balcony = await RawClient.connect(first.url)
  await balcony.logsIn('juliet', 'r0m30', 'balcony')
  await first.idle()
  await first.stop()
  const second = await startOn(280)
  expect(await second.registrations()).toMatchObject([{ state: 'active' }])
  await second.stop()
  const third = await startOn(281)
  onTestFinished(() => third.stop())
  expect(await third.registrations()).toMatchObject([{ state: 'disabled' }])
})
