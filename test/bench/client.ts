// A client that only does what the load needs: logs in by PLAIN or SCRAM-SHA-1, binds, says that it is there.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { Wire } from './wire.js'

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'

export type Mechanism = 'PLAIN' | 'SCRAM-SHA-1'

export interface Account {
  readonly name: string
  readonly password: string
}

export const domain = 'localhost'

const open = `<open xmlns="${FRAMING}" to="${domain}" version="1.0"/>`

/** From the first byte to a bound session. @throws Error when the server refuses */
export async function logIn(url: string, account: Account, mechanism: Mechanism, resource: string): Promise<Wire> {
  const wire = await Wire.connect(url)
  await opened(wire)
  await (mechanism === 'PLAIN' ? plain(wire, account) : scram(wire, account))
  await opened(wire)
  wire.send(
    `<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="${BIND}"><resource>${resource}</resource></bind></iq>`,
  )
  expectIn(await wire.next(), `${account.name}@${domain}/${resource}`)
  return wire
}

/** Available, and seen to be: the server has answered what came after it. */
export async function comeOnline(wire: Wire): Promise<void> {
  wire.send('<presence xmlns="jabber:client"/>')
  await asks(wire, 'get', '<ping xmlns="urn:xmpp:ping"/>', domain)
}

/** @throws Error when the answer is none of success */
export async function asks(wire: Wire, type: 'get' | 'set', payload: string, to?: string): Promise<void> {
  const recipient = to === undefined ? '' : ` to="${to}"`
  wire.send(`<iq xmlns="jabber:client" type="${type}" id="ask"${recipient}>${payload}</iq>`)
  let answer = await wire.next()
  while (!answer.startsWith('<iq') || !answer.includes('id="ask"')) answer = await wire.next()
  expectIn(answer, 'type="result"')
}

async function opened(wire: Wire): Promise<void> {
  wire.send(open)
  expectIn(await wire.next(), '<open')
  expectIn(await wire.next(), 'features')
}

async function plain(wire: Wire, { name, password }: Account): Promise<void> {
  wire.send(`<auth xmlns="${SASL}" mechanism="PLAIN">${base64(`\0${name}\0${password}`)}</auth>`)
  expectIn(await wire.next(), '<success')
}

async function scram(wire: Wire, account: Account): Promise<void> {
  const bare = `n=${account.name},r=${randomBytes(12).toString('hex')}`
  wire.send(`<auth xmlns="${SASL}" mechanism="SCRAM-SHA-1">${base64(`n,,${bare}`)}</auth>`)
  const challenge = contentOf(await wire.next())
  const withoutProof = `c=biws,r=${fieldOf(challenge, 'r')}`
  const proof = proofFor(`${bare},${challenge},${withoutProof}`, keysOf(account, challenge))
  wire.send(`<response xmlns="${SASL}">${base64(`${withoutProof},p=${proof}`)}</response>`)
  expectIn(await wire.next(), '<success')
}

interface Keys {
  readonly client: Buffer
  readonly stored: Buffer
}

/** Real clients keep them too (RFC 5802 §3); here they spare the one who measures the long computation. */
const knownKeys = new Map<string, Keys>()

function keysOf({ name, password }: Account, challenge: string): Keys {
  const [salt, iterations] = [fieldOf(challenge, 's'), fieldOf(challenge, 'i')]
  const key = [name, salt, iterations].join(' ')
  const known = knownKeys.get(key)
  if (known !== undefined) return known
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 20, 'sha1')
  const client = createHmac('sha1', salted).update('Client Key').digest()
  const keys = { client, stored: createHash('sha1').update(client).digest() }
  knownKeys.set(key, keys)
  return keys
}

function proofFor(authMessage: string, { client, stored }: Keys): string {
  const signature = createHmac('sha1', stored).update(authMessage).digest()
  return Buffer.from(client.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64')
}

function fieldOf(challenge: string, name: string): string {
  const field = challenge.split(',').find((part) => part.startsWith(`${name}=`))
  if (field === undefined) throw new Error(`the server's challenge lacks ${name}`)
  return field.slice(2)
}

function contentOf(frame: string): string {
  const [, content] = /^<challenge[^>]*>([^<]+)<\/challenge>$/.exec(frame) ?? []
  if (content === undefined) throw new Error(`this is no challenge: ${frame}`)
  return Buffer.from(content, 'base64').toString('utf8')
}

function expectIn(frame: string, wanted: string): void {
  if (!frame.includes(wanted)) throw new Error(`the server said ${frame} where ${wanted} was expected`)
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
