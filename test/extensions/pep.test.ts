// Personal eventing (XEP-0163, XEP-0060) with stock clients: publish, read, retract, configure, and who hears of it.

import { describe, expect } from 'vitest'
import { attr, child, type Element, parse, text } from '../../server/xml.js'
import {
  appears,
  asking,
  befriend,
  configuring,
  EVENT,
  expectRefused,
  heard,
  idsIn,
  itemsOf,
  OWNER,
  publishing,
  PUBSUB,
  sees,
  tune,
} from '../helpers/pep.js'
import { any, expectSame, scenario, xml } from '../helpers/scenario.js'

const TUNE = 'http://jabber.org/protocol/tune'

describe('publishing', () => {
  scenario('an item that is published can be read, whole and under its id', async ({ juliet }) => {
    const result = await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('Allegro') }))
    expectSame(
      result,
      xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}">
        <pubsub xmlns="${PUBSUB}"><publish node="${TUNE}"><item id="a"/></publish></pubsub>
      </iq>`,
    )
    expectSame(
      await juliet.asks(asking('get', PUBSUB, `<items node="${TUNE}"/>`)),
      xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}">
        <pubsub xmlns="${PUBSUB}"><items node="${TUNE}"><item id="a">${tune('Allegro')}</item></items></pubsub>
      </iq>`,
    )
  })

  scenario('an item without an id gets one of its own', async ({ juliet }) => {
    const options = { max_items: '5' }
    const first = await juliet.asks(publishing({ node: TUNE, payload: tune('one'), options }))
    const second = await juliet.asks(publishing({ node: TUNE, payload: tune('two') }))
    const ids = [first, second].map(
      (result) => result.getChild('pubsub')?.getChild('publish')?.getChild('item')?.attrs['id'] as string,
    )
    expect(ids.every((id) => id.length > 10)).toBe(true)
    expect(await itemsOf(juliet, TUNE)).toEqual(ids)
  })

  scenario('a node keeps one item unless its owner says more', async ({ juliet }) => {
    for (const id of ['a', 'b']) await juliet.asks(publishing({ node: TUNE, id, payload: tune(id) }))
    expect(await itemsOf(juliet, TUNE)).toEqual(['b'])
  })

  scenario('an item of the same id takes the place of the former one, and is the newest', async ({ juliet }) => {
    const options = { max_items: 'max' }
    for (const id of ['a', 'b', 'c', 'a']) await juliet.asks(publishing({ node: TUNE, id, payload: tune(id), options }))
    expect(await itemsOf(juliet, TUNE)).toEqual(['b', 'c', 'a'])
  })

  scenario('of more items than the node keeps, the oldest go', async ({ juliet }) => {
    const options = { max_items: '2' }
    for (const id of ['a', 'b', 'c']) await juliet.asks(publishing({ node: TUNE, id, payload: tune(id), options }))
    expect(await itemsOf(juliet, TUNE)).toEqual(['b', 'c'])
  })

  scenario('nobody publishes in the name of another account', async ({ juliet, romeo }) => {
    const item = { node: TUNE, payload: tune('mine'), to: juliet.account }
    await expectRefused(romeo.asks(publishing(item)), 'forbidden')
    await expectRefused(romeo.asks(publishing({ ...item, to: 'nobody@localhost' })), 'forbidden')
    await expectRefused(itemsOf(juliet, TUNE), 'item-not-found')
  })

  scenario('a payload comes back as it was, whatever is in it', async ({ juliet }) => {
    const payload = xml`<a xmlns="urn:example:a" xml:lang="de"><b xmlns="">&lt;&amp;"' ${'\u{1F339}'}</b><c xmlns="urn:example:c" at="&lt;&quot;"/> t </a>`
    await juliet.asks(publishing({ node: 'urn:example:a', id: 'i', payload }))
    const result = await juliet.asks(asking('get', PUBSUB, '<items node="urn:example:a"/>'))
    expectSame(result.getChild('pubsub')?.getChild('items')?.getChild('item')?.getChild('a') ?? result, payload)
  })

  scenario('an account has at most 1,000 nodes', async ({ juliet }) => {
    const node = (index: number): string => `urn:example:${index}`
    const payload = tune('x')
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => juliet.asks(publishing({ node: node(index), payload }))),
    )
    await expectRefused(
      juliet.asks(publishing({ node: node(1000), payload })),
      'resource-constraint',
      'max-nodes-exceeded',
    )
    await juliet.asks(publishing({ node: node(7), payload }))
  })

  scenario(
    'what an account keeps has 10 MiB at most; what is beyond is refused, changes nothing, and nobody hears of it',
    async ({ juliet, server }) => {
      const options = { max_items: 'max' }
      const part = tune('x'.repeat(250_000))
      for (let index = 0; index < 41; index += 1) {
        await juliet.asks(publishing({ node: 'urn:example:heap', id: `${index}`, payload: part, options }))
      }
      await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('short') }))
      await appears(juliet, server, TUNE, 'urn:example:new')

      const refused = async (node: string, id: string, payload: Element): Promise<void> =>
        expectRefused(juliet.asks(publishing({ node, id, payload })), 'resource-constraint')
      await refused('urn:example:new', 'a', part)
      await refused(TUNE, 'a', part)
      await refused('urn:example:heap', 'more', part)
      expect(await heard(juliet, server)).toEqual([])
      await expectRefused(itemsOf(juliet, 'urn:example:new'), 'item-not-found')
      expectSame(
        await juliet.asks(asking('get', PUBSUB, `<items node="${TUNE}"/>`)),
        xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}">
          <pubsub xmlns="${PUBSUB}"><items node="${TUNE}"><item id="a">${tune('short')}</item></items></pubsub>
        </iq>`,
      )
      expect(await itemsOf(juliet, 'urn:example:heap', undefined, ' max_items="1"')).toEqual(['40'])

      await juliet.asks(publishing({ node: 'urn:example:heap', id: '7', payload: part }))
      await juliet.asks(asking('set', PUBSUB, '<retract node="urn:example:heap"><item id="8"/></retract>'))
      await juliet.asks(publishing({ node: 'urn:example:new', id: 'a', payload: part }))
      expect((await heard(juliet, server)).flatMap(idsIn)).toEqual(['a'])
    },
  )
})

describe('publish options', () => {
  scenario('make the configuration of a node that is not there', async ({ juliet, romeo }) => {
    const options = { access_model: 'open', persist_items: 'true' }
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x'), options }))
    expect(await itemsOf(romeo, TUNE, juliet.account)).toEqual(['a'])
  })

  scenario(
    'that a node does not meet refuse the item; configured as asked, the node takes it',
    async ({ juliet, romeo }) => {
      await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('one') }))
      const wanted = { node: TUNE, id: 'b', payload: tune('two'), options: { access_model: 'open', max_items: 'max' } }
      await expectRefused(juliet.asks(publishing(wanted)), 'conflict', 'precondition-not-met')
      expect(await itemsOf(juliet, TUNE)).toEqual(['a'])
      await juliet.asks(configuring(TUNE, wanted.options))
      await juliet.asks(publishing(wanted))
      expect(await itemsOf(romeo, TUNE, juliet.account)).toEqual(['a', 'b'])
    },
  )

  scenario('of two clients that make a node at once, differently, refuse one', async ({ juliet }) => {
    const phone = await juliet.also('phone')
    const publish = (user: typeof juliet, access_model: string) =>
      user.asks(publishing({ node: TUNE, payload: tune('x'), options: { access_model } }))
    const outcomes = await Promise.allSettled([publish(juliet, 'open'), publish(phone, 'whitelist')])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await itemsOf(juliet, TUNE)).toHaveLength(1)
  })

  scenario('that nobody knows, or nobody can meet, refuse the item and make no node', async ({ juliet }) => {
    const item = { node: TUNE, payload: tune('x') }
    await expectRefused(
      juliet.asks(publishing({ ...item, options: { colour: 'red' } })),
      'bad-request',
      'invalid-options',
    )
    await expectRefused(juliet.asks(publishing({ ...item, options: { publish_model: 'open' } })), 'not-acceptable')
    await expectRefused(
      juliet.asks(publishing({ ...item, options: { access_model: 'authorize' } })),
      'not-acceptable',
      'unsupported-access-model',
    )
    await expectRefused(itemsOf(juliet, TUNE), 'item-not-found')
  })
})

describe('OMEMO', () => {
  const axolotl = 'eu.siacs.conversations.axolotl'
  const open = { access_model: 'open' }

  scenario(
    'a stranger finds the devices and bundles of both versions, one bundle by its device id',
    async ({ juliet, romeo }) => {
      const bundle = (id: string) => xml`<bundle xmlns="urn:xmpp:omemo:2"><spk id="1">${id}</spk></bundle>`
      const list = xml`<list xmlns="${axolotl}"><device xmlns="${axolotl}" id="7"/></list>`
      await juliet.asks(publishing({ node: `${axolotl}.devicelist`, id: 'current', payload: list, options: open }))
      const old = xml`<bundle xmlns="${axolotl}"/>`
      await juliet.asks(publishing({ node: `${axolotl}.bundles:7`, id: 'current', payload: old, options: open }))
      const devices = xml`<devices xmlns="urn:xmpp:omemo:2"><device xmlns="urn:xmpp:omemo:2" id="7"/></devices>`
      await juliet.asks(
        publishing({ node: 'urn:xmpp:omemo:2:devices', id: 'current', payload: devices, options: open }),
      )
      for (const id of ['7', '8']) {
        const options = { ...open, max_items: 'max' }
        await juliet.asks(publishing({ node: 'urn:xmpp:omemo:2:bundles', id, payload: bundle(id), options }))
      }
      for (const node of [`${axolotl}.devicelist`, `${axolotl}.bundles:7`, 'urn:xmpp:omemo:2:devices']) {
        expect(await itemsOf(romeo, node, juliet.account)).toEqual(['current'])
      }
      expectSame(
        await romeo.asks(
          asking('get', PUBSUB, '<items node="urn:xmpp:omemo:2:bundles"><item id="7"/></items>', juliet.account),
        ),
        xml`<iq type="result" id="${any}" from="${juliet.account}" to="${romeo.jid}">
        <pubsub xmlns="${PUBSUB}"><items node="urn:xmpp:omemo:2:bundles"><item id="7">${bundle('7')}</item></items></pubsub>
      </iq>`,
      )
    },
  )
})

describe('reading', () => {
  scenario('by id and by number of the newest, oldest first', async ({ juliet }) => {
    const options = { max_items: 'max' }
    for (const id of ['a', 'b', 'c', 'd']) await juliet.asks(publishing({ node: TUNE, id, payload: tune(id), options }))
    expect(await itemsOf(juliet, TUNE, undefined, ' max_items="2"')).toEqual(['c', 'd'])
    const some = await juliet.asks(
      asking('get', PUBSUB, `<items node="${TUNE}"><item id="d"/><item id="x"/><item id="a"/></items>`),
    )
    expect(idsIn(some)).toEqual(['a', 'd'])
    const none = await juliet.asks(asking('get', PUBSUB, `<items node="${TUNE}"><item id="x"/></items>`))
    expectSame(
      none,
      xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}">
        <pubsub xmlns="${PUBSUB}"><items node="${TUNE}"/></pubsub>
      </iq>`,
    )
  })

  scenario(
    'of more than fits into an answer, the newest come, and the answer says what is missing',
    async ({ juliet }) => {
      const long = tune('x'.repeat(60_000))
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await juliet.asks(publishing({ node: TUNE, id, payload: long, options: { max_items: 'max' } }))
      }
      const result = await juliet.asks(asking('get', PUBSUB, `<items node="${TUNE}"/>`))
      expect(idsIn(result)).toEqual(['c', 'd', 'e', 'f'])
      expectSame(
        result.getChild('pubsub')?.getChild('set') ?? result,
        xml`<set xmlns="http://jabber.org/protocol/rsm"><first index="2">c</first><last>f</last><count>6</count></set>`,
      )
    },
  )

  scenario(
    'a node that is not there is not found, whoever asks, and so is one of an account that is not there',
    async ({ juliet, romeo, pushService }) => {
      await expectRefused(itemsOf(juliet, TUNE), 'item-not-found')
      await expectRefused(itemsOf(romeo, TUNE, juliet.account), 'item-not-found')
      await expectRefused(itemsOf(romeo, TUNE, 'nobody@localhost'), 'item-not-found')
      const asked = asking('get', PUBSUB, `<items node="${TUNE}"/>`, juliet.account)
      asked.attrs['from'] = pushService.jid
      await expectRefused(pushService.asks(asked), 'item-not-found')
    },
  )

  scenario('an open node is read by everybody', async ({ juliet, romeo }) => {
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x'), options: { access_model: 'open' } }))
    expect(await itemsOf(romeo, TUNE, juliet.account)).toEqual(['a'])
  })

  scenario(
    'a presence node is read by those who see the presence of its owner, and by nobody else',
    async ({ juliet, romeo, paris, server }) => {
      await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x') }))
      await sees(romeo, juliet, server)
      await sees(juliet, paris, server)
      expect(await itemsOf(romeo, TUNE, juliet.account)).toEqual(['a'])
      await expectRefused(itemsOf(paris, TUNE, juliet.account), 'not-authorized', 'presence-subscription-required')
      await juliet.sends(xml`<presence to="${romeo.account}" type="unsubscribed"/>`)
      await server.idle()
      await expectRefused(itemsOf(romeo, TUNE, juliet.account), 'not-authorized', 'presence-subscription-required')
    },
  )

  scenario(
    'a whitelisted node is read by its owner and its members, not even by contacts',
    async ({ juliet, romeo, paris, server }) => {
      await befriend(romeo, juliet, server)
      await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x'), options: { access_model: 'whitelist' } }))
      expect(await itemsOf(juliet, TUNE)).toEqual(['a'])
      await expectRefused(itemsOf(romeo, TUNE, juliet.account), 'not-allowed', 'closed-node')
      const affiliation = (jid: string, what: string): string =>
        `<affiliations node="${TUNE}"><affiliation jid="${jid}" affiliation="${what}"/></affiliations>`
      await juliet.asks(asking('set', OWNER, affiliation(paris.account, 'member')))
      expect(await itemsOf(paris, TUNE, juliet.account)).toEqual(['a'])
      expectSame(
        await juliet.asks(asking('get', OWNER, `<affiliations node="${TUNE}"/>`)),
        xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}">
        <pubsub xmlns="${OWNER}"><affiliations node="${TUNE}">
          <affiliation jid="${juliet.account}" affiliation="owner"/>
          <affiliation jid="${paris.account}" affiliation="member"/>
        </affiliations></pubsub>
      </iq>`,
      )
      await expectRefused(
        paris.asks(asking('set', OWNER, affiliation(paris.account, 'none'), juliet.account)),
        'forbidden',
      )
      await expectRefused(juliet.asks(asking('set', OWNER, affiliation(juliet.account, 'none'))), 'not-acceptable')
      await juliet.asks(asking('set', OWNER, affiliation(paris.account, 'none')))
      await expectRefused(itemsOf(paris, TUNE, juliet.account), 'not-allowed', 'closed-node')
    },
  )

  scenario('a node that keeps nothing has nothing to read', async ({ juliet }) => {
    await juliet.asks(publishing({ node: TUNE, payload: tune('x'), options: { persist_items: 'false' } }))
    await expectRefused(itemsOf(juliet, TUNE), 'feature-not-implemented', 'unsupported')
  })
})

describe('the owner', () => {
  scenario('creates a node with a configuration, once', async ({ juliet, romeo }) => {
    const create = `<create node="${TUNE}"/><configure><x xmlns="jabber:x:data" type="submit">
      <field var="pubsub#access_model"><value>open</value></field><field var="pubsub#title"><value>Tunes</value></field></x></configure>`
    expectSame(
      await juliet.asks(asking('set', PUBSUB, create)),
      xml`<iq type="result" id="${any}" from="${juliet.account}" to="${juliet.jid}"/>`,
    )
    await expectRefused(juliet.asks(asking('set', PUBSUB, create)), 'conflict')
    await expectRefused(romeo.asks(asking('set', PUBSUB, '<create node="other"/>', juliet.account)), 'forbidden')
    expect(await itemsOf(romeo, TUNE, juliet.account)).toEqual([])
  })

  scenario('reads and changes the configuration; a stranger does not', async ({ juliet, romeo }) => {
    await juliet.asks(publishing({ node: TUNE, payload: tune('x') }))
    const question = asking('get', OWNER, `<configure node="${TUNE}"/>`)
    const before = await juliet.asks(question)
    expect(valueIn(before, 'configure', 'pubsub#access_model')).toBe('presence')
    expect(valueIn(before, 'configure', 'FORM_TYPE')).toBe(`${PUBSUB}#node_config`)
    await juliet.asks(configuring(TUNE, { access_model: 'open', 'unheard-of': '1' }))
    expect(valueIn(await juliet.asks(question), 'configure', 'pubsub#access_model')).toBe('open')
    expect(valueIn(await juliet.asks(question), 'configure', 'pubsub#max_items')).toBe('1')
    await expectRefused(romeo.asks(asking('get', OWNER, `<configure node="${TUNE}"/>`, juliet.account)), 'forbidden')
    await expectRefused(juliet.asks(configuring(TUNE, { max_items: 'many' })), 'not-acceptable')
    await expectRefused(juliet.asks(configuring('urn:example:none', { access_model: 'open' })), 'item-not-found')
  })

  scenario('can break off configuring: nothing changes', async ({ juliet }) => {
    await juliet.asks(publishing({ node: TUNE, payload: tune('x') }))
    await juliet.asks(
      asking('set', OWNER, `<configure node="${TUNE}"><x xmlns="jabber:x:data" type="cancel"/></configure>`),
    )
    const after = await juliet.asks(asking('get', OWNER, `<configure node="${TUNE}"/>`))
    expect(valueIn(after, 'configure', 'pubsub#access_model')).toBe('presence')
  })

  scenario('learns the default configuration', async ({ juliet }) => {
    const result = await juliet.asks(asking('get', OWNER, '<default/>'))
    expect(valueIn(result, 'default', 'pubsub#send_last_published_item')).toBe('on_sub_and_presence')
  })

  scenario('keeping fewer items from now on, the oldest go', async ({ juliet }) => {
    for (const id of ['a', 'b', 'c']) {
      await juliet.asks(publishing({ node: TUNE, id, payload: tune(id), options: { max_items: 'max' } }))
    }
    await juliet.asks(configuring(TUNE, { max_items: '2' }))
    expect(await itemsOf(juliet, TUNE)).toEqual(['b', 'c'])
  })

  scenario('retracts an item; one that is not there is not found', async ({ juliet, romeo }) => {
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x') }))
    const retract = `<retract node="${TUNE}"><item id="a"/></retract>`
    await expectRefused(romeo.asks(asking('set', PUBSUB, retract, juliet.account)), 'forbidden')
    expect(await itemsOf(juliet, TUNE)).toEqual(['a'])
    await juliet.asks(asking('set', PUBSUB, retract))
    expect(await itemsOf(juliet, TUNE)).toEqual([])
    await expectRefused(juliet.asks(asking('set', PUBSUB, retract)), 'item-not-found')
    await expectRefused(
      juliet.asks(asking('set', PUBSUB, '<retract node="none"><item id="a"/></retract>')),
      'item-not-found',
    )
  })

  scenario('purges and deletes a node; a stranger does not', async ({ juliet, romeo }) => {
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x') }))
    const purge = `<purge node="${TUNE}"/>`
    const remove = `<delete node="${TUNE}"/>`
    await expectRefused(romeo.asks(asking('set', OWNER, purge, juliet.account)), 'forbidden')
    await expectRefused(romeo.asks(asking('set', OWNER, remove, juliet.account)), 'forbidden')
    expect(await itemsOf(juliet, TUNE)).toEqual(['a'])
    await juliet.asks(asking('set', OWNER, purge))
    expect(await itemsOf(juliet, TUNE)).toEqual([])
    await juliet.asks(asking('set', OWNER, remove))
    await expectRefused(itemsOf(juliet, TUNE), 'item-not-found')
    await expectRefused(juliet.asks(asking('set', OWNER, purge)), 'item-not-found')
    await expectRefused(juliet.asks(asking('set', OWNER, remove)), 'item-not-found')
  })

  scenario('cannot subscribe explicitly: being a contact is the subscription', async ({ juliet, romeo }) => {
    const subscribe = asking('set', PUBSUB, `<subscribe node="${TUNE}" jid="${romeo.account}"/>`, juliet.account)
    await expectRefused(romeo.asks(subscribe), 'feature-not-implemented', 'unsupported')
  })
})

describe('notifications', () => {
  const event = (from: string, to: string, id: string, title: string) =>
    xml`<message type="headline" from="${from}" to="${to}" id="${any}">
      <event xmlns="${EVENT}"><items node="${TUNE}"><item id="${id}">${tune(title)}</item></items></event>
    </message>`

  scenario('go to the clients of the owner and of contacts that ask for them', async ({ juliet, romeo, server }) => {
    const phone = await juliet.also('phone')
    const tablet = await juliet.also('tablet')
    await befriend(romeo, juliet, server)
    await appears(juliet, server, TUNE)
    await appears(phone, server, TUNE)
    await appears(tablet, server, 'urn:example:other')
    await appears(romeo, server, TUNE)
    for (const user of [juliet, phone, tablet]) expect(await heard(user, server)).toEqual([])
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('Allegro') }))
    await juliet.receives(event(juliet.account, juliet.jid, 'a', 'Allegro'))
    await phone.receives(event(juliet.account, phone.jid, 'a', 'Allegro'))
    await romeo.receives(event(juliet.account, romeo.jid, 'a', 'Allegro'))
  })

  scenario(
    'do not go to strangers, nor to somebody whose presence the owner sees',
    async ({ juliet, romeo, paris, server }) => {
      await sees(juliet, paris, server)
      for (const user of [romeo, paris, juliet]) await appears(user, server, TUNE)
      await heard(paris, server)
      await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x'), options: { access_model: 'open' } }))
      await juliet.receives(event(juliet.account, juliet.jid, 'a', 'x'))
      await romeo.receivesNothing()
      await paris.receivesNothing()
    },
  )

  scenario('of a whitelisted node go to the owner and to members alone', async ({ juliet, romeo, nurse, server }) => {
    await befriend(romeo, juliet, server)
    await befriend(nurse, juliet, server)
    await juliet.asks(asking('set', PUBSUB, `<create node="${TUNE}"/>`))
    await juliet.asks(configuring(TUNE, { access_model: 'whitelist' }))
    const members = `<affiliations node="${TUNE}"><affiliation jid="${nurse.account}" affiliation="member"/></affiliations>`
    await juliet.asks(asking('set', OWNER, members))
    for (const user of [juliet, romeo, nurse]) await appears(user, server, TUNE)
    for (const user of [juliet, romeo]) await heard(user, server)
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x') }))
    await juliet.receives(event(juliet.account, juliet.jid, 'a', 'x'))
    await nurse.receives(event(juliet.account, nurse.jid, 'a', 'x'))
    await romeo.receivesNothing()
  })

  scenario('stop with unavailable presence, and are never kept', async ({ juliet, romeo, server }) => {
    await befriend(romeo, juliet, server)
    await appears(romeo, server, TUNE)
    await romeo.sends(xml`<presence type="unavailable"/>`)
    await heard(romeo, server)
    await juliet.asks(
      publishing({ node: TUNE, id: 'a', payload: tune('x'), options: { send_last_published_item: 'never' } }),
    )
    await romeo.receivesNothing()
    expect(await appears(romeo, server, TUNE)).toEqual([])
  })

  scenario('carry no payload when the node is so configured', async ({ juliet, server }) => {
    await appears(juliet, server, TUNE)
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x'), options: { deliver_payloads: '0' } }))
    await juliet.receives(
      xml`<message type="headline" from="${juliet.account}" to="${juliet.jid}" id="${any}">
        <event xmlns="${EVENT}"><items node="${TUNE}"><item id="a"/></items></event>
      </message>`,
    )
    expect(await itemsOf(juliet, TUNE)).toEqual(['a'])
  })

  scenario('tell of retracted items, of purged and of deleted nodes', async ({ juliet, server }) => {
    await appears(juliet, server, TUNE)
    const expectTold = (inside: string) =>
      juliet.receives(
        xml`<message type="headline" from="${juliet.account}" to="${juliet.jid}" id="${any}">
          ${parse(`<event xmlns="${EVENT}">${inside}</event>`)}
        </message>`,
      )
    for (const id of ['a', 'b', 'a', 'b']) {
      await juliet.asks(publishing({ node: TUNE, id, payload: tune(id), options: { max_items: 'max' } }))
      await juliet.receives(event(juliet.account, juliet.jid, id, id))
    }
    await juliet.asks(asking('set', PUBSUB, `<retract node="${TUNE}"><item id="a"/></retract>`))
    await expectTold(`<items node="${TUNE}"><retract id="a"/></items>`)
    await juliet.asks(configuring(TUNE, { notify_retract: '0' }))
    await juliet.asks(asking('set', PUBSUB, `<retract node="${TUNE}" notify="true"><item id="b"/></retract>`))
    await expectTold(`<items node="${TUNE}"><retract id="b"/></items>`)
    await juliet.asks(publishing({ node: TUNE, id: 'c', payload: tune('c') }))
    await juliet.receives(event(juliet.account, juliet.jid, 'c', 'c'))
    await juliet.asks(asking('set', PUBSUB, `<retract node="${TUNE}"><item id="c"/></retract>`))
    await juliet.receivesNothing()
    await juliet.asks(asking('set', OWNER, `<purge node="${TUNE}"/>`))
    await expectTold(`<purge node="${TUNE}"/>`)
    await juliet.asks(asking('set', OWNER, `<delete node="${TUNE}"/>`))
    await expectTold(`<delete node="${TUNE}"/>`)
  })

  scenario('come in the order of publishing, and the last one is what is kept', async ({ juliet, server }) => {
    const phone = await juliet.also('phone')
    await appears(juliet, server, TUNE)
    await heard(phone, server)
    const publish = (who: typeof juliet, id: string) => who.asks(publishing({ node: TUNE, id, payload: tune(id) }))
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => [publish(juliet, `j${index}`), publish(phone, `p${index}`)]).flat(),
    )
    const ids = (await heard(juliet, server)).flatMap(idsIn)
    expect(ids).toHaveLength(40)
    expect(await itemsOf(juliet, TUNE)).toEqual(ids.slice(-1))
  })
})

describe('the last item', () => {
  scenario(
    'awaits a client that comes online: its own and those of contacts, once',
    async ({ juliet, romeo, server }) => {
      await befriend(romeo, juliet, server)
      await juliet.asks(publishing({ node: TUNE, id: 'j', payload: tune('hers') }))
      await romeo.asks(publishing({ node: TUNE, id: 'r', payload: tune('his') }))
      const messages = await appears(romeo, server, TUNE)
      expect(messages.map((message) => [attr(message, 'from'), ...idsIn(message)])).toEqual([
        [romeo.account, 'r'],
        [juliet.account, 'j'],
      ])
      expectSame(
        messages[1] ?? xml`<nothing/>`,
        xml`<message type="headline" from="${juliet.account}" to="${romeo.jid}" id="${any}">
        <event xmlns="${EVENT}"><items node="${TUNE}"><item id="j">${tune('hers')}</item></items></event>
        <delay xmlns="urn:xmpp:delay" stamp="${any}"/>
      </message>`,
      )
      expect(await appears(romeo, server, TUNE)).toEqual([])
    },
  )

  scenario('of a node that the client newly asks for comes when it asks', async ({ juliet, server }) => {
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x') }))
    await juliet.asks(publishing({ node: 'urn:example:n', id: 'b', payload: tune('x') }))
    expect((await appears(juliet, server, TUNE)).flatMap(idsIn)).toEqual(['a'])
    expect((await appears(juliet, server, TUNE, 'urn:example:n')).flatMap(idsIn)).toEqual(['b'])
  })

  scenario(
    'does not come to strangers, to those kept out, nor where the owner does not want it',
    async ({ juliet, romeo, paris, server }) => {
      await befriend(romeo, juliet, server)
      const item = { payload: tune('x') }
      await juliet.asks(publishing({ ...item, node: 'urn:example:closed', options: { access_model: 'whitelist' } }))
      await juliet.asks(publishing({ ...item, node: 'urn:example:open', options: { access_model: 'open' } }))
      await juliet.asks(
        publishing({ ...item, node: 'urn:example:quiet', options: { send_last_published_item: 'never' } }),
      )
      const nodes = ['urn:example:closed', 'urn:example:open', 'urn:example:quiet']
      expect(
        (await appears(romeo, server, ...nodes)).map(
          (message) => message.getChild('event')?.getChild('items')?.attrs['node'] as string | undefined,
        ),
      ).toEqual(['urn:example:open'])
      expect(await appears(paris, server, ...nodes)).toEqual([])
    },
  )

  scenario('comes to a contact when it is allowed to see the presence', async ({ juliet, romeo, server }) => {
    await juliet.asks(publishing({ node: TUNE, id: 'a', payload: tune('x') }))
    expect(await appears(romeo, server, TUNE)).toEqual([])
    await sees(romeo, juliet, server)
    expect((await heard(romeo, server)).filter(({ name }) => name === 'message').flatMap(idsIn)).toEqual(['a'])
  })
})

describe('discovery', () => {
  const DISCO = 'http://jabber.org/protocol/disco'

  scenario('an account says that it is a personal eventing service, and what works', async ({ juliet }) => {
    const result = await juliet.asks(xml`<iq type="get" to="${juliet.account}"><query xmlns="${DISCO}#info"/></iq>`)
    const found = result.getChild('query')?.getChildElements() ?? []
    expect(
      found.filter(({ name }) => name === 'identity').map(({ attrs }) => `${attrs['category']}/${attrs['type']}`),
    ).toContain('pubsub/pep')
    const features = found.map(({ attrs }) => attrs['var'] as string | undefined)
    for (const feature of ['publish-options', 'config-node-max', 'persistent-items', 'access-open', 'retrieve-items']) {
      expect(features).toContain(`${PUBSUB}#${feature}`)
    }
    expect(features).not.toContain(`${PUBSUB}#subscribe`)
  })

  scenario('an account lists the nodes that the asker may read', async ({ juliet, romeo, server }) => {
    await befriend(romeo, juliet, server)
    await juliet.asks(publishing({ node: 'urn:example:a', payload: tune('x') }))
    await juliet.asks(publishing({ node: 'urn:example:b', payload: tune('x'), options: { access_model: 'whitelist' } }))
    const question = xml`<iq type="get" to="${juliet.account}"><query xmlns="${DISCO}#items"/></iq>`
    const nodes = async (user: typeof juliet) => {
      const items = (await user.asks(question)).getChild('query')?.getChildElements() ?? []
      return items.map(({ attrs }) => attrs['node'] as string | undefined)
    }
    expect(await nodes(juliet)).toEqual(['urn:example:a', 'urn:example:b'])
    expect(await nodes(romeo)).toEqual(['urn:example:a'])
  })
})

/** The value of a field in the form of an answer. */
function valueIn(result: Element, parent: string, field: string): string | undefined {
  const form = result.getChild('pubsub')?.getChild(parent)?.getChild('x')
  const found = form?.getChildElements().find(({ attrs }) => attrs['var'] === field)
  const value = found && child(found, 'value')
  return value && text(value)
}
