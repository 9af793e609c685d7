// Private XML storage (XEP-0049) with stock clients.

import { describe } from 'vitest'
import { type Element, parse, serialize } from '../../server/xml.js'
import { expectRefused } from '../helpers/pep.js'
import { any, expectSame, scenario, xml } from '../helpers/scenario.js'

const NS = 'jabber:iq:private'

function query(type: 'get' | 'set', inside: string, to?: string): Element {
  const iq = parse(`<iq type="${type}"><query xmlns="${NS}">${inside}</query></iq>`)
  if (to !== undefined) iq.attrs['to'] = to
  return iq
}

const result = (to: string, from: string, inside: string) =>
  parse(`<iq type="result" id="${any}" from="${from}" to="${to}"><query xmlns="${NS}">${inside}</query></iq>`)

const bookmarks =
  '<storage xmlns="storage:bookmarks"><conference jid="globe@rooms.example" name="&lt;Globe&gt;"/></storage>'
const notes = '<storage xmlns="storage:rosternotes"><note jid="romeo@localhost">Montague</note></storage>'

describe('private XML', () => {
  scenario('what a client keeps every client of the account reads, as it was', async ({ juliet }) => {
    expectSame(
      await juliet.asks(query('set', bookmarks + notes)),
      xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}"/>`,
    )
    const phone = await juliet.also('phone')
    expectSame(
      await phone.asks(query('get', '<storage xmlns="storage:bookmarks"/>')),
      result(phone.jid, juliet.account, bookmarks),
    )
    expectSame(
      await phone.asks(query('get', '<storage xmlns="storage:rosternotes"/>', juliet.account)),
      result(phone.jid, juliet.account, notes),
    )
  })

  scenario('what was never kept, or was emptied, is answered empty', async ({ juliet }) => {
    const empty = '<storage xmlns="storage:bookmarks"/>'
    expectSame(await juliet.asks(query('get', empty)), result(juliet.jid, juliet.account, empty))
    await juliet.asks(query('set', bookmarks))
    await juliet.asks(query('set', empty))
    expectSame(await juliet.asks(query('get', empty)), result(juliet.jid, juliet.account, empty))
  })

  scenario('private XML of somebody else is forbidden, and not changed', async ({ juliet, romeo }) => {
    await juliet.asks(query('set', notes))
    const asked = '<storage xmlns="storage:rosternotes"/>'
    await expectRefused(romeo.asks(query('get', asked, juliet.account)), 'forbidden')
    await expectRefused(romeo.asks(query('set', asked, juliet.account)), 'forbidden')
    await expectRefused(romeo.asks(query('get', asked, 'nobody@localhost')), 'forbidden')
    expectSame(await juliet.asks(query('get', asked)), result(juliet.jid, juliet.account, notes))
  })

  scenario('a query without an element in a namespace of its own is not-acceptable', async ({ juliet }) => {
    for (const type of ['get', 'set'] as const) {
      await expectRefused(juliet.asks(query(type, '')), 'not-acceptable')
      await expectRefused(juliet.asks(query(type, '<storage/>')), 'not-acceptable')
      await expectRefused(juliet.asks(query(type, '<storage xmlns=""/>')), 'not-acceptable')
    }
  })

  scenario('a query for two elements is not-acceptable', async ({ juliet }) => {
    await expectRefused(juliet.asks(query('get', '<a xmlns="urn:a"/><b xmlns="urn:a"/>')), 'not-acceptable')
  })

  scenario('a private element keeps all that is inside it', async ({ juliet }) => {
    const all = '<a xmlns="urn:a" b="&quot;&amp;"><c xmlns="urn:c"> &lt;d/&gt; </c><e/>\u{1F98A}</a>'
    await juliet.asks(query('set', all))
    expectSame(await juliet.asks(query('get', '<a xmlns="urn:a"/>')), result(juliet.jid, juliet.account, all))
  })

  scenario('private XML beyond 1 MiB is refused, and what is there stays', async ({ juliet }) => {
    const large = (name: string, bytes: number) => `<${name} xmlns="urn:large">${'x'.repeat(bytes)}</${name}>`
    for (const name of ['a', 'b', 'c', 'd']) await juliet.asks(query('set', large(name, 250_000)))
    await expectRefused(juliet.asks(query('set', large('e', 50_000))), 'resource-constraint')
    await juliet.asks(query('set', large('a', 250_001)))
    await juliet.asks(query('set', '<b xmlns="urn:large"/>'))
    await juliet.asks(query('set', large('e', 50_000)))
    const kept = await juliet.asks(query('get', '<a xmlns="urn:large"/>'))
    expectSame(kept, result(juliet.jid, juliet.account, large('a', 250_001)))
  })

  scenario('private XML of more than 1,000 elements is refused', async ({ juliet }) => {
    const some = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => serialize(xml`<a xmlns="urn:${from + index}" b="c"/>`)).join('')
    await juliet.asks(query('set', some(1000, 0)))
    await expectRefused(juliet.asks(query('set', some(1, 1000))), 'resource-constraint')
    await juliet.asks(query('set', some(1, 999)))
  })
})
