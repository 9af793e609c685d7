// XEP-0377: what the log says of a report, and that a block holds whatever its report looks like.

import { expect } from 'vitest'
import { attr, children, type Element } from '../../server/xml.js'
import { type Cast, scenario, type User, xml } from '../helpers/scenario.js'

const report = (jid: string, ...inside: readonly Element[]): Element =>
  xml`<iq type="set"><block xmlns="urn:xmpp:blocking"><item jid="${jid}">${inside}</item></block></iq>`

const spam = xml`<report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam"/>`

/** The fields of each report in the log. */
const reportsIn = (log: Cast['log']): readonly unknown[] =>
  log.lines.filter(({ message }) => message === 'somebody was reported').map(({ fields }) => fields)

async function blockedBy(user: User): Promise<readonly unknown[]> {
  const answer = await user.asks(xml`<iq type="get"><blocklist xmlns="urn:xmpp:blocking"/></iq>`)
  const list = answer.getChild('blocklist')
  return list === undefined ? [] : children(list, 'item').map((item) => attr(item, 'jid'))
}

scenario(
  'a report is logged with its reason, its text and its messages, and its JID is blocked',
  async ({ romeo, log }) => {
    await romeo.asks(
      report(
        'tybalt@localhost',
        xml`<report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:abuse">
        <stanza-id xmlns="urn:xmpp:sid:0" by="romeo@localhost" id="1"/>
        <stanza-id xmlns="urn:xmpp:sid:0" by="romeo@localhost" id="2"/>
        <text xml:lang="en">Thou art a villain.</text>
        <report-origin/>
      </report>`,
      ),
    )
    const told = { text: 'Thou art a villain.', messages: '1 2', forwarding: 'report-origin' }
    expect(reportsIn(log)).toEqual([
      { by: 'romeo@localhost', jid: 'tybalt@localhost', reason: 'urn:xmpp:reporting:abuse', ...told },
    ])
    expect(await blockedBy(romeo)).toEqual(['tybalt@localhost'])
  },
)

scenario(
  'a report that is none, or of whom is blocked already, is not logged, and the block holds',
  async ({ romeo, log }) => {
    await romeo.asks(report('a@b', xml`<report xmlns="urn:xmpp:reporting:1"/>`))
    await romeo.asks(report('c@d', xml`<report xmlns="urn:example:other" reason="x"/>`))
    await romeo.asks(report('e@f'))
    await romeo.asks(report('e@f', spam))
    expect(reportsIn(log)).toEqual([])
    expect(await blockedBy(romeo)).toEqual(['a@b', 'c@d', 'e@f'])
  },
)

scenario('a report of a block that is refused is not logged', async ({ romeo, log }) => {
  await expect(romeo.asks(report('romeo@localhost', spam))).rejects.toThrow('not-allowed')
  expect(reportsIn(log)).toEqual([])
})

scenario('one account cannot fill the log, neither by long texts nor by many reports', async ({ romeo, log }) => {
  const long = xml`<report xmlns="urn:xmpp:reporting:1" reason="${'r'.repeat(1000)}"><text>${'x'.repeat(10_000)}</text></report>`
  const items = Array.from({ length: 60 }, (_, number) => xml`<item jid="user${number}@b">${long}</item>`)
  for (const some of [items.slice(0, 15), items.slice(15, 30), items.slice(30, 45), items.slice(45)]) {
    await romeo.asks(xml`<iq type="set"><block xmlns="urn:xmpp:blocking">${some}</block></iq>`)
  }
  expect(reportsIn(log)).toHaveLength(50)
  expect(JSON.stringify(reportsIn(log)[0]).length).toBeLessThan(1200)
})
