// The helpers that every scenario rests on: they see what differs, and miss nothing that was not read.

import { describe, expect, test } from 'vitest'
import { Inbox } from './helpers/inbox.js'
import { RecordedLog } from './helpers/log.js'
import { any, anything, expectSame, isSame, scenario, xml } from './helpers/scenario.js'

const sent = xml`<message to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:x"><y z="1"/></x></message>`

describe('comparing stanzas', () => {
  test.each([
    ['the same', sent],
    [
      'attributes in another order',
      xml`<message id="1" type="chat" to="a@b"><body>hi</body><x xmlns="urn:x"><y z="1"/></x></message>`,
    ],
    [
      'another quote and layout',
      xml`<message to='a@b' type='chat' id='1'>  <body>hi</body>
      <x xmlns='urn:x'>
        <y z='1'></y>
      </x>
    </message>`,
    ],
    [
      'a prefix',
      xml`<message to="a@b" type="chat" id="1"><body>hi</body><p:x xmlns:p="urn:x"><p:y z="1"/></p:x></message>`,
    ],
    [
      'the namespace said aloud',
      xml`<message xmlns="jabber:client" to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:x"><y z="1"/></x></message>`,
    ],
    [
      'wildcards',
      xml`<message to="${any}" type="chat" id="${any}"><body>${any}</body><x xmlns="urn:x">${anything}</x></message>`,
    ],
  ])('takes %s for the same', (_, expected) => {
    expectSame(sent, expected)
  })

  test.each([
    [
      'another name',
      xml`<presence to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:x"><y z="1"/></x></presence>`,
    ],
    [
      'an attribute too many',
      xml`<message to="a@b" type="chat"><body>hi</body><x xmlns="urn:x"><y z="1"/></x></message>`,
    ],
    [
      'an attribute missing, even for any',
      xml`<message to="a@b" type="chat" id="1" from="${any}"><body>hi</body><x xmlns="urn:x"><y z="1"/></x></message>`,
    ],
    [
      'another value deep inside',
      xml`<message to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:x"><y z="2"/></x></message>`,
    ],
    [
      'another text',
      xml`<message to="a@b" type="chat" id="1"><body>ho</body><x xmlns="urn:x"><y z="1"/></x></message>`,
    ],
    ['a child too many', xml`<message to="a@b" type="chat" id="1"><body>hi</body></message>`],
    [
      'children in another order',
      xml`<message to="a@b" type="chat" id="1"><x xmlns="urn:x"><y z="1"/></x><body>hi</body></message>`,
    ],
    [
      'another namespace',
      xml`<message to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:y"><y z="1"/></x></message>`,
    ],
    [
      'the namespace of a child lost',
      xml`<message to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:x"><y xmlns="jabber:client" z="1"/></x></message>`,
    ],
    [
      'text where there is an element, even for any',
      xml`<message to="a@b" type="chat" id="1"><body>hi</body><x xmlns="urn:x">${any}</x></message>`,
    ],
  ])('sees %s', (_, expected) => {
    expect(isSame(sent, expected)).toBe(false)
    expect(() => expectSame(sent, expected)).toThrow()
  })

  test('a value in a literal is data, not markup', () => {
    const literal = xml`<m a="${'<&"\'>'}">${'<b>&amp;'}</m>`
    expect(literal.attrs['a']).toBe('<&"\'>')
    expect(literal.text()).toBe('<b>&amp;')
  })
})

describe('an inbox', () => {
  test('names what nobody read', async () => {
    const inbox = new Inbox(() => 'somebody')
    inbox.arrived(xml`<message id="1"/>`)
    expect(() => inbox.expectEmpty()).toThrow(/somebody.*\n<message id="1"\/>/)
    await inbox.receives(xml`<message id="1"/>`)
    inbox.expectEmpty()
  })

  test('reads in any order only what is expected, each once', async () => {
    const inbox = new Inbox(() => 'somebody')
    inbox.arrived(xml`<message id="2"/>`)
    inbox.arrived(xml`<message id="1"/>`)
    await inbox.receivesAll([xml`<message id="1"/>`, xml`<message id="2"/>`])
    inbox.arrived(xml`<message id="1"/>`)
    inbox.arrived(xml`<message id="1"/>`)
    await expect(inbox.receivesAll([xml`<message id="1"/>`, xml`<message id="2"/>`])).rejects.toThrow()
  })
})

describe('a recorded log', () => {
  test('complains of what was not announced, and of what was announced and did not come', () => {
    const log = new RecordedLog()
    log.info('all is well')
    log.warn('the disk is slow')
    log.expects('the disk is full')
    expect(log.problems()).toEqual(['log warn: the disk is slow', 'the log was to say: the disk is full'])
    log.error('the disk is full', { account: 'a@b' }, new Error('no space'))
    log.expects('the disk is slow')
    expect(log.problems()).toEqual([])
  })
})

describe('a scenario', () => {
  scenario('gives everybody whom it names a connected client, and nobody else', async ({ romeo, juliet, server }) => {
    expect([romeo.jid, juliet.jid]).toEqual(['romeo@localhost/test', 'juliet@localhost/test'])
    expect(await server.users.list()).toEqual(['juliet@localhost', 'romeo@localhost'])
  })

  scenario('lets people leave, come back and bring a second device', async ({ romeo }) => {
    await romeo.leaves()
    await romeo.arrives('again')
    expect(romeo.jid).toBe('romeo@localhost/again')
    expect((await romeo.also('phone')).jid).toBe('romeo@localhost/phone')
  })

  scenario(
    'lets people log in as xmpp.js would by itself',
    async ({ romeo }) => {
      await romeo.asks(xml`<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>`)
      expect(romeo.jid).toMatch(/^romeo@localhost\/.+/)
    },
    { mechanism: 'SCRAM-SHA-1', resource: undefined },
  )

  scenario('has a push service that receives, answers as it is told, and goes', async ({ romeo, pushService }) => {
    const publish = xml`<iq type="set" id="1" to="push.localhost">
      <pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="n"/></pubsub>
    </iq>`
    const seen = xml`<iq type="set" id="1" from="${romeo.jid}" to="push.localhost">
      <pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="n"/></pubsub>
    </iq>`
    expectSame(await romeo.asks(publish), xml`<iq type="result" id="1" from="push.localhost" to="${romeo.jid}"/>`)
    await pushService.receives(seen)
    pushService.answers({ error: 'item-not-found' })
    await expect(romeo.asks(publish)).rejects.toMatchObject({ condition: 'item-not-found', type: 'cancel' })
    await pushService.receives(seen)
    await pushService.leaves()
    await expect(romeo.asks(publish)).rejects.toMatchObject({ condition: 'service-unavailable' })
    await pushService.arrives()
    pushService.answers('result')
    await romeo.asks(publish)
    await pushService.receives(seen)
  })
})
