// The payload of OMEMO 2: an XEP-0420 envelope under XEP-0384 §4.4's encryption, with node:crypto.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { Element, parse } from 'ltx'
import { base64, child } from './device.js'

const SCE = 'urn:xmpp:sce:1'

interface PayloadKeys {
  readonly encryption: Buffer
  readonly authentication: Buffer
  readonly iv: Buffer
}

/** The envelope of a text, of random length (§5.5.1). `room` is the affix that a group chat needs. */
export function envelope(text: string, from: string, room?: string): Element {
  const root = new Element('envelope', { xmlns: SCE })
  root.c('content').c('body', { xmlns: 'jabber:client' }).t(text)
  root.c('rpad').t(base64(randomBytes(1 + (randomBytes(1)[0] ?? 0))))
  root.c('from', { jid: from })
  if (room !== undefined) root.c('to', { jid: room })
  return root
}

/** The payload of an envelope, and the 48 bytes that each device gets: key and HMAC. */
export function seal(xml: string): { readonly secret: Buffer; readonly payload: Buffer } {
  const key = randomBytes(32)
  const { encryption, authentication, iv } = keysOf(key)
  const cipher = createCipheriv('aes-256-cbc', encryption, iv)
  const payload = Buffer.concat([cipher.update(xml, 'utf8'), cipher.final()])
  return { secret: Buffer.concat([key, hmac(authentication, payload)]), payload }
}

/** The text of a payload. Throws when it is changed, or when it is another sender's. */
export function open(secret: Uint8Array, payload: Uint8Array, sender: string): string {
  const { encryption, authentication, iv } = keysOf(secret.subarray(0, 32))
  if (!timingSafeEqual(hmac(authentication, payload), secret.subarray(32))) throw new Error('the HMAC does not fit')
  const decipher = createDecipheriv('aes-256-cbc', encryption, iv)
  const root = parse(Buffer.concat([decipher.update(payload), decipher.final()]).toString('utf8'))
  if (child(root, 'from').attrs['jid'] !== sender) throw new Error('the envelope is of another sender')
  return child(child(root, 'content'), 'body').getText()
}

function keysOf(key: Uint8Array): PayloadKeys {
  const derived = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(32), 'OMEMO Payload', 80))
  return { encryption: derived.subarray(0, 32), authentication: derived.subarray(32, 64), iv: derived.subarray(64) }
}

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest().subarray(0, 16)
}
