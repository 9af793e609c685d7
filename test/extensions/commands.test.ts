// Ad-hoc commands (XEP-0050): found, run stage by stage, gone back in, cancelled; what is refused, and what is forgotten.

import { describe, expect } from 'vitest'
import type { Stage, Step } from '../../extensions/commands/hooks.js'
import { defineExtension } from '../../server/extension.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, child, children, type Element } from '../../server/xml.js'
import { any, expectSame, Refusal, scenario, type ScenarioOptions, type User, xml } from '../helpers/scenario.js'

const NS = 'http://jabber.org/protocol/commands'
const FORM = 'jabber:x:data'
const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** A wizard of two forms, and a command that has only something to say. */
const ordering = defineExtension({
  name: 'ordering',
  requires: ['commands'],
  on: {
    'commands:list': (offered, { at, requester }) =>
      at.bare === requester.bare
        ? [
            ...offered,
            { node: 'order', name: 'Order a costume', begin: (): Stage => chooseCostume },
            { node: 'motto', name: "Tonight's motto", begin: () => motto },
            { node: 'wait', name: 'Wait for the musicians', begin: (): Stage => atTheDoor },
          ]
        : offered,
  },
})

const motto: Stage = {
  kind: 'completed',
  notes: [{ type: 'info', text: 'Masks on!' }],
  table: { title: 'Mottoes', columns: [{ name: 'motto', label: 'Motto' }], rows: [{ motto: 'Masks on!' }, {}] },
}

/** Nobody comes: it leads to itself. */
const waiting: Stage = { kind: 'form', form: { title: 'Wait', instructions: '…', fields: [] }, next: () => waiting }

const atTheDoor: Stage = {
  kind: 'form',
  form: { title: 'Door', instructions: 'Here?', fields: [] },
  next: () => waiting,
}

const chooseColour: Step = (given) => {
  const costumes = given.get('costumes') ?? []
  if (costumes.length > 1) return { kind: 'refused', text: 'one costume is enough' }
  if (given.get('name')?.[0] === 'Tybalt') throw new StanzaError('conflict', 'he is no guest of ours')
  return {
    kind: 'form',
    form: {
      title: 'Colour',
      instructions: `For the ${costumes.join()}.`,
      fields: [{ name: 'dark', type: 'boolean', label: 'Dark?', values: ['0'] }],
    },
    notes: [{ type: 'warn', text: 'Red is out.' }],
    complete: (colour) => ({
      kind: 'completed',
      notes: [{ type: 'info', text: [...costumes, given.get('name')?.[0], colour.get('dark')?.[0]].join(' ') }],
    }),
  }
}

const chooseCostume: Stage = {
  kind: 'form',
  form: {
    title: 'Costume',
    instructions: 'What will you wear?',
    fields: [
      {
        name: 'costumes',
        type: 'list-multi',
        label: 'Costume',
        required: true,
        options: [
          { value: 'friar', label: 'A friar' },
          { value: 'palmer', label: 'A palmer' },
        ],
      },
      { name: 'name', type: 'text-single', label: 'Your name', values: ['Romeo'] },
    ],
  },
  next: chooseColour,
}

const options: ScenarioOptions = { extensions: [ordering] }

const execute = (attributes: Readonly<Record<string, string>>, ...fields: readonly Element[]): Element => {
  const command = xml`<command xmlns="${NS}"/>`
  Object.assign(command.attrs, attributes)
  if (fields.length > 0) command.cnode(xml`<x xmlns="${FORM}" type="submit">${fields}</x>`)
  return xml`<iq type="set">${command}</iq>`
}

const field = (name: string, ...values: readonly string[]): Element =>
  xml`<field xmlns="${FORM}" var="${name}">${values.map((value) => xml`<value xmlns="${FORM}">${value}</value>`)}</field>`

const commandOf = (answer: Element): Element => child(answer, 'command', NS) ?? answer
const sessionOf = (answer: Element): string => attr(commandOf(answer), 'sessionid') ?? ''
const titleOf = (answer: Element): string | null | undefined =>
  child(commandOf(answer), 'x', FORM)?.getChildText('title')
const notesOf = (answer: Element): readonly string[] =>
  children(commandOf(answer), 'note').map((note) => note.getText())

/** `condition`, or `condition/specific-condition` of XEP-0050 §4.4. */
async function refusalOf(asked: Promise<unknown>): Promise<string> {
  const reason: unknown = await asked.catch((failure: unknown) => failure)
  if (!(reason instanceof Refusal)) throw new Error('it was not refused')
  const specific = child(reason.stanza, 'error')
    ?.getChildElements()
    .find((element) => element.attrs['xmlns'] === NS)
  expect(child(child(reason.stanza, 'error') ?? reason.stanza, 'text', STANZAS)?.getText()).not.toBe('')
  return [reason.condition, specific?.name].filter((name) => name !== undefined).join('/')
}

const begins = async (user: User): Promise<string> => sessionOf(await user.asks(execute({ node: 'order' })))

const heldClock = () => {
  let now = Date.now()
  return { now: () => now, goesOn: (milliseconds: number) => (now += milliseconds) }
}

describe('finding commands', () => {
  scenario(
    'the account announces commands and lists its own to its owner, also when it is not named',
    async ({ romeo }) => {
      const info = await romeo.asks(xml`<iq type="get" to="${romeo.account}"><query xmlns="${INFO}"/></iq>`)
      const query = child(info, 'query', INFO)
      expect(query?.getChildElements().map((element) => element.attrs['var'] as unknown)).toContain(NS)
      const items = (to: string) => [
        xml`<item xmlns="${ITEMS}" jid="${to}" node="order" name="Order a costume"/>`,
        xml`<item xmlns="${ITEMS}" jid="${to}" node="motto" name="Tonight's motto"/>`,
        xml`<item xmlns="${ITEMS}" jid="${to}" node="wait" name="Wait for the musicians"/>`,
      ]
      for (const to of [`to="${romeo.account}"`, '']) {
        const parts = [`<iq type="get" ${to}><query xmlns="${ITEMS}" node="${NS}"/></iq>`]
        const answer = await romeo.asks(xml(Object.assign(parts, { raw: parts })))
        const found = child(answer, 'query', ITEMS)
        expect(found && attr(found, 'node')).toBe(NS)
        const own = found === undefined ? [] : children(found, 'item').slice(-3)
        own.forEach((item, index) => expectSame(item, items(romeo.account)[index] ?? item, ITEMS))
        expect(own).toHaveLength(3)
      }
    },
    options,
  )

  scenario(
    'a command says what it is, and so does the list of them',
    async ({ romeo }) => {
      const answer = await romeo.asks(xml`<iq type="get"><query xmlns="${INFO}" node="order"/></iq>`)
      expectSame(
        answer,
        xml`<iq type="result" id="${any}" from="${romeo.account}" to="${romeo.jid}">
          <query xmlns="${INFO}" node="order">
            <identity category="automation" type="command-node" name="Order a costume"/>
            <feature var="${NS}"/><feature var="${FORM}"/>
          </query></iq>`,
      )
      const list = await romeo.asks(xml`<iq type="get"><query xmlns="${INFO}" node="${NS}"/></iq>`)
      expectSame(
        child(list, 'query', INFO) ?? list,
        xml`<query xmlns="${INFO}" node="${NS}">
          <identity category="automation" type="command-list"/><feature var="${NS}"/></query>`,
      )
    },
    options,
  )

  scenario(
    'a friend is offered none of them, and can run none: forbidden, as for an account that does not exist',
    async ({ romeo, juliet, server }) => {
      await juliet.sends(xml`<presence to="${romeo.account}" type="subscribe"/>`)
      await server.idle()
      await romeo.sends(xml`<presence to="${juliet.account}" type="subscribed"/>`)
      await server.idle()
      const ask = (namespace: string, node: string) =>
        juliet.asks(xml`<iq type="get" to="${romeo.account}"><query xmlns="${namespace}" node="${node}"/></iq>`)
      expect(child(await ask(ITEMS, NS), 'query', ITEMS)?.children).toEqual([])
      expect(await refusalOf(ask(INFO, 'order'))).toBe('item-not-found')
      for (const to of [romeo.account, 'nobody@localhost']) {
        const command = xml`<iq type="set" to="${to}"><command xmlns="${NS}" node="order"/></iq>`
        expect(await refusalOf(juliet.asks(command))).toBe('forbidden')
      }
    },
    options,
  )
})

describe('running a command', () => {
  scenario(
    'one that has only something to say is completed at once',
    async ({ romeo }) => {
      expectSame(
        await romeo.asks(execute({ node: 'motto' })),
        xml`<iq type="result" id="${any}" from="${romeo.account}" to="${romeo.jid}">
          <command xmlns="${NS}" xml:lang="en" node="motto" sessionid="${any}" status="completed">
            <x xmlns="${FORM}" type="result"><title>Mottoes</title>
              <reported><field var="motto" label="Motto" type="text-single"/></reported>
              <item><field var="motto"><value>Masks on!</value></field></item>
              <item><field var="motto"><value/></field></item>
            </x>
            <note type="info">Masks on!</note>
          </command></iq>`,
      )
    },
    options,
  )

  scenario(
    'stage by stage, each under the same id, to the end',
    async ({ romeo }) => {
      const first = await romeo.asks(execute({ node: 'order', action: 'execute' }))
      expectSame(
        first,
        xml`<iq type="result" id="${any}" from="${romeo.account}" to="${romeo.jid}">
          <command xmlns="${NS}" xml:lang="en" node="order" sessionid="${any}" status="executing">
            <actions execute="next"><next/></actions>
            <x xmlns="${FORM}" type="form"><title>Costume</title><instructions>What will you wear?</instructions>
              <field var="costumes" type="list-multi" label="Costume"><required/>
                <option label="A friar"><value>friar</value></option>
                <option label="A palmer"><value>palmer</value></option></field>
              <field var="name" type="text-single" label="Your name"><value>Romeo</value></field>
            </x>
          </command></iq>`,
      )
      const sessionid = sessionOf(first)
      const run = { node: 'order', sessionid }
      expectSame(
        commandOf(await romeo.asks(execute(run, field('costumes', 'palmer'), field('name', 'R.'), field('x', 'y')))),
        xml`<command xmlns="${NS}" xml:lang="en" node="order" sessionid="${sessionid}" status="executing">
          <actions execute="complete"><prev/><complete/></actions>
          <x xmlns="${FORM}" type="form"><title>Colour</title><instructions>For the palmer.</instructions>
            <field var="dark" type="boolean" label="Dark?"><value>0</value></field></x>
          <note type="warn">Red is out.</note>
        </command>`,
      )
      expectSame(
        commandOf(await romeo.asks(execute({ ...run, action: 'complete' }, field('dark', 'true')))),
        xml`<command xmlns="${NS}" xml:lang="en" node="order" sessionid="${sessionid}" status="completed">
          <note type="info">palmer R. 1</note></command>`,
      )
      expect(await refusalOf(romeo.asks(execute(run)))).toBe('not-allowed/session-expired')
    },
    options,
  )

  scenario(
    'back to the stage before, and on again with something else',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      await romeo.asks(execute(run, field('costumes', 'friar')))
      const back = await romeo.asks(execute({ ...run, action: 'prev' }))
      expect([titleOf(back), sessionOf(back)]).toEqual(['Costume', run.sessionid])
      expect(await refusalOf(romeo.asks(execute({ ...run, action: 'prev' })))).toBe('bad-request/bad-action')
      await romeo.asks(execute({ ...run, action: 'next' }, field('costumes', 'palmer')))
      expect(notesOf(await romeo.asks(execute(run, field('dark', '0'))))).toEqual(['palmer  0'])
    },
    options,
  )

  scenario(
    'a stage that leads to itself is one stage, however often it is looked at',
    async ({ romeo }) => {
      const sessionid = sessionOf(await romeo.asks(execute({ node: 'wait' })))
      const act = async (action: string) => titleOf(await romeo.asks(execute({ node: 'wait', sessionid, action })))
      expect([await act('next'), await act('next'), await act('next')]).toEqual(['Wait', 'Wait', 'Wait'])
      expect(await act('prev')).toBe('Door')
    },
    options,
  )

  scenario(
    'a cancelled one is over',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      expectSame(
        commandOf(await romeo.asks(execute({ ...run, action: 'cancel' }))),
        xml`<command xmlns="${NS}" xml:lang="en" node="order" sessionid="${run.sessionid}" status="canceled"/>`,
      )
      expect(await refusalOf(romeo.asks(execute(run)))).toBe('not-allowed/session-expired')
    },
    options,
  )
})

describe('what is refused', () => {
  const refused: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['without a node', {}, 'bad-request'],
    ['with an empty node', { node: '' }, 'bad-request'],
    ['that nobody offers', { node: 'dance' }, 'item-not-found'],
    ['with an action that there is not', { node: 'order', action: 'dance' }, 'bad-request/malformed-action'],
    ['that begins with another action', { node: 'order', action: 'next' }, 'bad-request/bad-action'],
    ['with an empty session id', { node: 'order', sessionid: '' }, 'bad-request/bad-sessionid'],
    ['with a made-up session id', { node: 'order', sessionid: 'order:1' }, 'bad-request/bad-sessionid'],
  ]
  for (const [title, attributes, condition] of refused) {
    scenario(
      `a command ${title}: ${condition}`,
      async ({ romeo }) => expect(await refusalOf(romeo.asks(execute(attributes)))).toBe(condition),
      options,
    )
  }

  const payloads: readonly (readonly [string, readonly Element[]])[] = [
    ['without a form', []],
    ['without what is required', [field('name', 'R.')]],
    ['with nothing in what is required', [field('costumes', '')]],
    ['with what was not offered', [field('costumes', 'nun')]],
    ['with a field twice', [field('costumes', 'friar'), field('costumes', 'palmer')]],
    ['with two values for one', [field('costumes', 'friar'), field('name', 'a', 'b')]],
    ['that the command itself does not accept', [field('costumes', 'friar', 'palmer')]],
  ]
  for (const [title, fields] of payloads) {
    scenario(
      `what was filled in ${title} is bad-payload, and the command stays where it is`,
      async ({ romeo }) => {
        const run = { node: 'order', sessionid: await begins(romeo) }
        expect(await refusalOf(romeo.asks(execute(run, ...fields)))).toBe('bad-request/bad-payload')
        expect(titleOf(await romeo.asks(execute(run, field('costumes', 'friar'))))).toBe('Colour')
        expect(await refusalOf(romeo.asks(execute(run, field('dark', 'no'))))).toBe('bad-request/bad-payload')
      },
      options,
    )
  }

  scenario(
    'a form that is no answer is bad-payload, but one of type cancel is as good as any (§3.4.1)',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      const withType = (type: string): Element => {
        const iq = execute(run, field('costumes', 'friar'))
        const form = child(commandOf(iq), 'x', FORM)
        if (form !== undefined) form.attrs['type'] = type
        return iq
      }
      expect(await refusalOf(romeo.asks(withType('result')))).toBe('bad-request/bad-payload')
      expect(titleOf(await romeo.asks(withType('cancel')))).toBe('Colour')
    },
    options,
  )

  scenario(
    'an action that the stage does not have is bad-action',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      const filled = field('costumes', 'friar')
      expect(await refusalOf(romeo.asks(execute({ ...run, action: 'complete' }, filled)))).toBe(
        'bad-request/bad-action',
      )
      await romeo.asks(execute(run, filled))
      expect(await refusalOf(romeo.asks(execute({ ...run, action: 'next' })))).toBe('bad-request/bad-action')
    },
    options,
  )

  scenario(
    'what a step refuses is its own error, and can be tried again',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      const asked = romeo.asks(execute(run, field('costumes', 'friar'), field('name', 'Tybalt')))
      expect(await refusalOf(asked)).toBe('conflict')
      expect(titleOf(await romeo.asks(execute(run, field('costumes', 'friar'))))).toBe('Colour')
    },
    options,
  )

  scenario(
    'a run belongs to the session that began it, and to its node',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      const phone = await romeo.also('phone')
      expect(await refusalOf(phone.asks(execute(run, field('costumes', 'friar'))))).toBe('not-allowed/session-expired')
      expect(await refusalOf(romeo.asks(execute({ ...run, node: 'motto' })))).toBe('bad-request/bad-sessionid')
      expect(titleOf(await romeo.asks(execute(run, field('costumes', 'friar'))))).toBe('Colour')
    },
    options,
  )
})

describe('what is forgotten', () => {
  const clock = heldClock()
  scenario(
    'a run that nobody has touched for ten minutes is over',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      clock.goesOn(9 * 60_000)
      await romeo.asks(execute(run, field('costumes', 'friar')))
      clock.goesOn(9 * 60_000)
      await romeo.asks(execute({ ...run, action: 'prev' }))
      clock.goesOn(10 * 60_000)
      expect(await refusalOf(romeo.asks(execute(run, field('costumes', 'friar'))))).toBe('not-allowed/session-expired')
    },
    { ...options, config: { clock } },
  )

  scenario(
    'a session has ten runs open: an eleventh ends the one that was left alone for longest',
    async ({ romeo }) => {
      const runs: string[] = []
      for (let count = 0; count < 10; count += 1) runs.push(await begins(romeo))
      const [first = '', second = ''] = runs
      const goesOn = (sessionid: string) =>
        romeo.asks(execute({ node: 'order', sessionid }, field('costumes', 'friar')))
      await goesOn(first)
      await begins(romeo)
      expect(await refusalOf(goesOn(second))).toBe('not-allowed/session-expired')
      expect(titleOf(await romeo.asks(execute({ node: 'order', sessionid: first, action: 'prev' })))).toBe('Costume')
    },
    options,
  )

  scenario(
    'whoever leaves leaves its runs, and who comes under its name has none',
    async ({ romeo }) => {
      const run = { node: 'order', sessionid: await begins(romeo) }
      await romeo.leaves()
      await romeo.arrives()
      expect(await refusalOf(romeo.asks(execute(run, field('costumes', 'friar'))))).toBe('not-allowed/session-expired')
    },
    options,
  )
})
