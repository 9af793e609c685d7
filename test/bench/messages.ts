// What is relayed: a chat message with a body of 200 bytes, and an OMEMO message of 2 KB for a handful of devices.

import { randomBytes } from 'node:crypto'

const OMEMO = 'eu.siacs.conversations.axolotl'
const devices = 9

export type Shape = 'chat' | 'omemo'

export const titles: Readonly<Record<Shape, string>> = {
  chat: 'chat, 200-byte body',
  omemo: 'OMEMO message, 2 KB',
}

/** @param to a bare JID */
export function messageTo(to: string, shape: Shape): string {
  const inside = shape === 'chat' ? chat : omemo
  return `<message xmlns="jabber:client" to="${to}" type="chat" id="${randomBytes(12).toString('hex')}">${inside}</message>`
}

const words = 'But, soft! what light through yonder window breaks? It is the east, and Juliet is the sun. '
const chat = `<body>${words.repeat(3).slice(0, 200)}</body><active xmlns="http://jabber.org/protocol/chatstates"/>`

const omemo = [
  `<encrypted xmlns="${OMEMO}"><header sid="1394129801">`,
  ...Array.from({ length: devices }, (_, device) => `<key rid="${1_000_000_000 + device}">${random(96)}</key>`),
  `<iv>${random(12)}</iv></header><payload>${random(160)}</payload></encrypted>`,
  `<encryption xmlns="urn:xmpp:eme:0" namespace="${OMEMO}" name="OMEMO"/>`,
  '<body>I sent you an OMEMO encrypted message but your client does not seem to support that.</body>',
  '<store xmlns="urn:xmpp:hints"/>',
].join('')

function random(bytes: number): string {
  return randomBytes(bytes).toString('base64')
}
