// What a request to a node may look like, and which error of XEP-0060 each wrong one gets.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAction } from '../../extensions/pep/request.js'
import { parseJid } from '../../server/jid.js'
import { StanzaError } from '../../server/stanza-error.js'
import { el, type Element, namespaceOf, parse, serialize } from '../../server/xml.js'
import { xml } from '../helpers/xml.js'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const OWNER = `${PUBSUB}#owner`
const ERRORS = `${PUBSUB}#errors`

const read = (type: 'get' | 'set', payload: Element) =>
  readAction({ type, payload, from: parseJid('juliet@localhost/test'), to: undefined, id: 'a' })

/** The condition of the refusal, and the pubsub condition beside it. */
function refusal(type: 'get' | 'set', payload: Element): string {
  try {
    read(type, payload)
  } catch (reason) {
    if (!(reason instanceof StanzaError)) throw reason
    const { condition, detail } = reason
    if (detail !== undefined) expect(namespaceOf(detail)).toBe(ERRORS)
    const feature = detail?.attrs['feature'] as string | undefined
    return [condition, detail?.name, feature].filter((part) => part !== undefined).join(' ')
  }
  return 'accepted'
}

const tune = '<tune xmlns="http://jabber.org/protocol/tune"/>'
const payload = parse(tune)
const pubsub = (...inside: readonly Element[]): Element => el('pubsub', { xmlns: PUBSUB }, ...inside)
const owner = (...inside: readonly Element[]): Element => el('pubsub', { xmlns: OWNER }, ...inside)
const longest = 'é'.repeat(511) + 'x'

describe('a publish', () => {
  test('is read with its node, id, payload and options', () => {
    const action = read(
      'set',
      xml`<pubsub xmlns="${PUBSUB}">
        <publish node="n"><item id="i">${payload}</item></publish>
        <publish-options><x xmlns="jabber:x:data" type="submit">
          <field var="FORM_TYPE" type="hidden"><value>${PUBSUB}#publish-options</value></field>
          <field var="pubsub#access_model"><value>open</value></field>
        </x></publish-options>
      </pubsub>`,
    )
    expect(action).toMatchObject({ kind: 'publish', node: 'n', itemId: 'i' })
    if (action.kind !== 'publish') return
    expect(serialize(action.payload)).toBe(serialize(payload))
    expect([...action.options]).toEqual([['pubsub#access_model', ['open']]])
  })

  test('may leave the id of its item to the server', () => {
    expect(
      read('set', xml`<pubsub xmlns="${PUBSUB}"><publish node="n"><item>${payload}</item></publish></pubsub>`),
    ).toMatchObject({ itemId: undefined })
    expect(
      read('set', xml`<pubsub xmlns="${PUBSUB}"><publish node="n"><item id="">${payload}</item></publish></pubsub>`),
    ).toMatchObject({ itemId: undefined })
  })

  test.each([
    ['no node', `<publish><item>${tune}</item></publish>`, 'bad-request nodeid-required'],
    ['an empty node', `<publish node=""><item>${tune}</item></publish>`, 'bad-request nodeid-required'],
    ['a node of 1,024 bytes', `<publish node="${longest}x"><item>${tune}</item></publish>`, 'not-acceptable'],
    ['a node of 1,023 bytes', `<publish node="${longest}"><item>${tune}</item></publish>`, 'accepted'],
    ['an id of 1,024 bytes', `<publish node="n"><item id="${longest}x">${tune}</item></publish>`, 'not-acceptable'],
    ['an id of 1,023 bytes', `<publish node="n"><item id="${longest}">${tune}</item></publish>`, 'accepted'],
    ['no item', '<publish node="n"/>', 'bad-request item-required'],
    [
      'two items',
      `<publish node="n"><item>${tune}</item><item>${tune}</item></publish>`,
      'bad-request max-items-exceeded',
    ],
    ['no payload', `<publish node="n"><item/></publish>`, 'bad-request payload-required'],
    ['text as payload', `<publish node="n"><item>hello</item></publish>`, 'bad-request payload-required'],
    ['two payloads', `<publish node="n"><item>${tune}${tune}</item></publish>`, 'bad-request invalid-payload'],
    [
      'a payload in the namespace of pubsub',
      `<publish node="n"><item><tune/></item></publish>`,
      'bad-request invalid-payload',
    ],
    [
      'a payload in no namespace',
      `<publish node="n"><item><tune xmlns=""/></item></publish>`,
      'bad-request invalid-payload',
    ],
  ])('with %s', (_, publish, outcome) => {
    expect(refusal('set', parse(`<pubsub xmlns="${PUBSUB}">${publish}</pubsub>`))).toBe(outcome)
  })

  test.each([
    ['no form', '', 'bad-request'],
    ['a form that is not submitted', '<x xmlns="jabber:x:data" type="form"/>', 'bad-request'],
    ['a form of another purpose', form('urn:example:other'), 'bad-request'],
    [
      'a field that is there twice',
      form(`${PUBSUB}#publish-options`, 'pubsub#access_model', 'pubsub#access_model'),
      'bad-request',
    ],
    ['a form without fields', form(`${PUBSUB}#publish-options`), 'accepted'],
  ])('with options that have %s', (_, inside, outcome) => {
    const publish = `<publish node="n"><item>${tune}</item></publish>`
    const asked = `<pubsub xmlns="${PUBSUB}">${publish}<publish-options>${inside}</publish-options></pubsub>`
    expect(refusal('set', parse(asked))).toBe(outcome)
  })
})

describe('other requests', () => {
  test.each([
    [
      'get',
      pubsub(xml`<items xmlns="${PUBSUB}" node="n"/>`),
      { kind: 'get-items', node: 'n', ids: undefined, max: undefined },
    ],
    [
      'get',
      pubsub(xml`<items xmlns="${PUBSUB}" node="n" max_items="2"/>`),
      { kind: 'get-items', node: 'n', ids: undefined, max: 2 },
    ],
    [
      'get',
      pubsub(xml`<items xmlns="${PUBSUB}" node="n"><item id="a"/><item id="b"/></items>`),
      { kind: 'get-items', node: 'n', ids: ['a', 'b'], max: undefined },
    ],
    [
      'set',
      pubsub(xml`<retract xmlns="${PUBSUB}" node="n" notify="1"><item id="a"/></retract>`),
      { kind: 'retract', node: 'n', itemId: 'a', notify: true },
    ],
    ['set', pubsub(xml`<create xmlns="${PUBSUB}" node="n"/>`), { kind: 'create', node: 'n', options: new Map() }],
    [
      'set',
      pubsub(xml`<create xmlns="${PUBSUB}" node="n"/>`, xml`<configure xmlns="${PUBSUB}"/>`),
      { kind: 'create', node: 'n', options: new Map() },
    ],
    ['get', owner(xml`<configure xmlns="${OWNER}" node="n"/>`), { kind: 'get-config', node: 'n' }],
    ['get', owner(xml`<default xmlns="${OWNER}"/>`), { kind: 'get-default' }],
    [
      'set',
      owner(xml`<configure xmlns="${OWNER}" node="n"><x xmlns="jabber:x:data" type="cancel"/></configure>`),
      { kind: 'configure', node: 'n', fields: 'cancel' },
    ],
    ['set', owner(xml`<delete xmlns="${OWNER}" node="n"/>`), { kind: 'delete', node: 'n' }],
    ['set', owner(xml`<purge xmlns="${OWNER}" node="n"/>`), { kind: 'purge', node: 'n' }],
    ['get', owner(xml`<affiliations xmlns="${OWNER}" node="n"/>`), { kind: 'get-affiliations', node: 'n' }],
    [
      'set',
      owner(
        xml`<affiliations xmlns="${OWNER}" node="n">
          <affiliation jid="Romeo@localhost/garden" affiliation="member"/>
          <affiliation jid="paris@localhost" affiliation="none"/>
          <affiliation jid="nurse@localhost"/>
        </affiliations>`,
      ),
      {
        kind: 'affiliate',
        node: 'n',
        members: new Map([
          ['romeo@localhost', true],
          ['paris@localhost', false],
        ]),
      },
    ],
  ] as const)('%s %s is understood', (type, asked, action) => {
    expect(read(type, asked)).toEqual(action)
  })

  test.each([
    ['get', PUBSUB, '<items/>', 'bad-request nodeid-required'],
    ['get', PUBSUB, '<items node="n" max_items="0"/>', 'bad-request'],
    ['get', PUBSUB, '<items node="n" max_items="-1"/>', 'bad-request'],
    ['get', PUBSUB, '<items node="n" max_items="9999999999"/>', 'bad-request'],
    ['get', PUBSUB, '<items node="n"><item/></items>', 'bad-request item-required'],
    ['set', PUBSUB, '<items node="n"/>', 'bad-request'],
    ['get', PUBSUB, '<publish node="n"/>', 'bad-request'],
    ['get', PUBSUB, '', 'bad-request'],
    ['set', PUBSUB, '<constructor node="n"/>', 'bad-request'],
    ['set', PUBSUB, '<retract><item id="a"/></retract>', 'bad-request nodeid-required'],
    ['set', PUBSUB, '<retract node="n"/>', 'bad-request item-required'],
    ['set', PUBSUB, '<retract node="n"><item/></retract>', 'bad-request item-required'],
    ['set', PUBSUB, '<retract node="n"><item id="a"/><item id="b"/></retract>', 'bad-request max-items-exceeded'],
    ['set', PUBSUB, '<create/>', 'not-acceptable nodeid-required'],
    ['set', PUBSUB, '<create node="n"/><configure node="n"/>', 'bad-request'],
    ['set', PUBSUB, '<subscribe node="n" jid="juliet@localhost"/>', 'feature-not-implemented unsupported subscribe'],
    ['set', PUBSUB, '<unsubscribe node="n" jid="juliet@localhost"/>', 'feature-not-implemented unsupported subscribe'],
    ['get', PUBSUB, '<subscriptions/>', 'feature-not-implemented unsupported retrieve-subscriptions'],
    ['get', PUBSUB, '<affiliations/>', 'feature-not-implemented unsupported retrieve-affiliations'],
    ['get', PUBSUB, '<options node="n"/>', 'feature-not-implemented unsupported subscription-options'],
    ['get', OWNER, '<subscriptions node="n"/>', 'feature-not-implemented unsupported manage-subscriptions'],
    ['set', OWNER, '<subscriptions node="n"/>', 'feature-not-implemented unsupported manage-subscriptions'],
    ['get', OWNER, '<configure/>', 'bad-request nodeid-required'],
    ['set', OWNER, '<configure node="n"/>', 'bad-request'],
    ['set', OWNER, '<delete/>', 'bad-request nodeid-required'],
    ['set', OWNER, '<purge/>', 'bad-request nodeid-required'],
    ['set', OWNER, '<publish node="n"/>', 'bad-request'],
    ['set', OWNER, '<affiliations node="n"><affiliation affiliation="member"/></affiliations>', 'not-acceptable'],
    [
      'set',
      OWNER,
      '<affiliations node="n"><affiliation jid="@" affiliation="member"/></affiliations>',
      'not-acceptable',
    ],
    [
      'set',
      OWNER,
      '<affiliations node="n"><affiliation jid="a@b" affiliation="owner"/></affiliations>',
      'not-acceptable',
    ],
    [
      'set',
      OWNER,
      '<affiliations node="n"><affiliation jid="a@b" affiliation="outcast"/></affiliations>',
      'feature-not-implemented unsupported outcast-affiliation',
    ],
    [
      'set',
      OWNER,
      '<affiliations node="n"><affiliation jid="a@b" affiliation="none"/><affiliation jid="A@b/c" affiliation="member"/></affiliations>',
      'bad-request',
    ],
  ] as const)('%s %s %s is refused', (type, namespace, inside, outcome) => {
    expect(refusal(type, parse(`<pubsub xmlns="${namespace}">${inside}</pubsub>`))).toBe(outcome)
  })

  test('whatever stands in a request, the answer is an action or a stanza error', () => {
    const name = fc.constantFrom(
      'items',
      'item',
      'publish',
      'retract',
      'create',
      'configure',
      'x',
      'field',
      'value',
      'affiliations',
    )
    const attributes = fc.dictionary(
      fc.constantFrom('node', 'id', 'var', 'type', 'jid', 'xmlns', 'max_items'),
      fc.string(),
    )
    const { element } = fc.letrec<{ element: Element }>((tie) => ({
      element: fc
        .tuple(
          name,
          attributes,
          fc.array(fc.oneof({ depthSize: 'small' }, fc.string(), tie('element')), { maxLength: 3 }),
        )
        .map(([tag, attrs, inside]) => el(tag, attrs, ...inside)),
    }))
    const asked = fc.tuple(
      fc.constantFrom('get', 'set'),
      fc.constantFrom(PUBSUB, OWNER),
      fc.array(element, { maxLength: 3 }),
    )
    fc.assert(
      fc.property(asked, ([type, namespace, inside]) => {
        expect(refusal(type, el('pubsub', { xmlns: namespace }, ...inside))).not.toBe('')
      }),
      { numRuns: 2000 },
    )
  })
})

function form(formType: string, ...fields: readonly string[]): string {
  const all = fields.map((name) => `<field var="${name}"><value>open</value></field>`)
  const purpose = `<field var="FORM_TYPE" type="hidden"><value>${formType}</value></field>`
  return `<x xmlns="jabber:x:data" type="submit">${purpose}${all.join('')}</x>`
}
