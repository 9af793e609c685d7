// tigase:push:encrypt:omemo:0: picks out of an OMEMO message what the registration's device needs to decrypt the text itself.
// Pure but for the hooks; both OMEMO versions (XEP-0384 0.3 and 0.8).

import { defineExtension } from '../server/extension.js'
import type { Message } from '../server/stanza.js'
import { StanzaError } from '../server/stanza-error.js'
import { attr, child, children, type Element, text } from '../server/xml.js'
import type { EnableSettings, OmemoPart, Outgoing, Summary } from './push/hooks.js'

const NS = 'tigase:push:encrypt:omemo:0'
const OMEMO_03 = 'eu.siacs.conversations.axolotl'
const OMEMO_2 = 'urn:xmpp:omemo:2'

/** XEP-0384 §4.2: a device id is between 1 and 2³²−1. */
const highestDeviceId = 2 ** 32 - 1

export const pushOmemo = defineExtension({
  name: 'push-omemo',
  requires: ['push-encrypt'],
  features: { account: [NS] },
  on: { 'push:enable': readDevice, 'push:describe': addOmemo },
})

/** OMEMO data never leaves the server unsealed. @throws StanzaError `bad-request` */
function readDevice(settings: EnableSettings, { enable }: { readonly enable: Element }): EnableSettings {
  const [omemo, ...more] = children(enable, 'omemo', NS)
  if (omemo === undefined) return settings
  if (more.length > 0) throw new StanzaError('bad-request', 'one <omemo/> is enough')
  if (settings.sealing === undefined) throw new StanzaError('bad-request', '<omemo/> goes with <encrypt/>')
  const omemoDevice = readDeviceId(attr(omemo, 'deviceId'))
  if (omemoDevice === undefined) throw new StanzaError('bad-request', 'deviceId is a whole number from 1 to 4294967295')
  return { ...settings, omemoDevice }
}

function readDeviceId(given: string | undefined): number | undefined {
  if (given === undefined || !/^[1-9][0-9]{0,9}$/.test(given)) return undefined
  const id = Number(given)
  return id <= highestDeviceId ? id : undefined
}

function addOmemo(summary: Summary, { stanza, registration }: Outgoing): Summary {
  const device = registration.omemoDevice
  return device === undefined ? summary : { ...summary, omemo: omemoParts(stanza, device, registration.account) }
}

/** What the device needs: OMEMO 2 first, then 0.3, each only if it has a key for the device and a text to open. */
export function omemoParts(
  { content }: Pick<Message, 'content'>,
  device: number,
  account: string,
): readonly OmemoPart[] {
  return [
    partOf(content.find('encrypted', OMEMO_2), (header) => keysOf2(header, String(device), account)),
    partOf(content.find('encrypted', OMEMO_03), (header) => keysOf03(header, String(device))),
  ].filter((part) => part !== undefined)
}

interface Keys {
  readonly keys: readonly string[]
  readonly prekey: readonly boolean[]
  readonly iv?: string
}

function partOf(encrypted: Element | undefined, keysOf: (header: Element) => Keys | undefined): OmemoPart | undefined {
  const header = encrypted && child(encrypted, 'header')
  const payload = encrypted && child(encrypted, 'payload')
  if (encrypted === undefined || header === undefined || payload === undefined) return undefined
  const sid = attr(header, 'sid')
  const keys = keysOf(header)
  const data = base64Of(payload)
  if (sid === undefined || keys === undefined || keys.keys.length === 0 || data === undefined) return undefined
  return { ...keys, sid, data, ns: encrypted.getNS() ?? '' }
}

/** In OMEMO 0.3 another account's device may bear the same number: all its keys go along, and the device tries them. */
function keysOf03(header: Element, device: string): Keys | undefined {
  const iv = child(header, 'iv')
  const decoded = iv && base64Of(iv)
  return decoded === undefined ? undefined : { ...keysNamed(header, device, 'prekey'), iv: decoded }
}

/** OMEMO 2 says whose device it is. */
function keysOf2(header: Element, device: string, account: string): Keys | undefined {
  const own = children(header, 'keys').find((keys) => attr(keys, 'jid') === account)
  return own && keysNamed(own, device, 'kex')
}

function keysNamed(parent: Element, device: string, preKeyMark: string): Keys {
  const found = children(parent, 'key').flatMap((key) => {
    const value = attr(key, 'rid') === device ? base64Of(key) : undefined
    return value === undefined ? [] : [{ value, isPreKey: isTrue(attr(key, preKeyMark)) }]
  })
  return { keys: found.map(({ value }) => value), prekey: found.map(({ isPreKey }) => isPreKey) }
}

/** The base64 in an element without its white space; undefined where there is none. */
function base64Of(element: Element): string | undefined {
  const value = text(element).replace(/\s+/g, '')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value) ? value : undefined
}

function isTrue(given: string | undefined): boolean {
  return given === 'true' || given === '1'
}
