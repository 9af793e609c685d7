// Resource binding (RFC 6120 §7): which full JID a session gets, and when it gets none.

import { expect } from 'vitest'
import { child, el, type Element, serialize, text } from '../../server/xml.js'
import type { RawClient } from '../helpers/raw-client.js'
import { scenario, xml } from '../helpers/scenario.js'

const NS = 'urn:ietf:params:xml:ns:xmpp-bind'
const PASSWORD = 'the password of juliet'

const bind = (resource?: string): Element =>
  el('bind', { xmlns: NS }, resource === undefined ? undefined : el('resource', {}, resource))

async function authenticated(client: RawClient): Promise<Element> {
  await client.opens()
  expect((await client.authenticates('juliet', PASSWORD)).name).toBe('success')
  return (await client.opens()).features
}

/** The answer to an iq with this inside. */
function asks(
  client: RawClient,
  payload: Element,
  attributes: Readonly<Record<string, string>> = {},
): Promise<Element> {
  client.send(serialize(el('iq', { xmlns: 'jabber:client', type: 'set', id: 'b1', ...attributes }, payload)))
  return client.next()
}

function boundJid(answer: Element): string {
  expect([answer.attrs['type'], answer.attrs['id']]).toEqual(['result', 'b1'])
  const jid = child(child(answer, 'bind', NS) ?? answer, 'jid', NS)
  return jid === undefined ? serialize(answer) : text(jid)
}

function refusal(answer: Element): string {
  expect(answer.attrs['type']).toBe('error')
  const error = answer.getChild('error')
  return `${String(error?.attrs['type'])} ${String(error?.getChildElements()[0]?.name)}`
}

scenario(
  'binding is offered to who is logged in, and to nobody else',
  async ({ raw }) => {
    const client = await raw()
    expect((await client.opens()).features.getChild('bind')).toBeUndefined()
    expect((await client.authenticates('juliet', PASSWORD)).name).toBe('success')
    const { features } = await client.opens()
    expect(features.getChildElements().map(({ name }) => name)).toContain('bind')
    expect(features.getChild('bind')?.attrs['xmlns']).toBe(NS)
    expect(features.getChild('session')).toBeUndefined()
  },
  { offline: ['juliet'] },
)

scenario(
  'a client gets the resource that it asks for, prepared',
  async ({ raw }) => {
    for (const [wanted, bound] of [
      ['converse.js-1', 'converse.js-1'],
      ['Balcony', 'Balcony'],
      ['the\u00a0garden', 'the garden'],
      ['a\u030angel/@"\'&<>', 'ångel/@"\'&<>'],
    ] as const) {
      const client = await raw()
      await authenticated(client)
      expect(boundJid(await asks(client, bind(wanted)))).toBe(`juliet@localhost/${bound}`)
    }
  },
  { offline: ['juliet'] },
)

scenario(
  'a client that leaves the resource to the server gets one that nobody can guess',
  async ({ raw }) => {
    const resources = new Set<string>()
    for (const request of [bind(), bind(''), bind()]) {
      const client = await raw()
      await authenticated(client)
      const [, resource = ''] = /^juliet@localhost\/([\w-]{16})$/.exec(boundJid(await asks(client, request))) ?? []
      resources.add(resource)
    }
    expect(resources.size).toBe(3)
    expect(resources).not.toContain('')
  },
  { offline: ['juliet'] },
)

scenario(
  'a resource that cannot be one is refused, and the client may ask for another',
  async ({ raw }) => {
    const client = await raw()
    await authenticated(client)
    for (const wanted of ['a\u0085b', 'x'.repeat(1024), '\u{e0001}']) {
      expect(refusal(await asks(client, bind(wanted)))).toBe('modify bad-request')
    }
    expect(boundJid(await asks(client, bind('x'.repeat(1023))))).toBe(`juliet@localhost/${'x'.repeat(1023)}`)
  },
  { offline: ['juliet'] },
)

scenario('a client that asks for a resource that is there takes its place', async ({ juliet, raw }) => {
  const client = await raw()
  await authenticated(client)
  expect(boundJid(await asks(client, bind('test')))).toBe('juliet@localhost/test')
  expect(await juliet.ended()).toBe('conflict')
})

scenario('clients of different resources live side by side', async ({ juliet }) => {
  const phone = await juliet.also('phone')
  expect(phone.jid).toBe('juliet@localhost/phone')
  await juliet.sends(xml`<message to="${phone.jid}" type="headline" id="m1"><body>Anon!</body></message>`)
  expect((await phone.next()).attrs['id']).toBe('m1')
})

scenario('a session that is bound is not bound again, wherever it asks', async ({ juliet }) => {
  for (const to of ['', 'to="localhost"', 'to="juliet@localhost"']) {
    const question = xml`<iq type="set"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`
    const [, address] = /"(.+)"/.exec(to) ?? []
    if (address !== undefined) question.attrs['to'] = address
    await expect(juliet.asks(question)).rejects.toMatchObject({ condition: 'not-allowed', type: 'cancel' })
  }
  expect(juliet.jid).toBe('juliet@localhost/test')
})

scenario('nobody binds in the name of another', async ({ romeo, juliet }) => {
  const question = xml`<iq type="set" to="${juliet.account}"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`
  await expect(romeo.asks(question)).rejects.toMatchObject({ condition: 'forbidden' })
})

scenario(
  'nothing but binding is done for who is not bound yet',
  async ({ raw }) => {
    const client = await raw()
    await authenticated(client)
    expect(refusal(await asks(client, el('ping', { xmlns: 'urn:xmpp:ping' })))).toBe('auth not-authorized')
    expect(refusal(await asks(client, bind('x'), { type: 'get' }))).toBe('auth not-authorized')
    expect(boundJid(await asks(client, bind('x')))).toBe('juliet@localhost/x')
  },
  { offline: ['juliet'] },
)

scenario(
  'an account has at most a hundred sessions: one more is refused, but may take the place of another',
  async ({ raw }) => {
    const clients: RawClient[] = []
    for (let count = 0; count < 100; count += 1) {
      const client = await raw()
      await client.logsIn('juliet', PASSWORD, `r${count}`)
      clients.push(client)
    }
    const late = await raw()
    await authenticated(late)
    expect(refusal(await asks(late, bind('late')))).toBe('wait resource-constraint')
    expect(refusal(await asks(late, bind()))).toBe('wait resource-constraint')
    expect(boundJid(await asks(late, bind('r42')))).toBe('juliet@localhost/r42')
    const replaced = await clients[42]?.next()
    expect(replaced && serialize(replaced)).toContain('conflict')
  },
  { offline: ['juliet'] },
)
