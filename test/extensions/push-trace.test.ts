// What the trace says of real messages: each decision, and what becomes of each push.

import { expect } from 'vitest'
import type { TraceEntry } from '../../extensions/push-trace/hooks.js'
import type { Clock } from '../../server/index.js'
import { itemOf, openSealed, freshKey } from '../helpers/sealed.js'
import { any, scenario, type ScenarioServer, type User, xml } from '../helpers/scenario.js'

const service = 'push.localhost'

const enable = (user: User, node = 'phone', jid = service) =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${jid}" node="${node}"/></iq>`)

const says = (user: User, to: string, body: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>${body}</body></message>`)

/** Of juliet's messages, once everything that goes on is done. */
async function told(server: ScenarioServer): Promise<readonly string[]> {
  await server.idle()
  const entries = await server.pushTrace('juliet@localhost')
  return entries.map(({ decision, why }) => `${decision}: ${why}`)
}

const sent = expect.stringMatching(/^pushed: sent \d\d:\d\d:\d\d, answered in \d+ ms$/) as string

class HeldClock implements Clock {
  #now = Date.UTC(2026, 0, 2, 12, 3, 4)

  now(): number {
    return this.#now
  }

  passes(milliseconds: number): void {
    this.#now += milliseconds
  }
}

scenario(
  'a push that its service took says when it was sent and how soon it was answered, and nothing of what it told',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'Art thou there?')
    await pushService.next()
    await server.idle()
    const entries = await server.pushTrace()
    expect(entries).toEqual([
      {
        account: juliet.account,
        service,
        node: 'phone',
        at: expect.any(Number),
        kind: 'message',
        decision: 'pushed',
        why: expect.stringMatching(/^sent /),
        attempts: 1,
        next: undefined,
      } satisfies TraceEntry,
    ])
    for (const secret of ['romeo', 'thou']) expect(JSON.stringify(entries)).not.toContain(secret)
  },
)

scenario(
  'a message that the own client takes is not pushed, and the trace says who has it',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    await says(romeo, juliet.account, 'Art thou there?')
    await juliet.next()
    expect(await told(server)).toEqual([`not pushed: its own client has it, as ${juliet.jid}`])
    expect(pushService.connected).toBe(true)
  },
)

scenario(
  'a message that the own client did not answer for is pushed after all',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.sends(xml`<presence/>`)
    await juliet.next()
    juliet.vanishes()
    await says(romeo, juliet.account, 'Art thou there?')
    await pushService.next()
    expect(await told(server)).toEqual([sent])
  },
)

scenario('each registration has its own entry', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet, 'phone')
  const tablet = await juliet.also('tablet')
  await enable(tablet, 'tablet')
  await juliet.leaves()
  await tablet.sends(xml`<presence/>`)
  await tablet.next()
  await says(romeo, juliet.account, 'Art thou there?')
  await pushService.next()
  await tablet.next()
  await server.idle()
  const entries = await server.pushTrace(juliet.account)
  expect(entries.map(({ node, decision }) => `${String(node)} ${decision}`).sort()).toEqual([
    'phone pushed',
    'tablet not pushed',
  ])
})

scenario(
  'of several that wait for a service only the newest does, and the others are merged into it',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await pushService.leaves()
    for (const body of ['one', 'two', 'three']) await says(romeo, juliet.account, body)
    const waits = 'waiting: its service is not connected'
    const merged = 'merged: a newer one took its place'
    expect(await told(server)).toEqual([merged, merged, waits])
    await pushService.arrives()
    await pushService.next()
    expect(await told(server)).toEqual([merged, merged, sent])
  },
)

scenario(
  'an attempt in vain says what the service answered, how often it was asked, and when it is asked again',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    pushService.answers({ error: 'service-unavailable', type: 'cancel' })
    const before = Date.now()
    await says(romeo, juliet.account, 'one')
    await pushService.next()
    await server.idle()
    const [entry] = await server.pushTrace()
    expect(entry).toMatchObject({ decision: 'waiting', why: 'service answered service-unavailable', attempts: 1 })
    expect(entry?.next).toBeGreaterThan(before)
  },
)

scenario('a service that nobody reaches says so', async ({ romeo, juliet, server }) => {
  await enable(juliet, 'phone', 'elsewhere.example')
  await juliet.leaves()
  await says(romeo, juliet.account, 'one')
  expect(await told(server)).toEqual(['waiting: service answered remote-server-not-found'])
})

scenario('what its service refuses has failed, with the reason', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  pushService.answers({ error: 'item-not-found', type: 'cancel' })
  await says(romeo, juliet.account, 'one')
  await pushService.next()
  expect(await told(server)).toEqual([expect.stringMatching(/^failed: .*item-not-found/)])
})

scenario('what a client has collected itself is dropped', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  await pushService.leaves()
  await says(romeo, juliet.account, 'one')
  await server.idle()
  await juliet.arrives()
  await juliet.sends(xml`<presence/>`)
  for (let count = 0; count < 2; count += 1) await juliet.next()
  expect(await told(server)).toEqual(['dropped: its client has collected the messages'])
})

scenario('a call that is over is dropped', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  await pushService.leaves()
  const call = (step: string) =>
    romeo.sends(xml`<message to="${juliet.account}" type="chat"><${step} xmlns="urn:xmpp:jingle-message:0" id="s1">
      <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></${step}></message>`)
  await call('propose')
  await server.idle()
  expect(await server.pushTrace()).toMatchObject([{ kind: 'call', decision: 'waiting' }])
  await call('retract')
  expect((await told(server))[0]).toBe('dropped: the call is over')
})

const held = new HeldClock()

scenario(
  'what waited for a registration that its client has ended is dropped, once that is certain',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    await pushService.leaves()
    await says(romeo, juliet.account, 'one')
    await server.idle()
    await juliet.arrives('other')
    await juliet.asks(xml`<iq type="set"><disable xmlns="urn:xmpp:push:0" jid="${service}"/></iq>`)
    held.passes(11_000)
    expect(await told(server)).toEqual(['dropped: not owed any more'])
  },
  { config: { clock: held } },
)

scenario('a removed account leaves no trace', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet)
  await juliet.leaves()
  await says(romeo, juliet.account, 'one')
  await pushService.next()
  await server.idle()
  expect(await server.pushTrace()).toHaveLength(1)
  await server.users.remove(juliet.account)
  // Its service hears that the account is gone.
  await pushService.next()
  expect(await server.pushTrace()).toEqual([])
})

const key = freshKey()

scenario(
  'a test notification is sealed and published as any other, and leaves no debt behind',
  async ({ juliet, pushService, server }) => {
    await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="phone">
      <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt></enable></iq>`)
    const tests = await server.testPush(juliet.account)
    expect(tests).toEqual([
      {
        account: juliet.account,
        service,
        node: 'phone',
        works: true,
        outcome: 'result',
        answeredInMs: expect.any(Number),
      },
    ])
    const publish = await pushService.receives(xml`
      <iq type="set" from="localhost" to="${service}" id="${any}">
        <pubsub xmlns="http://jabber.org/protocol/pubsub">
          <publish node="phone"><item id="${any}"><notification xmlns="urn:xmpp:push:0">
            <encrypted xmlns="tigase:push:encrypt:0" iv="${any}">${any}</encrypted>
          </notification></item></publish>
        </pubsub>
      </iq>`)
    const { encrypted, json } = openSealed(publish, key)
    expect(encrypted).toHaveLength(3000)
    expect(json).toEqual({ unread: 1, sender: 'localhost', type: 'chat', message: 'This is a test' })
    expect(await server.pushTrace()).toEqual([])
    expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'result' } }])
  },
)

scenario(
  'every active registration is tested, and those that are over are disabled by it',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, 'phone')
    await enable(juliet, 'over')
    await enable(juliet, 'far', 'elsewhere.example')
    pushService.answers((iq) =>
      itemOf(iq).parent?.attrs['node'] === 'over' ? { error: 'item-not-found', type: 'cancel' } : 'result',
    )
    const outcomes = async (): Promise<readonly string[]> =>
      (await server.testPush(juliet.account)).map(
        ({ node, works, outcome }) => `${String(node)} ${String(works)} ${outcome}`,
      )
    expect(await outcomes()).toEqual([
      'phone true result',
      'over false item-not-found',
      'far false remote-server-not-found',
    ])
    await pushService.next()
    await pushService.next()
    expect(await server.registrations()).toMatchObject([
      { node: 'phone', state: 'active' },
      { node: 'over', state: 'disabled', reason: 'item-not-found' },
      { node: 'far', state: 'active' },
    ])
    expect(await outcomes()).toEqual(['phone true result', 'far false remote-server-not-found'])
    await pushService.next()
  },
)

scenario(
  'an account without registrations has nothing to be tested',
  async ({ juliet, romeo, pushService, server }) => {
    await enable(romeo)
    expect(await server.testPush(juliet.account)).toEqual([])
    expect(pushService.connected).toBe(true)
  },
)
