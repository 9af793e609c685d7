// "My push registrations" (XEP-0050): listed, tested and removed by their owner, through any client.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect } from 'vitest'
import type {} from '../../extensions/push/hooks.js'
import { begin } from '../../extensions/push-commands/stages.js'
import { TestLimit } from '../../extensions/push-commands/test-limit.js'
import { testPush } from '../../extensions/push/test-notification.js'
import { type Context, defineExtension } from '../../server/extension.js'
import { attr, child, children, type Element } from '../../server/xml.js'
import type { PushStore, Registration } from '../../storage/push.js'
import { any, expectSame, scenario, type User, xml } from '../helpers/scenario.js'
import { freshKey, itemOf, openSealed } from '../helpers/sealed.js'

const NS = 'http://jabber.org/protocol/commands'
const FORM = 'jabber:x:data'
const node = 'urn:sealpost:push:registrations'
const service = 'push.localhost'
const key = freshKey()

const enable = (user: User, name: string, ...inside: readonly Element[]): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${name}">${inside}</enable></iq>`)

const sealing = xml`<encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>`

interface Step {
  readonly sessionid?: string
  readonly action?: string
  /** What to do, and the places of the registrations in the list. */
  readonly choose?: readonly [action: string, ...places: readonly string[]]
}

/** The `<command/>` of the answer. */
async function command(user: User, { choose, ...attributes }: Step = {}): Promise<Element> {
  const element = xml`<command xmlns="${NS}" node="${node}"/>`
  Object.assign(element.attrs, attributes)
  if (choose !== undefined) {
    const [action, ...places] = choose
    const values = places.map((place) => xml`<value xmlns="${FORM}">${place}</value>`)
    element.cnode(xml`<x xmlns="${FORM}" type="submit">
      <field var="action"><value>${action}</value></field><field var="registrations">${values}</field></x>`)
  }
  const answer = await user.asks(xml`<iq type="set">${element}</iq>`)
  return child(answer, 'command', NS) ?? answer
}

const begins = async (user: User): Promise<string> => attr(await command(user), 'sessionid') ?? ''
const formOf = (answer: Element): Element => child(answer, 'x', FORM) ?? answer
const notesOf = (answer: Element): readonly string[] =>
  children(answer, 'note').map((note) => `${String(attr(note, 'type'))}: ${note.getText()}`)

/** The rows of a result: column → text. */
const rowsOf = (answer: Element): readonly Readonly<Record<string, string>>[] =>
  children(formOf(answer), 'item').map((item) => {
    const cells = children(item, 'field').map((field) => [attr(field, 'var') ?? '', field.getChildText('value') ?? ''])
    return Object.fromEntries(cells) as Record<string, string>
  })

const labelsOf = (answer: Element): readonly (string | undefined)[] =>
  children(formOf(answer), 'field')
    .filter((field) => attr(field, 'var') === 'registrations')
    .flatMap((field) => children(field, 'option').map((option) => attr(option, 'label')))

const heldClock = (start = Date.UTC(2026, 0, 1)) => {
  let now = start
  return { now: () => now, goesOn: (milliseconds: number) => (now += milliseconds) }
}

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

const stamp = '2026-01-01T00:00:00.000Z'

describe('finding it', () => {
  scenario('it is among the commands of the own account, and of no other', async ({ romeo, juliet, server }) => {
    await juliet.sends(xml`<presence to="${romeo.account}" type="subscribe"/>`)
    await server.idle()
    await romeo.sends(xml`<presence to="${juliet.account}" type="subscribed"/>`)
    await server.idle()
    const items = (user: User) =>
      user.asks(xml`<iq type="get" to="${romeo.account}">
        <query xmlns="http://jabber.org/protocol/disco#items" node="${NS}"/></iq>`)
    expectSame(
      await items(romeo),
      xml`<iq type="result" id="${any}" from="${romeo.account}" to="${romeo.jid}">
        <query xmlns="http://jabber.org/protocol/disco#items" node="${NS}">
          <item jid="${romeo.account}" node="${node}" name="My push registrations"/></query></iq>`,
    )
    expect((await items(juliet)).getChild('query')?.children).toEqual([])
  })

  scenario('without registrations there is nothing to choose', async ({ juliet }) => {
    const answer = await command(juliet)
    expect(attr(answer, 'status')).toBe('completed')
    expect(notesOf(answer)).toEqual(['info: There are no push registrations.'])
  })
})

describe('listing', () => {
  const clock = heldClock()
  scenario(
    'what there is to choose, each in words',
    async ({ romeo, juliet, pushService, server }) => {
      pushService.answers((iq) => (iq.toString().includes('"n1"') ? { error: 'item-not-found' } : 'result'))
      await enable(juliet, 'n1')
      await enable(juliet, 'n'.repeat(60), sealing, xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1325"/>`)
      await juliet.leaves()
      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
      await pushService.next()
      await pushService.next()
      await server.idle()
      await juliet.arrives('desktop')
      const answer = await command(juliet)
      expectSame(
        answer,
        xml`<command xmlns="${NS}" xml:lang="en" node="${node}" sessionid="${any}" status="executing">
          <actions execute="next"><next/><complete/></actions>
          <x xmlns="${FORM}" type="form"><title>My push registrations</title>
            <instructions>These services tell your devices of new messages. Choose what to do, and with which of them.</instructions>
            <field var="action" type="list-single" label="What to do"><required/><value>list</value>
              <option label="List them"><value>list</value></option>
              <option label="Send a test notification"><value>test</value></option>
              <option label="Remove them"><value>remove</value></option></field>
            <field var="registrations" type="list-multi" label="Registrations">
              <option label="${any}"><value>1</value></option><option label="${any}"><value>2</value></option></field>
          </x></command>`,
      )
      expect([...labelsOf(answer)].sort()).toEqual([
        'push.localhost n1 (test), disabled: item-not-found, last answer: item-not-found',
        `push.localhost ${'n'.repeat(40)}… (test), active, last answer: result, OMEMO device 1325 is gone from your device list`,
      ])
    },
    { config: { clock } },
  )

  scenario(
    'as a table, all of them, or those that were chosen; never a key',
    async ({ juliet }) => {
      await enable(juliet, 'n1')
      await enable(juliet, 'n2', sealing, xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="7"/>`)
      await juliet.asks(xml`<iq type="set"><pubsub xmlns="http://jabber.org/protocol/pubsub">
        <publish node="eu.siacs.conversations.axolotl.devicelist"><item id="current">
          <list xmlns="eu.siacs.conversations.axolotl"><device id="7"/></list></item></publish></pubsub></iq>`)
      const all = await command(juliet, { sessionid: await begins(juliet), choose: ['list'] })
      expect(all.toString()).not.toContain(key)
      const common = { jid: service, state: 'active', reason: '', since: '', client: 'test', created: stamp }
      const first = { ...common, node: 'n1', 'last-result': '', 'last-result-at': '', sealed: 'false' }
      expect(rowsOf(all)).toEqual([
        { ...first, device: '', 'device-known': '' },
        { ...first, node: 'n2', sealed: 'true', device: '7', 'device-known': 'true' },
      ])
      const some = { sessionid: await begins(juliet), action: 'complete', choose: ['list', '2'] } as const
      expect(rowsOf(await command(juliet, some)).map((row) => row['node'])).toEqual(['n2'])
    },
    { config: { clock: heldClock() } },
  )
})

describe('testing', () => {
  scenario(
    'each chosen one gets a test notification, and its owner hears what its service said',
    async ({ juliet, pushService }) => {
      await enable(juliet, 'n1')
      await enable(juliet, 'n2', sealing)
      const run = { sessionid: await begins(juliet), choose: ['test', '2'] } as const
      const answer = await command(juliet, run)
      const publish = await pushService.next()
      expect(openSealed(publish, key).json).toMatchObject({ message: 'This is a test' })
      expect(attr(answer, 'status')).toBe('completed')
      expect(rowsOf(answer)).toEqual([
        { jid: service, node: 'n2', works: 'true', outcome: 'result', milliseconds: expect.stringMatching(/^\d+$/) },
      ])
    },
  )

  const later = heldClock()
  scenario(
    'a service that does not know the node any more ends the registration, and what is ended is not tested',
    async ({ juliet, pushService }) => {
      await enable(juliet, 'n1')
      pushService.answers({ error: 'item-not-found' })
      const test = async () => command(juliet, { sessionid: await begins(juliet), choose: ['test'] })
      expect(rowsOf(await test())).toMatchObject([{ works: 'false', outcome: 'item-not-found' }])
      await pushService.next()
      expect(labelsOf(await command(juliet))).toEqual([
        'push.localhost n1 (test), disabled: item-not-found, last answer: item-not-found',
      ])
      later.goesOn(10_000)
      const disabled = { jid: service, node: 'n1', works: 'false', outcome: 'not sent: it is disabled' }
      expect(rowsOf(await test())).toEqual([{ ...disabled, milliseconds: '' }])
    },
    { config: { clock: later } },
  )

  const clock = heldClock()
  scenario(
    'once in ten seconds',
    async ({ juliet, pushService }) => {
      await enable(juliet, 'n1')
      const test = async () => command(juliet, { sessionid: await begins(juliet), choose: ['test'] })
      await test()
      await pushService.next()
      clock.goesOn(9999)
      await expect(test()).rejects.toMatchObject({ condition: 'resource-constraint', type: 'wait' })
      clock.goesOn(1)
      await test()
      await pushService.next()
    },
    { config: { clock } },
  )

  scenario('a silent service holds up nobody: who wants to know looks again', async ({ juliet, pushService }) => {
    let answer: (given: 'result') => void = () => undefined
    pushService.answers(() => new Promise((resolve) => (answer = resolve)))
    await enable(juliet, 'n1')
    const sessionid = await begins(juliet)
    const sent = await command(juliet, { sessionid, choose: ['test'] })
    await pushService.next()
    expectSame(
      sent,
      xml`<command xmlns="${NS}" xml:lang="en" node="${node}" sessionid="${sessionid}" status="executing">
        <actions execute="next"><prev/><next/></actions>
        <x xmlns="${FORM}" type="form"><title>Test notifications</title>
          <instructions>They are sent. Not every service has answered yet: look again in a moment.</instructions></x>
      </command>`,
    )
    answer('result')
    const answered = await command(juliet, { sessionid, action: 'next' })
    expect(rowsOf(answered)).toMatchObject([{ node: 'n1', works: 'true', outcome: 'result' }])
  })
})

describe('removing', () => {
  const decided: string[] = []
  const listening = defineExtension({
    name: 'listening',
    on: {
      'push:decided': ({ registration, decision }) => {
        if (decision.push) decided.push(registration.node)
      },
    },
  })

  scenario(
    'asks first, and what was removed makes no push',
    async ({ romeo, juliet, pushService, server }) => {
      await enable(juliet, 'n1')
      await enable(juliet, 'n2')
      // So that what is in use is known without the disk.
      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
      await pushService.next()
      await pushService.next()
      const sessionid = await begins(juliet)
      expectSame(
        await command(juliet, { sessionid, choose: ['remove', '1'] }),
        xml`<command xmlns="${NS}" xml:lang="en" node="${node}" sessionid="${sessionid}" status="executing">
        <actions execute="complete"><prev/><complete/></actions>
        <x xmlns="${FORM}" type="form"><title>Remove push registrations</title>
          <instructions>No notifications will go there any more, unless an app enables them again: push.localhost n1 (test)</instructions></x>
      </command>`,
      )
      expect(await server.registrations()).toHaveLength(2)
      expect(notesOf(await command(juliet, { sessionid, action: 'complete' }))).toEqual(['info: Removed: 1.'])
      expect(await server.registrations()).toMatchObject([{ node: 'n2' }])
      await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>Art thou there?</body></message>`)
      expect(itemOf(await pushService.next()).parent?.attrs['node']).toBe('n2')
      await server.idle()
      expect(decided).toEqual(['n1', 'n2', 'n2'])
    },
    { extensions: [listening] },
  )

  scenario('at once, for who completes without being asked', async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    await enable(juliet, 'n2')
    const run = { sessionid: await begins(juliet), action: 'complete', choose: ['remove', '1', '2'] } as const
    expect(notesOf(await command(juliet, run))).toEqual(['info: Removed: 2.'])
    expect(await server.registrations()).toEqual([])
  })

  scenario('removes nothing where nothing was chosen', async ({ juliet, server }) => {
    await enable(juliet, 'n1')
    const run = { sessionid: await begins(juliet), choose: ['remove'] } as const
    await expect(command(juliet, run)).rejects.toMatchObject({ condition: 'bad-request' })
    expect(await server.registrations()).toHaveLength(1)
  })

  const clock = heldClock()
  scenario(
    'keeps what an app has enabled anew meanwhile',
    async ({ juliet, server }) => {
      await enable(juliet, 'n1')
      await enable(juliet, 'n2')
      const run = { sessionid: await begins(juliet), action: 'complete', choose: ['remove', '1', '2'] } as const
      clock.goesOn(1)
      await enable(juliet, 'n1')
      expect(notesOf(await command(juliet, run))).toEqual([
        'info: Removed: 1.',
        'warn: Enabled again meanwhile, and kept: 1.',
      ])
      expect(await server.registrations()).toMatchObject([{ node: 'n1' }])
    },
    { config: { clock } },
  )

  scenario('without a node is that one alone, not all of the service', async ({ juliet, server }) => {
    await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}"/></iq>`)
    await enable(juliet, 'n1')
    const run = { sessionid: await begins(juliet), action: 'complete', choose: ['remove', '1'] } as const
    await command(juliet, run)
    expect(await server.registrations()).toMatchObject([{ node: 'n1' }])
  })
})

describe('on a store that is watched', () => {
  let given: Context<'push' | 'omemo'> | undefined
  const watching = defineExtension({
    name: 'watching',
    requires: ['push'],
    stores: ['push', 'omemo'],
    start: (context) => void (given = context),
  })
  const options = { extensions: [watching] }

  /** What extensions get, but with some methods of the push store replaced. */
  function contextOn(change: (real: PushStore) => Partial<PushStore>): Context<'push' | 'omemo'> {
    if (given === undefined) throw new Error('the server has not started')
    const real = given.stores.push
    return { ...given, stores: { ...given.stores, push: { ...real, ...change(real) } } }
  }

  scenario(
    'a run of the command holds no registration, and so no key and no rules',
    async ({ juliet }) => {
      for (const name of ['n1', 'n2']) await enable(juliet, name, sealing)
      const read: WeakRef<Registration>[] = []
      const context = contextOn((real) => ({
        of: async (account) => {
          const all = await real.of(account)
          read.push(...all.map((one) => new WeakRef(one)))
          return all
        },
      }))
      const run = await begin({ account: juliet.account, limit: new TestLimit(), context })
      await new Promise(setImmediate)
      collectGarbage()
      expect(read.map((one) => one.deref())).toEqual([undefined, undefined])
      expect(run).toMatchObject({ kind: 'form', form: { title: 'My push registrations' } })
    },
    options,
  )

  scenario(
    'what is enabled anew between looking and removing is kept, too',
    async ({ juliet, server }) => {
      await enable(juliet, 'n1')
      const context = contextOn((real) => ({
        find: async (...name) => {
          const found = await real.find(...name)
          if (found !== undefined) await real.put({ ...found, sealing: undefined, created: found.created + 1 }, 10)
          return found
        },
      }))
      const run = await begin({ account: juliet.account, limit: new TestLimit(), context })
      if (run.kind !== 'form') throw new Error('there is nothing to choose')
      const choice = new Map([
        ['action', ['remove']],
        ['registrations', ['1']],
      ])
      expect(await run.complete?.(choice)).toMatchObject({ notes: [{ text: 'Removed: 0.' }, { type: 'warn' }] })
      expect(await server.registrations()).toMatchObject([{ node: 'n1' }])
    },
    options,
  )

  scenario(
    'a test of one registration reads that one alone',
    async ({ juliet, pushService }) => {
      for (const name of ['n1', 'n2']) await enable(juliet, name)
      const context = contextOn(() => ({ of: () => Promise.reject(new Error('all of them were read')) }))
      const asked = (name: string) =>
        testPush([], { account: juliet.account, only: { service, node: name } }, context, 'none')
      expect(await asked('n2')).toMatchObject([{ node: 'n2', works: true }])
      expect(itemOf(await pushService.next()).parent?.attrs['node']).toBe('n2')
      expect(await asked('n3')).toEqual([])
    },
    options,
  )
})
