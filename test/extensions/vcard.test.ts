// vCards (XEP-0054) with stock clients.

import { describe, expect } from 'vitest'
import { type Element, parse } from '../../server/xml.js'
import { expectRefused } from '../helpers/pep.js'
import { any, expectSame, scenario, xml } from '../helpers/scenario.js'

const getting = (to?: string) =>
  to === undefined
    ? xml`<iq type="get"><vCard xmlns="vcard-temp"/></iq>`
    : xml`<iq type="get" to="${to}"><vCard xmlns="vcard-temp"/></iq>`

function setting(inside: string, to?: string): Element {
  const iq = parse(`<iq type="set"><vCard xmlns="vcard-temp" version="3.0">${inside}</vCard></iq>`)
  if (to !== undefined) iq.attrs['to'] = to
  return iq
}

const answer = (from: string, to: string, vcard: string) =>
  parse(`<iq type="result" id="${any}" from="${from}" to="${to}">${vcard}</iq>`)

const inside =
  '<FN>Juliet &amp; Co</FN><N><GIVEN>Juliet</GIVEN></N><PHOTO><EXTVAL>https://example.org/a.png</EXTVAL></PHOTO>'
const whole = `<vCard xmlns="vcard-temp" version="3.0">${inside}</vCard>`

describe('vCards', () => {
  scenario('a vCard is set, and read by its account and by everybody else', async ({ juliet, romeo }) => {
    expectSame(
      await juliet.asks(setting(inside)),
      xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}"/>`,
    )
    expectSame(await juliet.asks(getting()), answer(juliet.account, juliet.jid, whole))
    expectSame(await juliet.asks(getting(juliet.account)), answer(juliet.account, juliet.jid, whole))
    expectSame(await romeo.asks(getting(juliet.account)), answer(juliet.account, romeo.jid, whole))
  })

  scenario('a vCard is read while its account is away, and no client of it is asked', async ({ juliet, romeo }) => {
    await juliet.asks(setting(inside))
    await juliet.leaves()
    expectSame(await romeo.asks(getting(juliet.account)), answer(juliet.account, romeo.jid, whole))
  })

  scenario('a vCard is replaced whole', async ({ juliet }) => {
    await juliet.asks(setting(inside))
    await juliet.asks(setting('<NICKNAME>Jule</NICKNAME>', juliet.account))
    expectSame(
      await juliet.asks(getting()),
      answer(juliet.account, juliet.jid, '<vCard xmlns="vcard-temp" version="3.0"><NICKNAME>Jule</NICKNAME></vCard>'),
    )
  })

  scenario('an account without a vCard has an empty one', async ({ juliet }) => {
    const empty = answer(juliet.account, juliet.jid, '<vCard xmlns="vcard-temp"/>')
    expectSame(await juliet.asks(getting()), empty)
    await juliet.asks(setting(inside))
    await juliet.asks(setting(''))
    expectSame(await juliet.asks(getting()), empty)
  })

  scenario('no vCard and no account look the same to others', async ({ juliet, romeo, nurse }) => {
    await juliet.asks(setting(inside))
    await juliet.asks(setting(''))
    await expectRefused(romeo.asks(getting(juliet.account)), 'service-unavailable')
    await expectRefused(romeo.asks(getting(nurse.account)), 'service-unavailable')
    await expectRefused(romeo.asks(getting('nobody@localhost')), 'service-unavailable')
  })

  scenario("nobody sets somebody else's vCard", async ({ juliet, romeo }) => {
    await juliet.asks(setting(inside))
    await expectRefused(romeo.asks(setting('<FN>Mine</FN>', juliet.account)), 'forbidden')
    await expectRefused(romeo.asks(setting('<FN>Mine</FN>', 'nobody@localhost')), 'forbidden')
    expectSame(await romeo.asks(getting(juliet.account)), answer(juliet.account, romeo.jid, whole))
  })

  scenario(
    'a vCard of more than 262,144 bytes is refused, also where stanzas may be larger, and the old one stays',
    async ({ juliet }) => {
      await juliet.asks(setting(inside))
      await expectRefused(juliet.asks(setting(`<NOTE>${'é'.repeat(131_072)}</NOTE>`)), 'not-acceptable')
      await expectRefused(
        juliet.asks(setting(`<PHOTO><BINVAL>${'x'.repeat(262_144)}</BINVAL></PHOTO>`)),
        'not-acceptable',
      )
      expectSame(await juliet.asks(getting()), answer(juliet.account, juliet.jid, whole))
      await juliet.asks(setting(`<NOTE>${'é'.repeat(131_000)}</NOTE>`))
    },
    { config: { limits: { stanzaBytes: 600_000 } } },
  )

  scenario('the server and the account announce vCards', async ({ juliet, romeo }) => {
    const featuresOf = async (to: string) => {
      const info = await juliet.asks(
        xml`<iq type="get" to="${to}"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
      )
      const features = info.getChild('query')?.getChildren('feature') ?? []
      return features.map((feature) => String(feature.attrs['var']))
    }
    expect(await featuresOf('localhost')).toContain('vcard-temp')
    expect(await featuresOf(juliet.account)).toEqual(
      expect.arrayContaining(['vcard-temp', 'urn:xmpp:pep-vcard-conversion:0']),
    )
    // The server has none itself.
    await expectRefused(romeo.asks(getting('localhost')), 'service-unavailable')
  })
})
