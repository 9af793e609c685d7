// A client is told that its registration has ended: when it comes, or at once while it is here; once, and only that client.

import { expect } from 'vitest'
import { attr, child, children, type Element, text } from '../../server/xml.js'
import { RawClient } from '../helpers/raw-client.js'
import { any, scenario, type User, xml } from '../helpers/scenario.js'

const NS = 'urn:sealpost:push:0'
const service = 'push.localhost'
const start = Date.UTC(2026, 0, 1)
const stamp = '2026-01-01T00:00:00.000Z'

const enable = (user: User, node: string): Promise<Element> =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}"/></iq>`)

const says = (user: User, to: string): Promise<void> =>
  user.sends(xml`<message to="${to}" type="chat"><body>Art thou there?</body></message>`)

/** Everything that waits is read; the headlines among it. */
async function headlines(user: User, server: { idle(): Promise<void> }): Promise<readonly Element[]> {
  await server.idle()
  const found: Element[] = []
  const marker = `${user.account}/marker`
  await user.sends(
    xml`<message to="${user.jid}" type="chat" id="${marker}"><no-store xmlns="urn:xmpp:hints"/></message>`,
  )
  for (let stanza = await user.next(); attr(stanza, 'id') !== marker; stanza = await user.next())
    if (attr(stanza, 'type') === 'headline') found.push(stanza)
  return found
}

const arrivesAvailable = async (user: User, resource?: string): Promise<void> => {
  await user.arrives(resource)
  await user.sends(xml`<presence/>`)
}

/** By the ad-hoc command: the services of those at these places of the list are asked, or of all. */
async function tests(user: User, ...places: readonly string[]): Promise<void> {
  const NODE = 'urn:sealpost:push:registrations'
  const COMMANDS = 'http://jabber.org/protocol/commands'
  const begun = await user.asks(xml`<iq type="set"><command xmlns="${COMMANDS}" node="${NODE}"/></iq>`)
  const sessionid = String(child(begun, 'command', COMMANDS)?.attrs['sessionid'])
  const chosen = places.map((place) => xml`<value xmlns="jabber:x:data">${place}</value>`)
  await user.asks(xml`<iq type="set"><command xmlns="${COMMANDS}" node="${NODE}" sessionid="${sessionid}">
    <x xmlns="jabber:x:data" type="submit"><field var="action"><value>test</value></field>
      <field var="registrations">${chosen}</field></x></command></iq>`)
}

scenario(
  'a client whose registration was refused while it was away is told once, when it comes',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    pushService.answers({ error: 'item-not-found' })
    await says(romeo, juliet.account)
    await pushService.next()
    await server.idle()
    await juliet.arrives()
    await juliet.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    juliet.forgets()
    await juliet.sends(xml`<presence><priority>-1</priority></presence>`)
    await juliet.receives(xml`<presence from="${juliet.jid}" to="${any}"><priority>-1</priority></presence>`)
    await juliet.receives(xml`<message type="headline" from="${juliet.account}" to="${juliet.jid}" id="${any}">
      <body>Push notifications by push.localhost have stopped: the service does not know this device any more (item-not-found). They start again when the app enables them.</body>
      <registration xmlns="${NS}" jid="${service}" node="n1" state="disabled" reason="item-not-found" since="${stamp}"/>
    </message>`)
    await juliet.sends(xml`<presence/>`)
    expect(await headlines(juliet, server)).toEqual([])
    await juliet.leaves()
    await arrivesAvailable(juliet)
    expect(await headlines(juliet, server)).toEqual([])
  },
  { config: { clock: { now: () => start } } },
)

scenario(
  'a client that is online is told at once, of each registration once, and another client of the account is not',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await enable(juliet, 'n2')
    await juliet.sends(xml`<presence/>`)
    const desktop = await juliet.also('desktop')
    await desktop.sends(xml`<presence/>`)
    await server.idle()
    juliet.forgets()
    pushService.answers({ error: 'gone' })
    await tests(desktop)
    await pushService.next()
    await pushService.next()
    const told = (await headlines(juliet, server)).flatMap((one) => children(one, 'registration', NS))
    expect(told.map((one) => `${String(attr(one, 'node'))} ${String(attr(one, 'reason'))}`).sort()).toEqual([
      'n1 gone',
      'n2 gone',
    ])
    await desktop.receivesNothing()
    await juliet.leaves()
    await arrivesAvailable(juliet)
    expect(await headlines(juliet, server)).toEqual([])
    desktop.forgets()
  },
)

scenario(
  'several that ended are told in one message, and another client of the account hears nothing',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await enable(juliet, 'n2')
    await juliet.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}"/></iq>`)
    await juliet.leaves()
    pushService.answers((iq) => (iq.toString().includes('"n2"') ? 'result' : { error: 'not-authorized' }))
    await says(romeo, juliet.account)
    for (let count = 0; count < 3; count += 1) await pushService.next()
    await server.idle()
    await arrivesAvailable(juliet, 'desktop')
    expect(await headlines(juliet, server)).toEqual([])
    await arrivesAvailable(juliet, 'test')
    const [told, ...more] = await headlines(juliet, server)
    expect(more).toEqual([])
    const ended = told === undefined ? [] : children(told, 'registration', NS)
    expect(ended.map((one) => [attr(one, 'jid'), attr(one, 'node'), attr(one, 'state')])).toEqual([
      [service, 'n1', 'disabled'],
      [service, undefined, 'disabled'],
    ])
    const body = told && child(told, 'body')
    expect(body && text(body).split('\n')).toEqual(
      Array(2).fill(
        'Push notifications by push.localhost have stopped: the service refused them (not-authorized). They start again when the app enables them.',
      ),
    )
    juliet.forgets()
  },
)

scenario(
  'a connection that dies before it has answered was told nothing',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    pushService.answers({ error: 'gone' })
    await says(romeo, juliet.account)
    await pushService.next()
    await server.idle()
    const dead = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
    await dead.logsIn('juliet', juliet.password, 'test')
    dead.send('<presence xmlns="jabber:client"/>')
    let heard = await dead.next()
    while (attr(heard, 'type') !== 'headline') heard = await dead.next()
    dead.leaves()
    await dead.closed
    await server.idle()
    await arrivesAvailable(juliet)
    expect(await headlines(juliet, server)).toHaveLength(1)
  },
)

scenario(
  'one that was enabled again before its client came is no news',
  async ({ romeo, juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await juliet.leaves()
    pushService.answers({ error: 'gone' })
    await says(romeo, juliet.account)
    await pushService.next()
    await server.idle()
    await juliet.arrives()
    await enable(juliet, 'n1')
    await juliet.sends(xml`<presence/>`)
    expect(await headlines(juliet, server)).toEqual([])
  },
)

let now = start
scenario(
  'what one message tells, the next does not, though nobody has answered for the first yet',
  async ({ juliet, pushService, server }) => {
    await enable(juliet, 'n1')
    await enable(juliet, 'n2')
    await juliet.leaves()
    const desktop = await juliet.also('desktop')
    pushService.answers({ error: 'gone' })
    await tests(desktop, '1')
    await pushService.next()
    const slow = await RawClient.connect(server.url, ['xmpp'], { autoPong: false })
    const pinged = new Promise<Buffer>((resolve) => slow.socket.once('ping', resolve))
    await slow.logsIn('juliet', juliet.password, 'test')
    slow.send('<presence xmlns="jabber:client"/>')
    const nextTold = async (): Promise<readonly unknown[]> => {
      let stanza = await slow.next()
      while (attr(stanza, 'type') !== 'headline') stanza = await slow.next()
      return children(stanza, 'registration', NS).map((one) => attr(one, 'node'))
    }
    expect(await nextTold()).toEqual(['n1'])
    now += 10_000
    await tests(desktop, '2')
    await pushService.next()
    slow.socket.on('ping', (data: Buffer) => slow.socket.pong(data))
    slow.socket.pong(await pinged)
    expect(await nextTold()).toEqual(['n2'])
    await server.idle()
    slow.leaves()
    await slow.closed
  },
  { config: { clock: { now: () => now } } },
)
