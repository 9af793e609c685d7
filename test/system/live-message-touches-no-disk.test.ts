// A live message that owes no push touches no disk: the files of the data directory stay as they are, to the nanosecond.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RawClient } from '../helpers/raw-client.js'
import { freshDirectory, run, start } from './program.js'

const messages = 200

/** Size and time of the last change of every file. */
async function stateOf(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).sort()
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeNs } = await stat(join(directory, name), { bigint: true })
      return `${name} ${size} ${mtimeNs}`
    }),
  )
}

async function online(url: string, name: string): Promise<RawClient> {
  const client = await RawClient.connect(url)
  await client.logsIn(name, 'pw')
  client.send('<presence xmlns="jabber:client"/>')
  await answered(client)
  return client
}

/** Whatever was sent before the ping has been taken when its answer comes. */
async function answered(client: RawClient): Promise<void> {
  client.send('<iq xmlns="jabber:client" type="get" id="here"><ping xmlns="urn:xmpp:ping"/></iq>')
  while ((await client.next()).attrs['id'] !== 'here');
}

/** The server asks whether its messages have arrived. */
function pingAfter({ socket }: RawClient, text: string): Promise<void> {
  let isThere = false
  socket.on('message', (data: Buffer) => (isThere ||= data.includes(text)))
  return new Promise((resolve) => {
    socket.on('ping', () => {
      if (isThere) resolve()
    })
  })
}

function chat(to: string, body: string): string {
  return `<message xmlns="jabber:client" type="chat" to="${to}@localhost"><body>${body}</body></message>`
}

test('a live message touches no disk, and one for somebody who is away does', async () => {
  const data = await freshDirectory()
  for (const name of ['romeo', 'juliet', 'nurse']) {
    await run(['user', 'add', `${name}@localhost`, '--password-stdin', '--data', data], { stdin: 'pw\n' })
  }
  const { url } = await start(['--data', data])
  const romeo = await online(url, 'romeo')
  const juliet = await online(url, 'juliet')

  const asked = pingAfter(juliet, `live ${messages}`)
  const before = await stateOf(data)
  for (let count = 1; count <= messages; count += 1) romeo.send(chat('juliet', `live ${count}`))
  for (let count = 1; count <= messages; count += 1) {
    expect((await juliet.next()).getChildText('body')).toBe(`live ${count}`)
  }
  // Her side answers for all of them before her own question is read (docs/extensions/message.md).
  await asked
  await answered(juliet)
  expect(await stateOf(data)).toEqual(before)

  romeo.send(chat('nurse', 'for later'))
  await answered(romeo)
  expect(await stateOf(data)).not.toEqual(before)
  romeo.leaves()
  juliet.leaves()
})
