// What the outbox reads from its store: each debt about once, and for one service nothing of what another is owed.

import { expect, onTestFinished, test } from 'vitest'
import { extensionsOf } from '../../extensions/index.js'
import { configFromOptions } from '../../server/config.js'
import { type Context, defineExtension } from '../../server/extension.js'
import { Assembly } from '../../server/server.js'
import { reviveStanza } from '../../server/stanza.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import type { Storage } from '../../storage/storage.js'
import { RecordedLog } from '../helpers/log.js'
import { PushService, type ServiceAnswer } from '../helpers/push-service.js'
import { credentials, debt, juliet, message, registration, romeo } from '../storage/contract/samples.js'

const owedToTheSilent = 2000
const quick = 'push.localhost'
const silent = 'silent.localhost'

/** The storage, and how many debts it has listed. */
const counted = async (): Promise<{ readonly storage: Storage; readonly listed: () => number }> => {
  const storage = await openSqlite(':memory:')
  const { messages } = storage.stores
  let count = 0
  const due: typeof messages.due = async (...asked) => {
    const keys = await messages.due(...asked)
    count += keys.length
    return keys
  }
  return {
    storage: { ...storage, stores: { ...storage.stores, messages: { ...messages, due } } },
    listed: () => count,
  }
}

/** Gives a way to owe a push as the server does it, the outbox being told. */
const started = async (storage: Storage) => {
  const config = configFromOptions({
    domain: 'localhost',
    port: 0,
    data: ':memory:',
    components: { [quick]: 'secret', [silent]: 'secret' },
    componentPort: 0,
    push: { burst: 1000 },
  })
  let context: Context<'messages'> | undefined
  const owing = defineExtension({ name: 'owing', stores: ['messages'], start: (given) => void (context = given) })
  const log = new RecordedLog()
  const assembly = new Assembly({ config, storage, extensions: [...extensionsOf(config), owing], log, clock: Date })
  await assembly.start()
  const { componentAddress } = assembly
  if (componentAddress === undefined) throw new Error('the server takes no components')
  const serviceOf = async (jid: string): Promise<PushService> => {
    const service = new PushService(jid, 'secret', componentAddress)
    await service.arrives()
    return service
  }
  onTestFinished(async () => {
    await assembly.stop()
    expect(log.problems()).toEqual([])
  })
  const owe = async (id: string): Promise<void> => {
    if (context === undefined) throw new Error('the server has not started')
    const kept = said(id)
    const debts = (await context.stores.messages.keep(juliet, kept, [fresh('message', quick)], 10_000)) ?? []
    const stanza = reviveStanza(kept.xml)
    if (stanza.kind === 'iq') throw new Error('an iq is not kept')
    await context.hooks.notify('debts:kept', { account: juliet, stanza, debts })
  }
  return { serviceOf, owe }
}

const said = (id: string) =>
  message(id, {
    xml: `<message xmlns="jabber:client" from="${romeo}/x" to="${juliet}" type="chat"><body>hist</body></message>`,
  })

const fresh = (topic: string, service: string) => debt({ service, topic, at: Date.now(), expires: Date.now() + 1e6 })

test('what a silent service is owed costs the others nothing, and is read once when it speaks', async () => {
  const { storage, listed } = await counted()
  await storage.stores.accounts.create(juliet, credentials(1))
  for (const service of [quick, silent])
    await storage.stores.push.put(registration({ service, created: Date.now() }), 10)
  const calls = Array.from({ length: owedToTheSilent }, (_, index) => `call ${index}`)
  await Promise.all(calls.map((id) => storage.stores.messages.keep(juliet, said(id), [fresh(id, silent)], 10_000)))
  const { serviceOf, owe } = await started(storage)

  let speak: (answer: ServiceAnswer) => void = () => undefined
  const silence = new Promise<ServiceAnswer>((resolve) => (speak = resolve))
  const silentService = await serviceOf(silent)
  silentService.answers(() => silence)
  const quickService = await serviceOf(quick)
  // A service that comes is given one to begin with.
  await silentService.next()
  await owe('first')
  await quickService.next()

  const before = listed()
  for (let count = 0; count < 50; count += 1) {
    await owe(`message ${count}`)
    await quickService.next()
  }
  expect(listed()).toBe(before)

  speak('result')
  for (let count = 1; count < owedToTheSilent; count += 1) await silentService.next()
  // What is under way when more is read is listed once more.
  expect(listed()).toBeLessThan(3 * owedToTheSilent)
  for (const service of [silentService, quickService]) await service.leaves()
})
