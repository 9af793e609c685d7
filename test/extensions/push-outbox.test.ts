// Contract §4.4: what waits in the outbox holds up nobody else, and does not come too often.

import { expect, onTestFinished } from 'vitest'
import { defineExtension } from '../../server/extension.js'
import type { Element } from '../../server/xml.js'
import { StorageError } from '../../storage/storage.js'
import { scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, itemOf, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()

const enable = (user: User, node = 'n1'): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt></enable></iq>`)

const says = (user: User, to: string, body: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>${body}</body></message>`)

const calls = (user: User, to: string, sid: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><propose xmlns="urn:xmpp:jingle-message:0" id="${sid}">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose><store xmlns="urn:xmpp:hints"/></message>`)

const told = (publish: Element): unknown => {
  const { message, unread } = openSealed(publish, key).json
  return [message, unread]
}

/** A clock that goes when it is told to. */
const heldClock = () => {
  let now = Date.now()
  return { now: () => now, goesOn: (milliseconds: number) => (now += milliseconds) }
}

const burstClock = heldClock()

scenario(
  'a flood is a burst of pushes, and then one, the newest, with the right count',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet)
    await juliet.leaves()
    const pushes: unknown[] = []
    for (const body of ['one', 'two']) {
      await says(romeo, juliet.account, body)
      pushes.push(told(await pushService.next()))
    }
    for (const body of ['three', 'four', 'five']) await says(romeo, juliet.account, body)
    await server.idle()
    burstClock.goesOn(1000)
    pushes.push(told(await pushService.next()))
    expect(pushes).toEqual([
      ['one', 1],
      ['two', 2],
      ['five', 5],
    ])
  },
  { config: { push: { burst: 2, perSecond: 1 }, clock: burstClock } },
)

const callClock = heldClock()

scenario(
  'no limit holds a call, nor what another registration is owed',
  async ({ romeo, juliet, nurse, pushService, server }) => {
    await enable(juliet)
    await enable(nurse)
    await juliet.leaves()
    await nurse.leaves()
    await says(romeo, juliet.account, 'one')
    await pushService.next()
    await says(romeo, juliet.account, 'two')
    await server.idle()
    const next = async (): Promise<unknown> => openSealed(await pushService.next(), key).json['message']
    await calls(romeo, juliet.account, 's1')
    expect(await next()).toBe('Incoming call')
    await calls(romeo, juliet.account, 's2')
    expect(await next()).toBe('Incoming call')
    await says(romeo, nurse.account, 'Good morrow')
    expect(await next()).toBe('Good morrow')
  },
  { config: { push: { burst: 1, perSecond: 1 }, clock: callClock } },
)

scenario(
  'a client that enables again while its push is refused stays enabled, and gets its push',
  async ({ romeo, juliet, pushService, server }) => {
    let refuse: (given: { readonly error: 'gone' }) => void = () => undefined
    pushService.answers(() => new Promise((resolve) => (refuse = resolve)))
    await enable(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'one')
    const first = itemOf(await pushService.next()).attrs['id']
    await juliet.arrives()
    await enable(juliet)
    pushService.answers('result')
    refuse({ error: 'gone' })
    expect(itemOf(await pushService.next()).attrs['id']).toBe(first)
    await server.idle()
    expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'result' } }])
  },
)

const whatIsWrong = new Map<string, Error>([
  ['poison', new RangeError('poison is not to be said')],
  ['busy', new StorageError('busy', 'somebody else holds it')],
])

/** Fails for what begins with a word above. */
const faulty = defineExtension({
  name: 'faulty',
  requires: ['push'],
  on: {
    'push:describe': (summary) => {
      const reason = whatIsWrong.get(summary.message.split(' ')[0] ?? '')
      if (reason !== undefined) throw reason
      return summary
    },
  },
})

scenario(
  'what can never be sent is dropped with a line in the log that does not quote it, and what comes after goes out',
  async ({ romeo, juliet, pushService, server, log, expectsLog }) => {
    expectsLog('a push can never be sent: dropped')
    await enable(juliet)
    await juliet.leaves()
    await says(romeo, juliet.account, 'poison')
    await server.idle()
    const [line] = log.lines.filter(({ level }) => level === 'error')
    expect(line).toMatchObject({ fields: { account: juliet.account, service, error: 'RangeError' }, reason: undefined })
    expect(JSON.stringify(line)).not.toContain('poison')
    await says(romeo, juliet.account, 'two')
    expect(told(await pushService.next())).toEqual(['two', 2])
  },
  { extensions: [faulty] },
)

scenario(
  'debts that wait for the storage to recover take no slots, and leave no listeners behind',
  async ({ romeo, juliet, nurse, pushService, server, expectsLog }) => {
    const warnings: Error[] = []
    const warned = (warning: Error): void => {
      if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning)
    }
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    expectsLog('a push could not be sent: tried again soon')
    for (let count = 0; count < 32; count += 1) await enable(juliet, `n${count}`)
    await enable(nurse)
    await juliet.leaves()
    await nurse.leaves()
    await says(romeo, juliet.account, 'busy')
    await server.idle()
    await says(romeo, nurse.account, 'two')
    expect(told(await pushService.next())).toEqual(['two', 1])
    expect(warnings).toEqual([])
  },
  { extensions: [faulty] },
)
