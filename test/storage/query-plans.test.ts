// What a push costs does not grow with what else is stored: every statement on its way finds its rows by an index.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Connection } from '../../storage/sqlite/connection.js'
import { FILE } from '../../storage/sqlite/database.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import type { Storage } from '../../storage/storage.js'
import { credentials, debt, juliet, message, registration, service } from './contract/samples.js'

/** The life of a push, by everything that is asked of the storage in it. */
const play = async ({ stores: { messages, push } }: Storage): Promise<void> => {
  for (const node of ['phone', 'tablet']) await push.put(registration({ node }), 10)
  await push.of(juliet)
  await push.find(juliet, service, 'phone')
  const debts = ['phone', 'tablet'].map((node) => debt({ node, topic: 't' }))
  const [first, second] = (await messages.keep(juliet, message('m1', { waiting: false }), debts, 10)) ?? []
  await messages.keep(juliet, message('m2'), debts, 10)
  await messages.services()
  await messages.due(service, { after: undefined, now: 1e15, count: 10, except: [juliet] })
  await messages.nextDue(service, 0)
  await messages.expired(1e15, 10)
  await messages.nextExpiry()
  await messages.lastDebt()
  await messages.debt(first?.id ?? 0)
  await messages.postpone(first?.id ?? 0, 2000)
  await push.answered(juliet, service, 'phone', 'result', 1)
  await messages.settle(second?.id ?? 0)
  await messages.withdraw(juliet, 't')
  await messages.collected(juliet, [{ service, node: 'phone' }], 100)
  await messages.waiting(juliet, 0, 10)
  await messages.remove(juliet, ['m1', 'm2'])
  await push.used(juliet, { resource: 'balcony', userAgent: undefined }, 1e15)
  await push.unused(1e14, 10)
  await push.disable(juliet, service, 'phone', 500, 'gone', 1)
  await push.remove(juliet, service, undefined)
}

const planOf = async (connection: Connection, sql: string): Promise<readonly string[]> =>
  (await connection.all<{ readonly detail: string }>(`explain query plan ${sql}`)).map(({ detail }) => detail)

test('no statement on the way of a push walks a table', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sealpost-plans-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const storage = await openSqlite(directory)
  await storage.stores.accounts.create(juliet, credentials(1))
  const run = vi.spyOn(Connection.prototype, 'run')
  const all = vi.spyOn(Connection.prototype, 'all')
  await play(storage)
  const statements = new Set([...run.mock.calls, ...all.mock.calls].map(([sql]) => sql.trim()))
  vi.restoreAllMocks()
  await storage.close()

  const connection = await Connection.open(join(directory, FILE))
  const asked = [...statements].filter((sql) => /^(select|with|insert|update|delete)/.test(sql))
  expect(asked.length).toBeGreaterThan(25)
  const walks: string[] = []
  for (const sql of asked) {
    const plan = await planOf(connection, sql)
    const walk = plan.filter((step) => /^SCAN (messages|debts|registrations|accounts)\b/.test(step))
    walks.push(...walk.map((step) => `${step}: ${sql}`))
  }
  await connection.close()
  expect(walks).toEqual([])
})
