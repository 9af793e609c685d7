// Contract §4.4: a push service may do what it likes. Nothing is lost, nobody else waits for it, and what it says of one node is
// believed of that node alone.

import { describe, expect } from 'vitest'
import type { PushOutcome } from '../../extensions/push/hooks.js'
import { defineExtension } from '../../server/extension.js'
import type { StanzaErrorCondition } from '../../server/stanza-error.js'
import type { Element } from '../../server/xml.js'
import { HeldTime } from '../helpers/held-time.js'
import { RawService } from '../helpers/raw-service.js'
import { type ScenarioServer, scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, itemOf, openSealed } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()
const config = { components: { [service]: 'secret' }, componentPort: 0 }
const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes

const enable = (user: User, node = 'n1', jid = service): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${jid}" node="${node}">
    <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt></enable></iq>`)

const away = async (...users: readonly User[]): Promise<void> => {
  for (const user of users) {
    await enable(user)
    await user.leaves()
  }
}

const says = (user: User, to: User, body: string): Promise<void> =>
  user.sends(xml`<message to="${to.account}" type="chat"><body>${body}</body></message>`)

const calls = (user: User, to: User, sid: string): Promise<void> =>
  user.sends(xml`<message to="${to.account}" type="chat"><propose xmlns="urn:xmpp:jingle-message:0" id="${sid}">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose><store xmlns="urn:xmpp:hints"/></message>`)

/** The server has read what this user sent. */
const read = (user: User): Promise<Element> =>
  user.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)

const itemIdOf = (publish: Element): string => String(itemOf(publish).attrs['id'])
const nodeOf = (publish: Element): string => String(itemOf(publish).parent?.attrs['node'])
const bodyOf = (publish: Element): unknown => openSealed(publish, key).json['message']

const connects = (server: ScenarioServer): Promise<RawService> => {
  const { componentAddress } = server
  if (componentAddress === undefined) throw new Error('the server takes no components')
  return RawService.connect(service, 'secret', componentAddress)
}

/** Hears what becomes of each debt. */
const heard = () => {
  const outcomes: PushOutcome[] = []
  const extension = defineExtension({
    name: 'heard',
    on: { 'push:outcome': ({ outcome }) => void outcomes.push(outcome) },
  })
  return { outcomes, extensions: [extension] }
}

describe('an answer', () => {
  const settled = ['item-not-found', 'gone', 'not-authorized', 'forbidden', 'not-allowed'] as const
  const passing = [
    'service-unavailable',
    'remote-server-not-found',
    'remote-server-timeout',
    'resource-constraint',
    'internal-server-error',
    'recipient-unavailable',
  ] as const
  const doubtful = [
    'bad-request',
    'conflict',
    'feature-not-implemented',
    'jid-malformed',
    'not-acceptable',
    'policy-violation',
    'redirect',
    'registration-required',
    'subscription-required',
    'undefined-condition',
    'unexpected-request',
  ] as const

  // Every condition of RFC 6120 §8.3.3 stands in one of them.
  const all: Record<StanzaErrorCondition, true> = Object.fromEntries(
    [...settled, ...passing, ...doubtful].map((condition) => [condition, true]),
  ) as Record<(typeof settled | typeof passing | typeof doubtful)[number], true>
  expect(Object.keys(all)).toHaveLength(settled.length + passing.length + doubtful.length)

  for (const condition of settled)
    scenario(
      `${condition} ends the registration and what it is owed`,
      async ({ romeo, juliet, pushService, server }) => {
        pushService.answers({ error: condition })
        await away(juliet)
        await says(romeo, juliet, 'one')
        await pushService.next()
        await server.idle()
        expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason: condition }])
      },
    )

  for (const condition of passing) {
    const time = new HeldTime()
    scenario(
      `${condition} is asked about again in a moment, under the same item id`,
      async ({ romeo, juliet, pushService, server }) => {
        pushService.answers({ error: condition })
        await away(juliet)
        time.hold()
        await says(romeo, juliet, 'one')
        const first = await pushService.next()
        await server.idle()
        expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: condition } }])
        pushService.answers('result')
        time.goesOn(2 * seconds)
        const second = await pushService.next()
        expect(itemIdOf(second)).toBe(itemIdOf(first))
        expect(second.attrs['id']).not.toBe(first.attrs['id'])
        await server.idle()
        expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'result' } }])
      },
      { config: { clock: time } },
    )
  }

  for (const condition of doubtful) {
    const time = new HeldTime()
    scenario(
      `${condition} is asked about once more after a minute; the second one ends the registration`,
      async ({ romeo, juliet, pushService, server }) => {
        pushService.answers({ error: condition })
        await away(juliet)
        time.hold()
        await says(romeo, juliet, 'one')
        const first = await pushService.next()
        await server.idle()
        expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: condition } }])
        time.goesOn(59 * seconds)
        await server.idle()
        pushService.expectEmpty()
        time.goesOn(1 * seconds)
        expect(itemIdOf(await pushService.next())).toBe(itemIdOf(first))
        await server.idle()
        expect(await server.registrations()).toMatchObject([{ state: 'disabled', reason: condition }])
      },
      { config: { clock: time } },
    )
  }
})

describe('a service that', () => {
  const silentTime = new HeldTime()
  const silent = heard()
  scenario(
    'says nothing for half a minute is asked again',
    async ({ romeo, juliet, pushService, server }) => {
      pushService.answers('nothing')
      await away(juliet)
      silentTime.hold()
      await says(romeo, juliet, 'one')
      const first = await pushService.next()
      await read(romeo)
      silentTime.goesOn(29 * seconds)
      expect(silent.outcomes).toEqual([])
      silentTime.goesOn(1 * seconds)
      await server.idle()
      expect(silent.outcomes).toMatchObject([{ kind: 'waiting', why: 'no answer', attempts: 1 }])
      pushService.answers('result')
      silentTime.goesOn(2 * seconds)
      expect(itemIdOf(await pushService.next())).toBe(itemIdOf(first))
      await server.idle()
      expect(silent.outcomes.map(({ kind }) => kind)).toEqual(['waiting', 'pushed'])
    },
    { config: { clock: silentTime }, extensions: silent.extensions },
  )

  scenario('is slow delays nobody else', async ({ romeo, juliet, nurse, pushService, server }) => {
    let answer: (given: 'result') => void = () => undefined
    const slow = new Promise<'result'>((resolve) => (answer = resolve))
    pushService.answers((publish) => (nodeOf(publish) === 'slow' ? slow : 'result'))
    await enable(juliet, 'slow')
    await enable(nurse, 'quick')
    await juliet.leaves()
    await nurse.leaves()
    await says(romeo, juliet, 'one')
    expect(bodyOf(await pushService.next())).toBe('one')
    await says(romeo, juliet, 'two')
    for (const body of ['three', 'four', 'five']) {
      await says(romeo, nurse, body)
      expect(bodyOf(await pushService.next())).toBe(body)
    }
    answer('result')
    expect(bodyOf(await pushService.next())).toBe('two')
    await server.idle()
  })

  const brokenTime = new HeldTime()
  const broken = heard()
  scenario(
    'breaks off instead of answering gets it again when it is back, under the same item id',
    async ({ romeo, juliet, server }) => {
      const first = await connects(server)
      await away(juliet)
      brokenTime.hold()
      await says(romeo, juliet, 'one')
      const publish = await first.next()
      await first.breaksOff()
      await server.idle()
      expect(broken.outcomes).toMatchObject([{ kind: 'waiting', why: 'no answer' }])
      const second = await connects(server)
      brokenTime.goesOn(2 * seconds)
      const again = await second.next()
      expect(itemIdOf(again)).toBe(itemIdOf(publish))
      second.answers(again)
      await server.idle()
      expect(broken.outcomes.map(({ kind }) => kind)).toEqual(['waiting', 'pushed'])
      await second.breaksOff()
    },
    { config: { ...config, clock: brokenTime }, extensions: broken.extensions },
  )

  const twice = heard()
  scenario(
    'answers twice has answered once',
    async ({ romeo, juliet, server }) => {
      const push = await connects(server)
      await away(juliet)
      for (const body of ['one', 'two']) {
        await says(romeo, juliet, body)
        const publish = await push.next()
        expect(bodyOf(publish)).toBe(body)
        push.answers(publish)
        push.answers(publish)
        push.answers(publish, {}, '<error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>')
        await server.idle()
      }
      expect(twice.outcomes.map(({ kind }) => kind)).toEqual(['pushed', 'pushed'])
      expect(await server.registrations()).toMatchObject([{ state: 'active' }])
      await push.breaksOff()
    },
    { config, extensions: twice.extensions },
  )

  for (const [what, wrong] of [
    ['with a wrong id', { id: 'another' }],
    ['from another of its addresses', { from: `juliet@${service}` }],
    ['from a resource of its own', { from: `${service}/worker` }],
  ] as const) {
    const { outcomes, extensions } = heard()
    scenario(
      `answers ${what} has not answered`,
      async ({ romeo, juliet, server }) => {
        const push = await connects(server)
        await away(juliet)
        await says(romeo, juliet, 'one')
        const publish = await push.next()
        push.answers(publish, wrong)
        push.answers(publish, wrong, '<error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>')
        await says(romeo, juliet, 'two')
        await read(romeo)
        expect(outcomes).toEqual([])
        push.answers(publish)
        expect(bodyOf(await push.next())).toBe('two')
        expect(await server.registrations()).toMatchObject([{ state: 'active' }])
        await push.breaksOff()
        await server.idle()
      },
      { config, extensions },
    )
  }

  const junk: readonly (readonly [what: string, inside: string, then: Partial<PushOutcome>])[] = [
    ['a result with anything in it', '<x xmlns="urn:example:x"><y/><z>1</z></x>', { kind: 'pushed' }],
    ['an error without a condition', '<error type="cancel"/>', { kind: 'waiting', why: 'undefined-condition' }],
    [
      'an error of no known type',
      '<error type="maybe"><odd xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
      { kind: 'waiting' },
    ],
    [
      'an error with a condition of another namespace',
      '<error type="cancel"><gone xmlns="urn:example:x"/></error>',
      { kind: 'waiting', why: 'undefined-condition' },
    ],
    [
      'an error in another namespace',
      '<error xmlns="urn:example:x" type="cancel"><gone/></error>',
      { kind: 'waiting' },
    ],
  ]
  for (const [what, inside, then] of junk) {
    const { outcomes, extensions } = heard()
    scenario(
      `answers ${what} is understood as far as that goes`,
      async ({ romeo, juliet, server }) => {
        const push = await connects(server)
        await away(juliet)
        await says(romeo, juliet, 'one')
        push.answers(await push.next(), {}, inside)
        await server.idle()
        expect(outcomes).toMatchObject([then])
        expect(await server.registrations()).toMatchObject([{ state: 'active' }])
        await push.breaksOff()
      },
      { config, extensions },
    )
  }

  const malformedTime = new HeldTime()
  scenario(
    'answers no XML loses its stream, and no push is lost with it',
    async ({ romeo, juliet, server }) => {
      const first = await connects(server)
      await away(juliet)
      malformedTime.hold()
      await says(romeo, juliet, 'one')
      const publish = await first.next()
      first.writes('<iq type="result">&nothing;</iq>')
      await first.ended()
      const second = await connects(server)
      malformedTime.goesOn(2 * seconds)
      const again = await second.next()
      expect(itemIdOf(again)).toBe(itemIdOf(publish))
      second.answers(again)
      await server.idle()
      expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'result' } }])
      await second.breaksOff()
    },
    { config: { ...config, clock: malformedTime } },
  )

  scenario(
    'floods the server with thousands of stanzas of no use is answered as ever, and so is everybody else',
    async ({ romeo, juliet, server }) => {
      const push = await connects(server)
      await away(juliet)
      await says(romeo, juliet, 'one')
      const publish = await push.next()
      for (let count = 0; count < 3000; count += 1) {
        push.answers(publish, { id: `unknown ${count}` })
        push.writes(`<message from="${service}" to="nobody${count}@localhost" type="error"/>`)
        push.writes(`<presence from="x@${service}" to="${juliet.account}" type="unavailable"/>`)
      }
      push.answers(publish)
      await read(romeo)
      await server.idle()
      expect(await server.registrations()).toMatchObject([{ state: 'active', lastResult: { outcome: 'result' } }])
      await says(romeo, juliet, 'two')
      const next = await push.next()
      expect(bodyOf(next)).toBe('two')
      push.answers(next)
      await server.idle()
      await push.breaksOff()
    },
    { config },
  )
})

describe('after an outage', () => {
  const hour = new HeldTime()
  scenario(
    'of an hour one push goes ahead, and the others follow when it was answered',
    async ({ romeo, juliet, nurse, mercutio, server }) => {
      const first = await connects(server)
      await away(juliet, nurse, mercutio)
      await first.breaksOff()
      for (const body of ['one', 'two', 'three'])
        for (const user of [juliet, nurse, mercutio]) await says(romeo, user, body)
      await read(romeo)
      await server.idle()
      hour.goesOn(1 * hours)
      const second = await connects(server)
      const probe = await second.next()
      await second.readsOn()
      second.answers(probe)
      const rest = [await second.next(), await second.next()]
      rest.forEach((publish) => second.answers(publish))
      for (const publish of [probe, ...rest])
        expect(openSealed(publish, key).json).toMatchObject({ message: 'three', unread: 3 })
      await server.idle()
      second.expectEmpty()
      await second.breaksOff()
    },
    { config: { ...config, clock: hour } },
  )

  const faulty = new HeldTime()
  scenario(
    'that the service itself speaks of it rests: nothing is sent but one probe at the end of each rest, and a call',
    async ({ romeo, juliet, nurse, mercutio, benvolio, pushService, server }) => {
      pushService.answers({ error: 'service-unavailable' })
      await away(juliet, nurse, mercutio, benvolio)
      faulty.hold()
      const [first, second, third] = [juliet, nurse, mercutio]
      for (const user of [first, second, third]) {
        await says(romeo, user, 'one')
        await pushService.next()
        await server.idle()
      }
      // Three registrations in a row: it is not their nodes.
      await says(romeo, benvolio, 'one')
      await read(romeo)
      await server.idle()
      faulty.goesOn(7 * seconds)
      await server.idle()
      pushService.expectEmpty()
      await calls(romeo, benvolio, 's1')
      expect(bodyOf(await pushService.next())).toBe('Incoming call')
      await server.idle()
      await romeo.sends(
        xml`<message to="${benvolio.account}" type="chat"><retract xmlns="urn:xmpp:jingle-message:0" id="s1"/></message>`,
      )
      await server.idle()

      faulty.goesOn(8 * seconds)
      await pushService.next()
      await server.idle()
      pushService.expectEmpty()
      // Now it rests twice as long.
      faulty.goesOn(15 * seconds)
      await server.idle()
      pushService.expectEmpty()
      pushService.answers('result')
      faulty.goesOn(15 * seconds)
      for (let count = 0; count < 4; count += 1) await pushService.next()
      await server.idle()
      pushService.expectEmpty()
    },
    { config: { clock: faulty } },
  )

  const day = new HeldTime()
  const dayOutcomes = heard()
  scenario(
    'of a day nothing is owed any more, and the message still waits for its reader',
    async ({ romeo, juliet, server }) => {
      const first = await connects(server)
      await away(juliet)
      await first.breaksOff()
      day.hold()
      await says(romeo, juliet, 'one')
      await read(romeo)
      await server.idle()
      day.goesOn(23 * hours)
      await server.idle()
      expect(dayOutcomes.outcomes).toEqual([])
      day.goesOn(1 * hours)
      await server.idle()
      expect(dayOutcomes.outcomes).toEqual([{ kind: 'dropped', why: 'it is too old to be told' }])
      const second = await connects(server)
      await server.idle()
      second.expectEmpty()
      await juliet.arrives()
      await juliet.sends(xml`<presence/>`)
      const came = [await juliet.next(), await juliet.next()]
      expect(came.map((stanza) => stanza.getChildText('body'))).toContain('one')
      await server.idle()
      await second.breaksOff()
    },
    { config: { ...config, clock: day }, extensions: dayOutcomes.extensions },
  )

  const ringing = new HeldTime()
  const rang = heard()
  scenario(
    'a call that nobody could be told of for half a minute is not told of later',
    async ({ romeo, juliet, server }) => {
      const first = await connects(server)
      await away(juliet)
      await first.breaksOff()
      ringing.hold()
      await calls(romeo, juliet, 's1')
      await read(romeo)
      await server.idle()
      ringing.goesOn(30 * seconds)
      await server.idle()
      expect(rang.outcomes).toEqual([{ kind: 'dropped', why: 'it is too old to be told' }])
      const second = await connects(server)
      await server.idle()
      second.expectEmpty()
      await second.breaksOff()
    },
    { config: { ...config, clock: ringing }, extensions: rang.extensions },
  )
})

describe('one of several', () => {
  const oneNode = new HeldTime()
  scenario(
    'nodes for which the service always fails holds up no other node',
    async ({ romeo, juliet, nurse, pushService, server }) => {
      pushService.answers((publish) => (nodeOf(publish) === 'bad' ? { error: 'internal-server-error' } : 'result'))
      await enable(juliet, 'bad')
      await enable(nurse, 'good')
      await juliet.leaves()
      await nurse.leaves()
      oneNode.hold()
      await says(romeo, juliet, 'one')
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expect(nodeOf(await pushService.next())).toBe('bad')
        await server.idle()
        await says(romeo, nurse, `message ${attempt}`)
        const publish = await pushService.next()
        expect([nodeOf(publish), bodyOf(publish)]).toEqual(['good', `message ${attempt}`])
        await server.idle()
        oneNode.goesOn(2000 * 2 ** attempt)
      }
      expect(nodeOf(await pushService.next())).toBe('bad')
      await server.idle()
    },
    { config: { clock: oneNode } },
  )

  const flood = new HeldTime()
  scenario(
    'accounts that is called a hundred times takes no turn of the others',
    async ({ romeo, juliet, nurse, pushService, server }) => {
      const waiting: ((answer: 'result') => void)[] = []
      pushService.answers(() => new Promise((resolve) => waiting.push(resolve)))
      await away(juliet, nurse)
      for (let count = 0; count < 100; count += 1) await calls(romeo, juliet, `s${count}`)
      await read(romeo)
      const first = await pushService.next()
      expect(bodyOf(first)).toBe('Incoming call')
      await says(romeo, nurse, 'hist!')
      let came = await pushService.next()
      let others = 0
      for (; bodyOf(came) === 'Incoming call'; came = await pushService.next()) others += 1
      // Not one call more than what an account has under way, and none of them was answered.
      expect(others).toBeLessThan(4)
      expect(bodyOf(came)).toBe('hist!')
      pushService.answers('result')
      waiting.forEach((answer) => answer('result'))
      for (let count = others + 2; count < 101; count += 1) await pushService.next()
      await server.idle()
    },
    { config: { clock: flood } },
  )
})
