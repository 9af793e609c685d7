// kill -9: what was taken is on disk first. A message that was accepted is there after it, and so is the push that is owed.

import { expect, test } from 'vitest'
import { parse } from '../../server/xml.js'
import { PushService } from '../helpers/push-service.js'
import { RawClient } from '../helpers/raw-client.js'
import { freshKey, itemOf, openSealed } from '../helpers/sealed.js'
import { freshDirectory, run, type RunningServer, start } from './program.js'

const service = 'push.localhost'
const key = freshKey()

async function startOn(data: string): Promise<RunningServer> {
  return start(['--data', data, '--component', `${service}=secret`, '--component-port', '0'])
}

async function serviceOf({ component = '' }: RunningServer): Promise<PushService> {
  const [host = '', port = ''] = component.split(':')
  const pushService = new PushService(service, 'secret', { host, port: Number(port) })
  await pushService.arrives()
  return pushService
}

async function people(data: string): Promise<void> {
  for (const name of ['romeo', 'juliet']) {
    const { code } = await run(['user', 'add', `${name}@localhost`, '--password-stdin', '--data', data], {
      stdin: 'pw\n',
    })
    expect(code).toBe(0)
  }
}

async function login(url: string, name: string, resource: string): Promise<RawClient> {
  const client = await RawClient.connect(url)
  await client.logsIn(name, 'pw', resource)
  return client
}

/** Sends an iq to the server and waits for its answer: whatever was sent before it has been taken by then. */
async function ask(client: RawClient, inside: string, type = 'set'): Promise<void> {
  client.send(`<iq xmlns="jabber:client" type="${type}" id="q">${inside}</iq>`)
  const answer = await client.next()
  expect(answer.attrs).toMatchObject({ type: 'result', id: 'q' })
}

async function enable(url: string): Promise<void> {
  const phone = await login(url, 'juliet', 'phone')
  const encrypt = `<encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt>`
  await ask(phone, `<enable xmlns="urn:xmpp:push:0" jid="${service}" node="n1">${encrypt}</enable>`)
  phone.leaves()
  await phone.closed
}

async function write(url: string, ...bodies: readonly string[]): Promise<void> {
  const romeo = await login(url, 'romeo', 'orchard')
  for (const body of bodies) {
    romeo.send(`<message xmlns="jabber:client" type="chat" to="juliet@localhost"><body>${body}</body></message>`)
  }
  await ask(romeo, '<ping xmlns="urn:xmpp:ping"/>', 'get')
}

/** The bodies that come with the first presence. */
async function collect(url: string, count: number): Promise<readonly (string | null)[]> {
  const phone = await login(url, 'juliet', 'phone')
  phone.send('<presence xmlns="jabber:client"/>')
  const bodies: (string | null)[] = []
  while (bodies.length < count) {
    const stanza = parse(await phone.nextFrame())
    if (stanza.name === 'message') bodies.push(stanza.getChildText('body'))
  }
  return bodies
}

test('a push that its service did not answer is sent again after kill -9, under the same item id', async () => {
  const data = await freshDirectory()
  const before = await startOn(data)
  await people(data)
  await enable(before.url)
  const silent = await serviceOf(before)
  silent.answers('nothing')
  await write(before.url, 'Art thou there?')
  const first = await silent.next()
  await before.program.stop('SIGKILL')

  const after = await startOn(data)
  const again = await (await serviceOf(after)).next()
  expect(itemOf(again).attrs['id']).toBe(itemOf(first).attrs['id'])
  expect(openSealed(again, key).json).toMatchObject({ unread: 1, message: 'Art thou there?' })
  expect(openSealed(again, key).iv).not.toBe(openSealed(first, key).iv)
})

test('a push that never left is sent after kill -9, and the messages are all there', async () => {
  const data = await freshDirectory()
  const before = await startOn(data)
  await people(data)
  await enable(before.url)
  await write(before.url, 'one', 'two', 'three')
  await before.program.stop('SIGKILL')

  const after = await startOn(data)
  const push = await (await serviceOf(after)).next()
  expect(openSealed(push, key).json).toMatchObject({ unread: 3, message: 'three' })
  expect(await collect(after.url, 3)).toEqual(['one', 'two', 'three'])
})

test('a push that was answered is not sent again after kill -9', async () => {
  const data = await freshDirectory()
  const before = await startOn(data)
  await people(data)
  await enable(before.url)
  const pushService = await serviceOf(before)
  await write(before.url, 'one')
  await pushService.next()
  // The next push waits for the answer to the one before, so when it comes, that one is settled.
  await write(before.url, 'two')
  await pushService.next()
  await write(before.url, 'three')
  await pushService.next()
  await before.program.stop('SIGKILL')

  const after = await startOn(data)
  const later = await serviceOf(after)
  await write(after.url, 'four')
  const bodies = [openSealed(await later.next(), key).json['message']]
  if (bodies[0] === 'three') bodies.push(openSealed(await later.next(), key).json['message'])
  expect(bodies.at(-1)).toBe('four')
  expect(bodies).not.toContain('one')
  expect(bodies).not.toContain('two')
})
