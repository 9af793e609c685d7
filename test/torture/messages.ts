// What is written: texts, OMEMO messages with and without a payload, and what is worth nothing later. Each bears a token by which
// it is known again wherever it turns up: in its id, in its body, in its payload.

import type { Random } from './random.js'

const OMEMO = 'eu.siacs.conversations.axolotl'
const OMEMO_2 = 'urn:xmpp:omemo:2'

const kinds = ['text', 'text', 'text', 'text', 'omemo', 'omemo', 'omemo-2', 'keys', 'state'] as const

export type Kind = (typeof kinds)[number]

export const kindBy = (random: Random): Kind => random.pick(kinds)

/** A chat state is handed over or forgotten; all others are kept. */
export const isKept = (kind: Kind): boolean => kind !== 'state'

/** Contract §4.2: what only moves keys is kept, and makes no push. */
export const makesPush = (kind: Kind): boolean => isKept(kind) && kind !== 'keys'

/** `devices` are those of the recipient that get a key. */
export interface Letter {
  readonly token: string
  readonly kind: Kind
  readonly to: string
  readonly devices: readonly number[]
}

export function messageXml({ token, kind, to, devices }: Letter, random: Random): string {
  const inside = content({ token, kind, to, devices }, random)
  return `<message xmlns="jabber:client" type="chat" id="${token}" to="${to}">${inside}</message>`
}

function content({ token, kind, to, devices }: Letter, random: Random): string {
  switch (kind) {
    case 'text':
      return `<body>${token} ${'thou '.repeat(random.between(0, 40))}&#x2665;</body>`
    case 'omemo':
      return omemo(devices, `<payload>${payloadOf(token)}</payload>`, random)
    case 'omemo-2':
      return omemo2(to.replace(/\/.*/, ''), devices, token, random)
    case 'keys':
      return omemo(devices, '', random)
    case 'state':
      return '<composing xmlns="http://jabber.org/protocol/chatstates"/>'
  }
}

function omemo(devices: readonly number[], payload: string, random: Random): string {
  const keys = devices.map((device) => `<key rid="${device}">${random.base64(48)}</key>`).join('')
  const header = `<header sid="4711">${keys}<iv>${random.base64(12)}</iv></header>`
  return `<encrypted xmlns="${OMEMO}">${header}${payload}</encrypted><store xmlns="urn:xmpp:hints"/>`
}

function omemo2(account: string, devices: readonly number[], token: string, random: Random): string {
  const keys = devices.map((device) => `<key rid="${device}">${random.base64(48)}</key>`).join('')
  const header = `<header sid="4711"><keys jid="${account}">${keys}</keys></header>`
  return `<encrypted xmlns="${OMEMO_2}">${header}<payload>${payloadOf(token)}</payload></encrypted>`
}

function payloadOf(token: string): string {
  return Buffer.from(`${token} `).toString('base64')
}

/** The token in a push's text or in the OMEMO payload that it carries, if either is there. */
export function tokenIn(text: string): string | undefined {
  return /^(m-[\w-]+) /.exec(text)?.[1]
}
