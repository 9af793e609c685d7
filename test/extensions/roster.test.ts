// Rosters (RFC 6121 §2) as clients see them.

import { expect } from 'vitest'
import { rosterGet } from '../helpers/friends.js'
import { any, expectSame, Refusal, scenario, type User, xml } from '../helpers/scenario.js'

type Element = ReturnType<typeof xml>

const set = (item: Element): Element => xml`<iq type="set"><query xmlns="jabber:iq:roster">${item}</query></iq>`

const push = (user: User, item: Element): Element =>
  xml`<iq type="set" id="${any}" from="${user.account}" to="${user.jid}"><query xmlns="jabber:iq:roster" ver="${any}">${item}</query></iq>`

async function expectRoster(user: User, ...items: readonly Element[]): Promise<void> {
  const result = await user.asks(rosterGet)
  const wanted = xml`<iq type="result" id="${any}" from="${user.account}" to="${user.jid}"><query xmlns="jabber:iq:roster" ver="${any}">${items}</query></iq>`
  expectSame(result, wanted)
}

scenario('a roster is empty at first', async ({ romeo }) => {
  await expectRoster(romeo)
})

scenario(
  'a contact that is set is pushed to the session that set it before its result, and stays',
  async ({ romeo }) => {
    await romeo.asks(rosterGet)
    const item = xml`<item jid="nurse@localhost" name="Angelica" subscription="none"><group>Servants</group><group>Friends</group></item>`
    const asked = romeo.asks(
      set(xml`<item jid="nurse@localhost" name="Angelica"><group>Servants</group><group>Friends</group></item>`),
    )
    const first = await Promise.race([asked, romeo.receives(push(romeo, item))])
    expect(first.attrs['type']).toBe('set')
    await asked
    await romeo.leaves()
    await romeo.arrives()
    await expectRoster(romeo, item)
  },
)

scenario('every session that has read the roster is told of a change, and no other', async ({ romeo }) => {
  const [phone, tablet] = [await romeo.also('phone'), await romeo.also('tablet')]
  await phone.asks(rosterGet)
  await tablet.sends(xml`<presence/>`)
  await tablet.next()
  await romeo.asks(set(xml`<item jid="nurse@localhost"/>`))
  await phone.receives(push(phone, xml`<item jid="nurse@localhost" subscription="none"/>`))
  await romeo.receivesNothing()
  await tablet.receivesNothing()
})

scenario('a session that comes again has to read the roster again to be told', async ({ romeo }) => {
  await romeo.asks(rosterGet)
  await romeo.leaves()
  await romeo.arrives()
  await romeo.asks(set(xml`<item jid="nurse@localhost"/>`))
  await romeo.receivesNothing()
})

scenario('a contact is set again with another name and other groups, whole', async ({ romeo }) => {
  await romeo.asks(set(xml`<item jid="nurse@localhost" name="Angelica"><group>Servants</group></item>`))
  await romeo.asks(set(xml`<item jid="nurse@localhost" name="Nurse"/>`))
  await expectRoster(romeo, xml`<item jid="nurse@localhost" name="Nurse" subscription="none"/>`)
  await romeo.asks(set(xml`<item jid="nurse@localhost" name=""><group>A &amp; B</group></item>`))
  await romeo.receives(
    push(romeo, xml`<item jid="nurse@localhost" subscription="none"><group>A &amp; B</group></item>`),
  )
  await expectRoster(romeo, xml`<item jid="nurse@localhost" subscription="none"><group>A &amp; B</group></item>`)
})

scenario('the address of a contact is prepared: two ways to write it are one contact', async ({ romeo }) => {
  await romeo.asks(set(xml`<item jid="Nurse@LOCALHOST" name="1"/>`))
  await romeo.asks(set(xml`<item jid="nurse@localhost" name="2"/>`))
  await expectRoster(romeo, xml`<item jid="nurse@localhost" name="2" subscription="none"/>`)
})

scenario('a client cannot give itself a subscription', async ({ romeo }) => {
  await romeo.asks(set(xml`<item jid="nurse@localhost" subscription="both" ask="subscribe" approved="true"/>`))
  await expectRoster(romeo, xml`<item jid="nurse@localhost" subscription="none"/>`)
})

scenario('a contact that is removed is gone, and the sessions are told', async ({ romeo }) => {
  await romeo.asks(set(xml`<item jid="nurse@localhost"/>`))
  await romeo.asks(rosterGet)
  await romeo.asks(set(xml`<item jid="nurse@localhost" subscription="remove"/>`))
  await romeo.receives(push(romeo, xml`<item jid="nurse@localhost" subscription="remove"/>`))
  await expectRoster(romeo)
})

const groups = (count: number): Element[] => Array.from({ length: count }, (_, index) => xml`<group>${index}</group>`)

const refused: readonly (readonly [what: string, item: readonly Element[], condition: string])[] = [
  ['without an item', [], 'bad-request'],
  ['with two items', [xml`<item jid="a@localhost"/>`, xml`<item jid="b@localhost"/>`], 'bad-request'],
  ['with an item without a jid', [xml`<item name="Angelica"/>`], 'bad-request'],
  ['with something else than an item', [xml`<thing jid="nurse@localhost"/>`], 'bad-request'],
  ['of a full JID', [xml`<item jid="nurse@localhost/house"/>`], 'bad-request'],
  ['of what is no JID', [xml`<item jid="@localhost"/>`], 'jid-malformed'],
  ['of the own account', [xml`<item jid="romeo@localhost"/>`], 'not-allowed'],
  ['that removes the own account', [xml`<item jid="romeo@localhost" subscription="remove"/>`], 'not-allowed'],
  ['that removes who is not there', [xml`<item jid="nurse@localhost" subscription="remove"/>`], 'item-not-found'],
  ['with a group without a name', [xml`<item jid="nurse@localhost"><group/></item>`], 'not-acceptable'],
  [
    'with a group named twice',
    [xml`<item jid="nurse@localhost"><group>A</group><group>A</group></item>`],
    'bad-request',
  ],
  ['with 65 groups', [xml`<item jid="nurse@localhost">${groups(65)}</item>`], 'not-acceptable'],
  ['with a name of 1,024 bytes', [xml`<item jid="nurse@localhost" name="${'é'.repeat(512)}"/>`], 'not-acceptable'],
  [
    'with a group of 1,024 bytes',
    [xml`<item jid="nurse@localhost"><group>${'x'.repeat(1024)}</group></item>`],
    'not-acceptable',
  ],
]

for (const [what, items, condition] of refused) {
  scenario(`a roster set ${what} is refused with ${condition}, and nothing changes`, async ({ romeo }) => {
    await romeo.asks(rosterGet)
    const asked = romeo.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster">${items}</query></iq>`)
    const refusal: unknown = await asked.catch((reason: unknown) => reason)
    expect(refusal instanceof Refusal ? refusal.condition : refusal).toBe(condition)
    await romeo.receivesNothing()
    await expectRoster(romeo)
  })
}

scenario('names of 1,023 bytes and 64 groups are taken', async ({ romeo }) => {
  const name = `${'é'.repeat(511)}e`
  await romeo.asks(set(xml`<item jid="nurse@localhost" name="${name}">${groups(63)}<group>${name}</group></item>`))
  await expectRoster(
    romeo,
    xml`<item jid="nurse@localhost" name="${name}" subscription="none">${groups(63)}<group>${name}</group></item>`,
  )
})

scenario("nobody reads or writes somebody else's roster", async ({ romeo, juliet }) => {
  await juliet.asks(rosterGet)
  const query = xml`<query xmlns="jabber:iq:roster"/>`
  const write = xml`<query xmlns="jabber:iq:roster"><item jid="romeo@localhost" name="Romeo"/></query>`
  await expect(romeo.asks(xml`<iq type="get" to="${juliet.account}">${query}</iq>`)).rejects.toThrow('forbidden')
  await expect(romeo.asks(xml`<iq type="set" to="${juliet.account}">${write}</iq>`)).rejects.toThrow('forbidden')
  await expect(romeo.asks(xml`<iq type="get" to="nobody@localhost">${query}</iq>`)).rejects.toThrow('forbidden')
  await expectRoster(juliet)
})

scenario('a roster can be read and written at the own bare JID as well', async ({ romeo }) => {
  const query = xml`<query xmlns="jabber:iq:roster"><item jid="nurse@localhost"/></query>`
  await romeo.asks(xml`<iq type="set" to="${romeo.account}">${query}</iq>`)
  const result = await romeo.asks(xml`<iq type="get" to="${romeo.account}"><query xmlns="jabber:iq:roster"/></iq>`)
  expect(result.getChild('query')?.getChildren('item')).toHaveLength(1)
})

scenario('two sessions that write the same contact at once both keep to one truth', async ({ romeo }) => {
  const phone = await romeo.also('phone')
  await romeo.asks(rosterGet)
  const writes = Array.from({ length: 20 }, (_, index) =>
    (index % 2 === 0 ? romeo : phone).asks(set(xml`<item jid="nurse@localhost" name="${index}"/>`)),
  )
  await Promise.all(writes)
  const pushed: string[] = []
  for (let count = 0; count < 20; count += 1) {
    pushed.push(String((await romeo.next()).getChild('query')?.getChild('item')?.attrs['name']))
  }
  expect(new Set(pushed).size).toBe(20)
  await expectRoster(romeo, xml`<item jid="nurse@localhost" name="${pushed.at(-1) ?? ''}" subscription="none"/>`)
})

scenario('the groups of a contact are bounded together', async ({ romeo }) => {
  const groups = Array.from({ length: 60 }, (_, index) => xml`<group>${`${String(index)} ${'g'.repeat(100)}`}</group>`)
  const set = xml`<iq type="set"><query xmlns="jabber:iq:roster"><item jid="juliet@localhost">${groups}</item></query></iq>`
  await expect(romeo.asks(set)).rejects.toMatchObject({ condition: 'not-acceptable' })
})
