// Contract §4.1: who registers for push, with what, and what is refused. A refused <enable/> changes nothing.

import { expect } from 'vitest'
import { Refusal, scenario, type User, xml } from '../helpers/scenario.js'
import { child, children, type Element } from '../../server/xml.js'
import { freshKey, openSealed, summaryOf } from '../helpers/sealed.js'
import { itemOf } from '../helpers/sealed.js'

const service = 'push.localhost'
const key = freshKey()
const sealing = (attributes = 'alg="aes-128-gcm"', value = key): string =>
  `<encrypt xmlns="tigase:push:encrypt:0" ${attributes}>${value}</encrypt>`

function enabling(attributes: string, ...inside: readonly string[]): Element {
  const parts = Object.assign(
    [`<iq type="set"><enable xmlns="urn:xmpp:push:0" ${attributes}>${inside.join('')}</enable></iq>`],
    { raw: [] },
  )
  return xml(Object.assign([...parts], { raw: [...parts] }))
}

const enable = (user: User, node: string, ...inside: readonly string[]): Promise<Element> =>
  user.asks(enabling(`jid="${service}" node="${node}"`, ...inside))

/** The condition with which the server refused. */
async function refusal(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
  } catch (reason) {
    if (reason instanceof Refusal) return reason.condition
    throw reason
  }
  throw new Error('it was not refused')
}

async function features(user: User): Promise<readonly string[]> {
  const result = await user.asks(
    xml`<iq type="get" to="${user.account}"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
  )
  const query = child(result, 'query', 'http://jabber.org/protocol/disco#info')
  return query === undefined ? [] : children(query, 'feature').map((feature) => String(feature.attrs['var']))
}

scenario('the account announces what push can do', async ({ juliet }) => {
  expect(await features(juliet)).toEqual(
    expect.arrayContaining([
      'urn:xmpp:push:0',
      'tigase:push:encrypt:0',
      'tigase:push:encrypt:aes-128-gcm',
      'tigase:push:encrypt:omemo:0',
    ]),
  )
})

const refused: readonly (readonly [title: string, attributes: string, inside: string, condition: string])[] = [
  ['without a jid', 'node="n"', '', 'bad-request'],
  ['with an empty jid', 'jid="" node="n"', '', 'bad-request'],
  ['with a jid that is none', 'jid="@@" node="n"', '', 'bad-request'],
  ['with the server itself as its service', 'jid="localhost" node="n"', '', 'not-allowed'],
  ['with the own account as its service', 'jid="juliet@localhost" node="n"', '', 'not-allowed'],
  ['with an account of this server as its service', 'jid="romeo@localhost" node="n"', '', 'not-allowed'],
  ['with an unknown algorithm', `jid="${service}"`, sealing('alg="aes-256-gcm"'), 'feature-not-implemented'],
  ['without an algorithm', `jid="${service}"`, sealing(''), 'bad-request'],
  ['with two <encrypt/>', `jid="${service}"`, sealing() + sealing(), 'bad-request'],
  [
    'with a key of 15 bytes',
    `jid="${service}"`,
    sealing(undefined, Buffer.alloc(15).toString('base64')),
    'bad-request',
  ],
  [
    'with a key of 17 bytes',
    `jid="${service}"`,
    sealing(undefined, Buffer.alloc(17).toString('base64')),
    'bad-request',
  ],
  ['with a key that is no base64', `jid="${service}"`, sealing(undefined, '!!!!'), 'bad-request'],
  ['without a key', `jid="${service}"`, sealing(undefined, ''), 'bad-request'],
  ...['255', '16385', '-300', '3e3', '3000.5', '', 'many', '99999999999999999999'].map(
    (size) =>
      [
        `with max-size='${size}'`,
        `jid="${service}"`,
        sealing(`alg="aes-128-gcm" max-size="${size}"`),
        'bad-request',
      ] as const,
  ),
  [
    'with <omemo/> but no <encrypt/>',
    `jid="${service}"`,
    '<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1"/>',
    'bad-request',
  ],
  ...['0', '4294967296', '-1', '1.5', '', '01', 'x', '99999999999'].map(
    (id) =>
      [
        `with deviceId='${id}'`,
        `jid="${service}"`,
        `${sealing()}<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="${id}"/>`,
        'bad-request',
      ] as const,
  ),
  ['without a deviceId', `jid="${service}"`, `${sealing()}<omemo xmlns="tigase:push:encrypt:omemo:0"/>`, 'bad-request'],
  [
    'with two <omemo/>',
    `jid="${service}"`,
    `${sealing()}<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1"/><omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1"/>`,
    'bad-request',
  ],
  ['with a node of more than 1024 bytes', `jid="${service}" node="${'n'.repeat(1025)}"`, '', 'bad-request'],
]

for (const [title, attributes, inside, condition] of refused) {
  scenario(
    `an <enable/> ${title} is refused with ${condition}, and nothing is stored`,
    async ({ juliet, romeo, server }) => {
      expect(await refusal(juliet.asks(enabling(attributes, inside)))).toBe(condition)
      expect(await server.registrations()).toEqual([])
      await romeo.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    },
    { config: { components: { [service]: 'secret' } } },
  )
}

scenario(
  'a refused <enable/> leaves the registration that is there as it was',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, 'n', sealing())
    const before = await server.registrations()
    expect(await refusal(enable(juliet, 'n', sealing('alg="rot13"')))).toBe('feature-not-implemented')
    expect(await server.registrations()).toEqual(before)
    expect(pushService.connected).toBe(true)
  },
)

scenario('enabling for another account is forbidden', async ({ romeo, juliet, server }) => {
  const question = enabling(`jid="${service}" node="n"`)
  question.attrs['to'] = juliet.account
  expect(await refusal(romeo.asks(question))).toBe('forbidden')
  expect(await server.registrations()).toEqual([])
})

scenario(
  'an account has no more registrations than the operator allows, and may still replace one',
  async ({ juliet, server }) => {
    for (const node of ['a', 'b']) await enable(juliet, node)
    expect(await refusal(enable(juliet, 'c'))).toBe('resource-constraint')
    await enable(juliet, 'b', sealing())
    expect((await server.registrations()).map(({ node, sealed }) => [node, sealed])).toEqual([
      ['a', false],
      ['b', true],
    ])
  },
  { config: { push: { maxRegistrations: 2 } } },
)

scenario('the limits of every number are inside', async ({ juliet, server }) => {
  await enable(
    juliet,
    'least',
    sealing('alg="aes-128-gcm" max-size="256"'),
    '<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="1"/>',
  )
  await enable(
    juliet,
    'most',
    sealing('alg="aes-gcm" max-size="16384"'),
    '<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="4294967295"/>',
  )
  await enable(juliet, 'n'.repeat(1024))
  const registrations = await server.registrations()
  expect(registrations.map(({ maxSize, deviceId }) => [maxSize, deviceId])).toEqual(
    expect.arrayContaining([
      [256, 1],
      [16384, 4294967295],
      [undefined, undefined],
    ]),
  )
})

scenario('white space within a key is ignored', async ({ romeo, juliet, pushService }) => {
  const spaced = `\n  ${key.slice(0, 8)}\n ${key.slice(8)}\t`
  await enable(juliet, 'n', sealing('alg="aes-gcm"', spaced))
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body></message>`)
  expect(openSealed(await pushService.next(), key).json['message']).toBe('hist!')
})

scenario('enabling again without <encrypt/> turns sealing off', async ({ romeo, juliet, pushService, server }) => {
  await enable(juliet, 'n', sealing(), '<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="7"/>')
  await enable(juliet, 'n')
  expect(await server.registrations()).toMatchObject([{ sealed: false, deviceId: undefined }])
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body></message>`)
  expect(summaryOf(await pushService.next())).toEqual({ FORM_TYPE: 'urn:xmpp:push:summary', 'message-count': '1' })
})

scenario(
  'disabling a node ends that node alone, disabling a service all of its nodes, and what is not there is no error',
  async ({ juliet, server }) => {
    for (const node of ['a', 'b', 'c']) await enable(juliet, node)
    await juliet.asks(enabling('jid="push.elsewhere" node="a"'))
    const disable = (attributes: string): Promise<Element> => {
      const text = `<iq type="set"><disable xmlns="urn:xmpp:push:0" ${attributes}/></iq>`
      return juliet.asks(xml(Object.assign([text], { raw: [text] })))
    }
    const nodes = async (): Promise<unknown> =>
      (await server.registrations()).map(({ service: of, node }) => `${of} ${node}`).sort()
    await disable(`jid="${service}" node="b"`)
    expect(await nodes()).toEqual(['push.elsewhere a', `${service} a`, `${service} c`])
    await disable(`jid="${service}"`)
    expect(await nodes()).toEqual(['push.elsewhere a'])
    await disable(`jid="${service}"`)
    await disable('jid="push.nowhere" node="x"')
    expect(await refusal(disable('node="a"'))).toBe('bad-request')
    expect(await nodes()).toEqual(['push.elsewhere a'])
  },
)

scenario('a registration without a node is published without one', async ({ romeo, juliet, pushService }) => {
  await juliet.asks(enabling(`jid="${service}"`))
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body></message>`)
  const item = itemOf(await pushService.next())
  expect(item.parent?.attrs).toEqual({})
})

scenario('the form for publish-options goes with every push, as it came', async ({ romeo, juliet, pushService }) => {
  const form =
    '<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var="secret"><value>&lt;eruwpuqg&gt;</value></field></x>'
  await enable(juliet, 'n', form)
  await juliet.leaves()
  await romeo.sends(xml`<message to="${juliet.account}" type="chat"><body>hist!</body></message>`)
  const pubsub = (await pushService.next()).getChild('pubsub')
  const sent = pubsub?.getChild('publish-options')?.getChild('x')
  expect(sent?.toString()).toBe(form)
})
