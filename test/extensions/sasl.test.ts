// Logging in (RFC 6120 §6): who gets in, who does not, and what either is told.

import { expect } from 'vitest'
import { el, type Element, serialize, text } from '../../server/xml.js'
import { RawClient } from '../helpers/raw-client.js'
import { scenario, xml } from '../helpers/scenario.js'
import { readChallenge, ScramClient, type ScramMechanism, type ScramOptions } from '../helpers/scram-client.js'

const NS = 'urn:ietf:params:xml:ns:xmpp-sasl'
const PASSWORD = 'the password of juliet'

const base64 = (message: string | Uint8Array): string => Buffer.from(message).toString('base64')
const element = (name: string, message?: string, mechanism?: string): string =>
  serialize(el(name, { xmlns: NS, mechanism }, message))
const auth = (mechanism: string, message?: string): string => element('auth', message, mechanism)
const plain = (username: string, password: string, authzid = ''): string =>
  auth('PLAIN', base64(`${authzid}\0${username}\0${password}`))
const decoded = (answer: Element): string => Buffer.from(text(answer), 'base64').toString('utf8')

async function answerTo(client: RawClient, frame: string): Promise<string> {
  client.send(frame)
  return named(await client.next())
}

/** The name of the answer, for a failure that of its condition; everything is in the right namespace. */
function named(answer: Element): string {
  expect(answer.attrs['xmlns']).toBe(NS)
  if (answer.name !== 'failure') return answer.name
  const [condition] = answer.getChildElements()
  expect(serialize(answer)).toBe(`<failure xmlns="${NS}"><${String(condition?.name)}/></failure>`)
  return String(condition?.name)
}

/** The challenge for the client's first message. */
async function challenged(client: RawClient, scram: ScramClient): Promise<string> {
  client.send(auth(scram.mechanism, base64(scram.first())))
  const challenge = await client.next()
  expect(challenge.name).toBe('challenge')
  return decoded(challenge)
}

async function scramAnswer(client: RawClient, options: ScramOptions): Promise<string> {
  const scram = new ScramClient(options)
  const { message } = scram.final(await challenged(client, scram))
  return answerTo(client, element('response', base64(message)))
}

async function streamError(client: RawClient): Promise<string> {
  const error = await client.next()
  expect([error.name, error.attrs['xmlns']]).toEqual(['error', 'http://etherx.jabber.org/streams'])
  return String(error.getChildElements()[0]?.name)
}

for (const mechanism of ['SCRAM-SHA-1', 'PLAIN']) {
  scenario(
    `xmpp.js logs in by ${mechanism}`,
    async ({ juliet }) => {
      await juliet.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
    },
    { mechanism },
  )

  scenario(
    `xmpp.js with a wrong password is refused by ${mechanism}`,
    async ({ juliet, server }) => {
      await juliet.leaves()
      await server.users.setPassword('juliet@localhost', 'another')
      await expect(juliet.arrives()).rejects.toMatchObject({ name: 'SASLError', condition: 'not-authorized' })
    },
    { mechanism },
  )
}

for (const mechanism of ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'] satisfies ScramMechanism[]) {
  scenario(
    `a client of ${mechanism} gets in, and the success shows that the server knows the password, too`,
    async ({ raw }) => {
      const client = await raw()
      await client.opens()
      const scram = new ScramClient({ mechanism, username: 'juliet', password: PASSWORD })
      const { message, verifier } = scram.final(await challenged(client, scram))
      client.send(element('response', base64(message)))
      const success = await client.next()
      expect([success.name, decoded(success)]).toEqual(['success', verifier])
      const { features } = await client.opens()
      expect(features.getChild('mechanisms')).toBeUndefined()
    },
    { offline: ['juliet'] },
  )

  scenario(
    `a client of ${mechanism} with a wrong password stays out`,
    async ({ raw, log }) => {
      const client = await raw()
      await client.opens()
      expect(await scramAnswer(client, { mechanism, username: 'juliet', password: 'wrong' })).toBe('not-authorized')
      expect(log.lines).toContainEqual(
        expect.objectContaining({
          level: 'info',
          message: 'a login failed',
          fields: { address: '127.0.0.1', account: 'juliet@localhost' },
        }),
      )
    },
    { offline: ['juliet'] },
  )
}

scenario('mechanisms are offered strongest first, with PLAIN on loopback', async ({ raw }) => {
  const { features } = await (await raw()).opens()
  const mechanisms = features.getChild('mechanisms')
  expect(mechanisms?.attrs['xmlns']).toBe(NS)
  const names = mechanisms?.getChildren('mechanism').map((mechanism) => text(mechanism))
  expect(names).toEqual(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'])
})

scenario(
  'through a proxy that nobody trusts there is no PLAIN, and who tries it hears why',
  async ({ server }) => {
    const client = await RawClient.connect(server.url, ['xmpp'], { headers: { 'X-Forwarded-For': '192.0.2.1' } })
    const { features } = await client.opens()
    const names = features
      .getChild('mechanisms')
      ?.getChildren('mechanism')
      .map((mechanism) => text(mechanism))
    expect(names).toEqual(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'])
    expect(await answerTo(client, plain('juliet', PASSWORD))).toBe('encryption-required')
    expect(await scramAnswer(client, { username: 'juliet', password: PASSWORD })).toBe('success')
    client.leaves()
  },
  { offline: ['juliet'] },
)

scenario(
  'a name in capitals or in full width logs in as the account it is prepared to',
  async ({ raw }) => {
    for (const username of ['JULIET', 'ｊｕｌｉｅｔ']) {
      const client = await raw()
      expect(await client.logsIn(username, PASSWORD)).toBe('juliet@localhost/raw')
      const other = await raw()
      await other.opens()
      expect(await scramAnswer(other, { username, password: PASSWORD })).toBe('success')
    }
  },
  { offline: ['juliet'] },
)

scenario('a password is the same in each of its SASLprep spellings', async ({ raw, server }) => {
  await server.users.create('juliet@localhost', 'pa\u0308ss IX')
  const client = await raw()
  expect(await client.logsIn('juliet', 'päss\u00a0\u2168')).toBe('juliet@localhost/raw')
})

scenario('a name with a comma and an equals sign logs in by SCRAM, escaped', async ({ raw, server }) => {
  await server.users.create('a,b=c@localhost', PASSWORD)
  const client = await raw()
  await client.opens()
  expect(await scramAnswer(client, { username: 'a=2Cb=3Dc', password: PASSWORD })).toBe('success')
})

scenario(
  'who asks for the mechanism alone is asked for the first message',
  async ({ raw }) => {
    const client = await raw()
    await client.opens()
    client.send(auth('PLAIN'))
    expect(await client.nextFrame()).toBe(`<challenge xmlns="${NS}"/>`)
    expect(await answerTo(client, element('response', base64(`\0juliet\0${PASSWORD}`)))).toBe('success')

    const other = await raw()
    await other.opens()
    const scram = new ScramClient({ username: 'juliet', password: PASSWORD })
    expect(await answerTo(other, auth(scram.mechanism))).toBe('challenge')
    other.send(element('response', base64(scram.first())))
    const { message } = scram.final(decoded(await other.next()))
    expect(await answerTo(other, element('response', base64(message)))).toBe('success')
  },
  { offline: ['juliet'] },
)

scenario(
  'one may say to act as oneself, in any spelling, and as nobody else',
  async ({ raw }) => {
    const answers: string[] = []
    for (const authzid of ['juliet@localhost', 'JULIET@LOCALHOST']) {
      const client = await raw()
      await client.opens()
      answers.push(await answerTo(client, plain('juliet', PASSWORD, authzid)))
      const other = await raw()
      await other.opens()
      answers.push(await scramAnswer(other, { username: 'juliet', password: PASSWORD, gs2: `y,a=${authzid},` }))
    }
    expect(answers).toEqual(['success', 'success', 'success', 'success'])
    const client = await raw()
    await client.opens()
    for (const authzid of ['romeo@localhost', 'juliet', 'juliet@localhost/x', '@']) {
      expect(await answerTo(client, plain('juliet', PASSWORD, authzid))).toBe('invalid-authzid')
    }
    expect(await answerTo(client, plain('no<body', PASSWORD, '@'))).toBe('invalid-authzid')
    expect(await streamError(client)).toBe('policy-violation')
  },
  { offline: ['juliet', 'romeo'] },
)

const bad: readonly (readonly [string, string, string])[] = [
  ['an unknown mechanism', auth('SCRAM-MD5', base64('n,,n=juliet,r=x')), 'invalid-mechanism'],
  ['no mechanism', element('auth', base64('\0juliet\0x')), 'invalid-mechanism'],
  ['a mechanism that is a property of every object', auth('constructor', 'AAAA'), 'invalid-mechanism'],
  ['a mechanism that binds a channel', auth('SCRAM-SHA-1-PLUS', base64('p=x,,n=juliet,r=x')), 'invalid-mechanism'],
  ['a channel binding that nobody offered', auth('SCRAM-SHA-1', base64('p=x,,n=juliet,r=x')), 'malformed-request'],
  ['a mandatory extension', auth('SCRAM-SHA-1', base64('n,,m=x,n=juliet,r=x')), 'malformed-request'],
  ['base64 with white space', auth('PLAIN', ' AGEAYg=='), 'incorrect-encoding'],
  ['base64 without its padding', auth('PLAIN', 'AGEAYg'), 'incorrect-encoding'],
  ['an empty first message', auth('PLAIN', '='), 'malformed-request'],
  ['an empty first message of SCRAM', auth('SCRAM-SHA-1', '='), 'malformed-request'],
  ['bytes that are not UTF-8', auth('PLAIN', base64(Uint8Array.from([0, 0x61, 0, 0xff]))), 'malformed-request'],
  ['a response that nobody asked for', element('response', 'AAAA'), 'malformed-request'],
  ['an abort of nothing', element('abort'), 'aborted'],
]

for (const [what, frame, condition] of bad) {
  scenario(
    `${what} is ${condition}, and the client may try again`,
    async ({ raw }) => {
      const client = await raw()
      await client.opens()
      expect(await answerTo(client, frame)).toBe(condition)
      expect(await answerTo(client, plain('juliet', PASSWORD))).toBe('success')
    },
    { offline: ['juliet'] },
  )
}

scenario(
  'a final message with another nonce, another header or a mandatory extension fails, whatever its proof',
  async ({ raw }) => {
    const client = await raw()
    await client.opens()
    for (const change of [{ nonce: 'other' }, { binding: 'y,,' }, { more: ',m=x' }]) {
      const scram = new ScramClient({ username: 'juliet', password: PASSWORD })
      const { message } = scram.final(await challenged(client, scram), change)
      expect(await answerTo(client, element('response', base64(message)))).toBe('malformed-request')
    }
  },
  { offline: ['juliet'] },
)

scenario(
  'a final message proves nothing a second time, not even on the same stream',
  async ({ raw }) => {
    const client = await raw()
    await client.opens()
    const scram = new ScramClient({ username: 'juliet', password: PASSWORD, nonce: 'same' })
    const first = await challenged(client, scram)
    expect(await answerTo(client, element('abort'))).toBe('aborted')
    const second = await challenged(client, scram)
    expect(readChallenge(second).nonce).not.toBe(readChallenge(first).nonce)
    expect(await answerTo(client, element('response', base64(scram.final(first).message)))).toBe('malformed-request')
    expect(await answerTo(client, element('response', base64(scram.final(second).message)))).toBe('malformed-request')
  },
  { offline: ['juliet'] },
)

scenario(
  'a second auth in the middle of an exchange ends both',
  async ({ raw }) => {
    const client = await raw()
    await client.opens()
    const scram = new ScramClient({ username: 'juliet', password: PASSWORD })
    const challenge = await challenged(client, scram)
    expect(await answerTo(client, auth(scram.mechanism, base64(scram.first())))).toBe('malformed-request')
    const { message } = scram.final(challenge)
    expect(await answerTo(client, element('response', base64(message)))).toBe('malformed-request')
  },
  { offline: ['juliet'] },
)

scenario(
  'messages that are all sent at once are answered one after the other',
  async ({ raw }) => {
    const client = await raw()
    await client.opens()
    client.send(plain('juliet', 'wrong'))
    client.send(auth('SCRAM-SHA-256', base64('n,,n=juliet,r=x')))
    client.send(element('abort'))
    client.send(plain('juliet', PASSWORD))
    const answers: string[] = []
    for (let count = 0; count < 4; count += 1) answers.push(named(await client.next()))
    expect(answers).toEqual(['not-authorized', 'challenge', 'aborted', 'success'])
  },
  { offline: ['juliet'] },
)

scenario(
  'whether a user exists does not show: the same challenge at every try, the same refusals',
  async ({ raw }) => {
    const salts: string[] = []
    for (const username of ['juliet', 'nobody']) {
      const client = await raw()
      await client.opens()
      for (let count = 0; count < 2; count += 1) {
        const scram = new ScramClient({ username, password: 'wrong' })
        const challenge = await challenged(client, scram)
        const { salt, iterations } = readChallenge(challenge)
        salts.push(`${username} ${salt.toString('base64')}`)
        expect([salt.length, iterations]).toEqual([16, 4096])
        const { message } = scram.final(challenge)
        expect(await answerTo(client, element('response', base64(message)))).toBe('not-authorized')
      }
      expect(await answerTo(client, plain(username, 'wrong'))).toBe('not-authorized')
    }
    expect(new Set(salts).size).toBe(2)
  },
  { offline: ['juliet'] },
)

scenario('a name that nobody can have is refused like any other', async ({ raw, log }) => {
  const client = await raw()
  await client.opens()
  expect(await scramAnswer(client, { username: 'no<body', password: 'x' })).toBe('not-authorized')
  expect(await answerTo(client, plain('juliet@localhost', 'x'))).toBe('not-authorized')
  const failed = log.lines.filter(({ message }) => message === 'a login failed')
  expect(failed.map(({ fields }) => fields)).toEqual([
    { address: '127.0.0.1', account: undefined },
    { address: '127.0.0.1', account: undefined },
  ])
})

scenario(
  'the fifth failure ends the stream, and a new one may try again',
  async ({ raw }) => {
    const client = await raw()
    await client.opens()
    for (let count = 0; count < 5; count += 1) {
      expect(await answerTo(client, plain('juliet', `wrong ${count}`))).toBe('not-authorized')
    }
    expect(await streamError(client)).toBe('policy-violation')
    await client.closed
    expect(await (await raw()).logsIn('juliet', PASSWORD)).toBe('juliet@localhost/raw')
  },
  { offline: ['juliet'] },
)

scenario(
  'who guesses waits for the refusal, and holds up nobody who has the right password',
  async ({ raw }) => {
    const guesser = await raw()
    await guesser.opens()
    for (let count = 0; count < 4; count += 1) await answerTo(guesser, plain('juliet', 'wrong'))
    guesser.send(plain('juliet', 'wrong'))
    const client = await raw()
    expect(await client.logsIn('juliet', PASSWORD)).toBe('juliet@localhost/raw')
    expect(guesser.unread).toEqual([])
    expect(named(await guesser.next())).toBe('not-authorized')
    expect(await streamError(guesser)).toBe('policy-violation')
  },
  { offline: ['juliet'] },
)

scenario(
  'a password that was changed, or a user that was removed, in the middle of an exchange gets nobody in',
  async ({ raw, server }) => {
    for (const change of [
      () => server.users.setPassword('juliet@localhost', 'another'),
      () => server.users.remove('romeo@localhost'),
    ]) {
      const username = change.toString().includes('juliet') ? 'juliet' : 'romeo'
      const client = await raw()
      await client.opens()
      const scram = new ScramClient({ username, password: `the password of ${username}` })
      const { message } = scram.final(await challenged(client, scram))
      await change()
      client.send(element('response', base64(message)))
      expect(await streamError(client)).toBe('not-authorized')
    }
  },
  { offline: ['juliet', 'romeo'] },
)

scenario(
  'a new password ends the sessions of the old one, and only the new one gets in',
  async ({ juliet, server, raw }) => {
    await server.users.setPassword('juliet@localhost', 'another')
    expect(await juliet.ended()).toBe('not-authorized')
    const client = await raw()
    await client.opens()
    expect(await answerTo(client, plain('juliet', PASSWORD))).toBe('not-authorized')
    expect(await (await raw()).logsIn('juliet', 'another')).toBe('juliet@localhost/raw')
  },
)

scenario('a removal ends what is logged in and not bound yet, too', async ({ juliet, server, raw }) => {
  const client = await raw()
  await client.opens()
  expect(await answerTo(client, plain('juliet', PASSWORD))).toBe('success')
  await server.users.remove('juliet@localhost')
  expect(await streamError(client)).toBe('not-authorized')
  expect(await juliet.ended()).toBe('not-authorized')
  const late = await raw()
  await late.opens()
  expect(await answerTo(late, plain('juliet', PASSWORD))).toBe('not-authorized')
})

scenario('who is logged in does not log in again', async ({ juliet, raw }) => {
  const client = await raw()
  await client.logsIn('juliet', PASSWORD)
  client.send(plain('juliet', PASSWORD))
  expect(await streamError(client)).toBe('invalid-namespace')
  await juliet.asks(xml`<iq type="get" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>`)
})

scenario(
  'neither passwords nor SCRAM messages reach the log',
  async ({ raw, log }) => {
    const client = await raw()
    await client.opens()
    const scram = new ScramClient({ username: 'juliet', password: 'sesame' })
    const { message } = scram.final(await challenged(client, scram))
    await answerTo(client, element('response', base64(message)))
    await answerTo(client, plain('juliet', 'sesame'))
    await answerTo(client, auth('PLAIN', base64('sesame')))
    const written = JSON.stringify(log.lines)
    for (const secret of ['sesame', base64('sesame'), message, base64(message)]) expect(written).not.toContain(secret)
    expect(written).toContain('a login failed')
  },
  { offline: ['juliet'] },
)
