// What a push service sees of a push, and what only the device can read: opened with Node's own AES-GCM, not with our reader.

import { randomBytes } from 'node:crypto'
import { child, type Element, text } from '../../server/xml.js'
import { openWithNode } from './readers/node.js'

const PUBSUB = 'http://jabber.org/protocol/pubsub'

export const freshKey = (): string => randomBytes(16).toString('base64')

/** A path of element names down from the iq; each in its own namespace. */
function down(iq: Element, ...path: readonly (readonly [name: string, namespace: string])[]): Element {
  return path.reduce((parent, [name, namespace]) => {
    const found = child(parent, name, namespace)
    if (found === undefined) throw new Error(`there is no <${name}/> in ${parent.toString()}`)
    return found
  }, iq)
}

export function itemOf(publish: Element): Element {
  return down(publish, ['pubsub', PUBSUB], ['publish', PUBSUB], ['item', PUBSUB])
}

export function notificationOf(publish: Element): Element {
  return down(itemOf(publish), ['notification', 'urn:xmpp:push:0'])
}

/** The summary form of a push that is not sealed: field → value. */
export function summaryOf(publish: Element): Readonly<Record<string, string>> {
  const form = down(notificationOf(publish), ['x', 'jabber:x:data'])
  const entries = form
    .getChildElements()
    .map((field) => [String(field.attrs['var']), field.getChildText('value') ?? ''])
  return Object.fromEntries(entries) as Record<string, string>
}

export interface Opened {
  readonly iv: string
  /** The base64 text as it stood on the wire. */
  readonly encrypted: string
  /** What was sealed, padding and all. */
  readonly plain: string
  readonly json: Readonly<Record<string, unknown>>
}

/** @throws Error when the key is not the one, or the notification is not sealed */
export function openSealed(publish: Element, key: string): Opened {
  const element = down(notificationOf(publish), ['encrypted', 'tigase:push:encrypt:0'])
  const encrypted = text(element)
  const iv = String(element.attrs['iv'])
  const plain = openWithNode({ key, iv, encrypted })
  return { iv, encrypted, plain, json: JSON.parse(plain) as Record<string, unknown> }
}
