// tigase:push:encrypt:0: a notification that only the registration's device can open.

import { createCipheriv, randomBytes } from 'node:crypto'
import { defineExtension } from '../../server/extension.js'
import type { Folds } from '../../server/hooks.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, children, el, type Element, text } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import type { EnableSettings } from '../push/hooks.js'
import { fitted, roomIn } from './fit.js'

const NS = 'tigase:push:encrypt:0'
const PUSH = 'urn:xmpp:push:0'
const keyBytes = 16
/** NIST SP 800-38D §8.2.2: random, and fresh for each. */
const ivBytes = 12
const defaultMaxSize = 3000
const leastMaxSize = 256
const mostMaxSize = 16384
/** NIST SP 800-38D §8.3: with random IVs one key may seal so many times, and no more. */
const mostSealed = 2 ** 32

export interface PushEncryptOptions {
  /** All notifications of a registration have one length, whatever they tell. */
  readonly padding: boolean
}

export const pushEncrypt = ({ padding }: PushEncryptOptions) =>
  defineExtension({
    name: 'push-encrypt',
    requires: ['push'],
    features: { account: [NS, 'tigase:push:encrypt:aes-128-gcm'] },
    on: {
      'push:enable': readSealing,
      'push:wrap': (notification, subject) => wrap(notification, subject, padding),
      'push:over': (reason, { registration }) => reason ?? whyOver(registration),
    },
  })

/** @throws StanzaError `bad-request`, `feature-not-implemented` */
function readSealing(settings: EnableSettings, { enable }: { readonly enable: Element }): EnableSettings {
  const [encrypt, ...more] = children(enable, 'encrypt', NS)
  if (encrypt === undefined) return settings
  if (more.length > 0) throw new StanzaError('bad-request', 'one <encrypt/> is enough')
  checkAlgorithm(attr(encrypt, 'alg'))
  return { ...settings, sealing: { key: readKey(encrypt), maxSize: readMaxSize(attr(encrypt, 'max-size')) } }
}

/** `aes-gcm` is what the OMEMO draft's own example and old Tigase clients say for the same. */
function checkAlgorithm(algorithm: string | undefined): void {
  if (algorithm === undefined || algorithm === '') throw new StanzaError('bad-request', '<encrypt/> needs an alg')
  if (algorithm !== 'aes-128-gcm' && algorithm !== 'aes-gcm') {
    throw new StanzaError('feature-not-implemented', 'the algorithm is aes-128-gcm')
  }
}

function readKey(encrypt: Element): Uint8Array {
  const given = text(encrypt).replace(/\s+/g, '')
  const key = Buffer.from(given, 'base64')
  const isBase64 =
    /^[A-Za-z0-9+/]+={0,2}$/.test(given) && given.replace(/=+$/, '') === key.toString('base64').replace(/=+$/, '')
  if (!isBase64 || key.length !== keyBytes) throw new StanzaError('bad-request', 'the key is 16 bytes in base64')
  return key
}

function readMaxSize(given: string | undefined): number {
  if (given === undefined) return defaultMaxSize
  const size = /^[1-9][0-9]{0,4}$/.test(given) ? Number(given) : 0
  if (size < leastMaxSize || size > mostMaxSize) {
    throw new StanzaError('bad-request', `max-size is a whole number from ${leastMaxSize} to ${mostMaxSize}`)
  }
  return size
}

function wrap(
  notification: Element | undefined,
  { summary, registration }: Folds['push:wrap']['subject'],
  padding: boolean,
): Element | undefined {
  const { sealing } = registration
  if (sealing === undefined) return notification
  const { key, maxSize } = sealing
  const json = fitted(summary, maxSize)
  if (json === undefined || key === undefined || isUsedUp(registration)) return undefined
  const { iv, encrypted } = seal(padding ? padded(json, maxSize) : Buffer.from(json), key)
  // tigase:push:encrypt:0 §4.4: a call rings, so its reader has to know before it has opened anything.
  const type = summary.type === 'call' ? 'voip' : undefined
  return el('notification', { xmlns: PUSH }, el('encrypted', { xmlns: NS, type, iv }, encrypted))
}

function isUsedUp({ sealedCount }: Registration): boolean {
  return sealedCount >= mostSealed
}

/** Why nothing can be sealed for this registration any more: its client has to come with another key. */
function whyOver(registration: Registration): string | undefined {
  if (registration.sealing === undefined) return undefined
  if (registration.sealing.key === undefined) return 'key-lost'
  return isUsedUp(registration) ? 'key-used-up' : undefined
}

/** JSON ends where its last bracket does: spaces after it are nothing to a reader. */
function padded(json: string, maxSize: number): Buffer {
  const whole = Buffer.alloc(roomIn(maxSize), ' ')
  whole.write(json)
  return whole
}

/** The tag stands at the end, as WebCrypto and Tigase's readers expect it. */
function seal(plain: Buffer, key: Uint8Array): { readonly iv: string; readonly encrypted: string } {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { iv: iv.toString('base64'), encrypted: sealed.toString('base64') }
}
