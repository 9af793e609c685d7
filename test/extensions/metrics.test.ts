// /metrics: who may read it, in which form, and that it counts what has happened.

import { request } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exposition } from '../../extensions/metrics/exposition.js'
import type { Metric } from '../../extensions/metrics/hooks.js'
import { defineExtension } from '../../server/extension.js'
import { scenario, type ScenarioServer, type User, xml } from '../helpers/scenario.js'

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly body: string
}

/** Asks over a connection of its own, which is over with the answer. */
function asked(
  server: ScenarioServer,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const url = new URL('/metrics', server.url.replace(/^ws/, 'http'))
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The samples by their name and labels. */
async function samples(server: ScenarioServer): Promise<ReadonlyMap<string, number>> {
  const { body } = await asked(server)
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

const enable = (user: User, node = 'n1') =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="push.localhost" node="${node}"/></iq>`)

const says = (user: User, to: string, body: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>${body}</body></message>`)

/** A name, and labels whose values are quoted: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const line =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? (?:-?[0-9.]+(?:e[+-]?\d+)?|NaN|[+-]Inf)$/

scenario('/metrics speaks the text format of Prometheus, every family once and with its type', async ({ server }) => {
  const { status, type, body } = await asked(server)
  expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' })
  expect(body.endsWith('\n')).toBe(true)
  const lines = body.trimEnd().split('\n')
  const typed = lines.flatMap((one) => /^# TYPE (\S+) (?:counter|gauge)$/.exec(one)?.[1] ?? [])
  expect(typed.length).toBeGreaterThan(15)
  expect(new Set(typed).size).toBe(typed.length)
  for (const one of lines.filter((text) => !text.startsWith('#'))) {
    expect(one).toMatch(line)
    expect(typed).toContain(/^[^ {]+/.exec(one)?.[0])
  }
})

scenario('who asks with HEAD gets the head, and with anything else nothing', async ({ server }) => {
  expect(await asked(server, 'HEAD')).toMatchObject({ status: 200, body: '' })
  expect(await asked(server, 'POST')).toMatchObject({ status: 405 })
  expect(await asked(server, 'DELETE')).toMatchObject({ status: 405 })
})

for (const header of ['Forwarded', 'X-Forwarded-For']) {
  scenario(`what a proxy passed on is not from this machine: ${header}`, async ({ server }) => {
    const { status, body } = await asked(server, 'GET', { [header]: 'for=127.0.0.1' })
    expect({ status, body }).toEqual({ status: 403, body: 'for the machine of the server alone\n' })
  })
}

scenario(
  'everybody who reaches the port may read it where that is configured',
  async ({ server }) => {
    expect(await asked(server, 'GET', { 'X-Forwarded-For': '192.0.2.1' })).toMatchObject({ status: 200 })
  },
  { config: { metrics: 'all' } },
)

scenario(
  'nobody may where it is switched off',
  async ({ server }) => {
    expect(await asked(server)).toMatchObject({ status: 404 })
  },
  { config: { metrics: 'off' } },
)

scenario('sessions and streams are counted, those that are over no more', async ({ romeo, juliet, server }) => {
  const before = await samples(server)
  expect(before.get('sealpost_sessions')).toBe(2)
  await juliet.leaves()
  await romeo.arrives('other')
  const after = await samples(server)
  expect(after.get('sealpost_sessions')).toBe(2)
  expect((after.get('sealpost_streams_opened_total') ?? 0) - (before.get('sealpost_streams_opened_total') ?? 0)).toBe(1)
})

scenario('a failed login is counted', async ({ server, raw }) => {
  expect((await samples(server)).get('sealpost_logins_failed_total')).toBe(0)
  const client = await raw()
  await expect(client.logsIn('juliet', 'wrong')).rejects.toThrow()
  expect((await samples(server)).get('sealpost_logins_failed_total')).toBe(1)
})

scenario('stanzas are counted by their kind, and what waits for a reader', async ({ romeo, juliet, server }) => {
  await juliet.leaves()
  const before = await samples(server)
  await says(romeo, juliet.account, 'one')
  await says(romeo, juliet.account, 'two')
  await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
  const after = await samples(server)
  const grown = (name: string): number => (after.get(name) ?? NaN) - (before.get(name) ?? NaN)
  expect(grown('sealpost_stanzas_routed_total{kind="message"}')).toBe(2)
  expect(grown('sealpost_stanzas_routed_total{kind="presence"}')).toBe(0)
  expect(grown('sealpost_stanzas_routed_total{kind="iq"}')).toBeGreaterThanOrEqual(1)
  expect(grown('sealpost_messages_stored_total')).toBe(2)
  expect(after.get('sealpost_messages_waiting')).toBe(2)
})

scenario(
  'pushes are counted by what was decided and what became of them, and registrations by their state',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, 'good')
    await enable(juliet, 'over')
    await juliet.leaves()
    pushService.answers((iq) =>
      iq.getChild('pubsub')?.getChild('publish')?.attrs['node'] === 'good'
        ? 'result'
        : { error: 'item-not-found', type: 'cancel' },
    )
    await says(romeo, juliet.account, 'one')
    await pushService.next()
    await pushService.next()
    await server.idle()
    const counted = await samples(server)
    expect(counted.get('sealpost_push_decisions_total{decision="push",kind="message"}')).toBe(2)
    expect(counted.get('sealpost_push_decisions_total{decision="no push",kind="message"}')).toBe(0)
    expect(counted.get('sealpost_push_outcomes_total{outcome="pushed"}')).toBe(1)
    expect(counted.get('sealpost_push_outcomes_total{outcome="failed"}')).toBe(1)
    expect(counted.get('sealpost_push_outcomes_total{outcome="waiting"}')).toBe(0)
    expect(counted.get('sealpost_push_registrations{state="active"}')).toBe(1)
    expect(counted.get('sealpost_push_registrations{state="disabled"}')).toBe(1)
    expect(counted.get('sealpost_components_connected')).toBe(1)
    expect(counted.get('sealpost_pushes_owed')).toBe(0)
    await pushService.leaves()
    await says(romeo, juliet.account, 'two')
    await server.idle()
    expect((await samples(server)).get('sealpost_pushes_owed')).toBe(1)
    expect((await samples(server)).get('sealpost_components_connected')).toBe(0)
  },
)

scenario('nobody is named in it', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet, 'juliets-phone')
  await juliet.leaves()
  await says(romeo, juliet.account, 'Art thou there?')
  await pushService.next()
  await server.idle()
  const { body } = await asked(server)
  for (const secret of ['juliet', 'romeo', 'thou', 'push.localhost']) expect(body).not.toContain(secret)
})

const own: Metric = { name: 'example_total', kind: 'counter', help: 'An example.', samples: [{ value: 7 }] }

scenario(
  'another extension adds what it counts',
  async ({ server }) => {
    expect((await samples(server)).get('example_total')).toBe(7)
  },
  { extensions: [defineExtension({ name: 'example', on: { 'metrics:collect': (metrics) => [...metrics, own] } })] },
)

scenario(
  'an extension that cannot count is the log’s, and no stranger’s',
  async ({ server, expectsLog }) => {
    expectsLog('a request over HTTP could not be answered')
    expect(await asked(server)).toMatchObject({ status: 500, body: 'internal server error\n' })
    expect(await asked(server)).toMatchObject({ status: 500 })
  },
  {
    extensions: [
      defineExtension({
        name: 'faulty',
        on: {
          'metrics:collect': () => {
            throw new Error('the secret of juliet')
          },
        },
      }),
    ],
  },
)

test('what would end a label or a line is escaped', () => {
  const awkward = 'a"b\\c\nd'
  const samples = [{ labels: { a: awkward, b: '' }, value: Infinity }]
  expect(exposition([{ name: 'x', kind: 'gauge', help: awkward, samples }])).toBe(
    '# HELP x a"b\\\\c\\nd\n# TYPE x gauge\nx{a="a\\"b\\\\c\\nd",b=""} +Inf\n',
  )
})

test('whatever a label holds stays between its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.double(), (value, help, number) => {
      const text = exposition([{ name: 'x', kind: 'gauge', help, samples: [{ labels: { a: value }, value: number }] }])
      const [first, second, third, ...rest] = text.split('\n')
      expect(first).toMatch(/^# HELP x /)
      expect(second).toBe('# TYPE x gauge')
      expect(third).toMatch(line)
      expect(rest).toEqual([''])
    }),
  )
})
