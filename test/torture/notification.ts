// What a push service gets: opened with the key that the device gave, by Node's own AES-GCM.

import { createDecipheriv } from 'node:crypto'
import { attr, child, children, type Element, text } from '../../server/xml.js'
import type { Publish, Registration } from './ledger.js'
import { tokenIn } from './messages.js'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const PUSH = 'urn:xmpp:push:0'
const ENCRYPT = 'tigase:push:encrypt:0'

export interface Arrived {
  readonly node: string
  readonly item: string
  readonly notification: Element
}

export type Content = Pick<Publish, 'unread' | 'id' | 'token' | 'seal'>

/** Undefined for what is no publish of a notification. */
export function arrivedIn(iq: Element): Arrived | undefined {
  const publish = down(child(iq, 'pubsub', PUBSUB), 'publish')
  const item = down(publish, 'item')
  const notification = item && child(item, 'notification', PUSH)
  if (publish === undefined || item === undefined || notification === undefined) return undefined
  return { node: attr(publish, 'node') ?? '', item: attr(item, 'id') ?? '', notification }
}

function down(element: Element | undefined, name: string): Element | undefined {
  return element && child(element, name, PUBSUB)
}

/** @throws Error when it is not as its registration asked for at any time */
export function contentOf(notification: Element, { changes, node }: Registration): Content {
  const sealed = child(notification, 'encrypted', ENCRYPT)
  if (sealed !== undefined) return open(sealed, changes.flatMap(({ key }) => key ?? []).reverse())
  if (changes.every(({ kind }) => kind !== 'plain')) throw new Error(`${node} got a push without a seal`)
  return summary(notification)
}

function open(sealed: Element, keys: readonly string[]): Content {
  const iv = attr(sealed, 'iv') ?? ''
  for (const key of keys) {
    const json = unsealed(text(sealed), iv, key)
    if (json !== undefined) return { ...told(JSON.parse(json) as Told), seal: { key, iv } }
  }
  throw new Error('a push was sealed with a key that its client never gave')
}

interface Told {
  readonly unread: number
  readonly id?: string
  readonly message: string
  readonly omemo?: { readonly data: string }
}

function told({ unread, id, message, omemo }: Told): Omit<Content, 'seal'> {
  const payload = omemo === undefined ? '' : Buffer.from(omemo.data, 'base64').toString('utf8')
  return { unread, id, token: tokenIn(message) ?? tokenIn(payload) }
}

function unsealed(encrypted: string, iv: string, key: string): string | undefined {
  const bytes = Buffer.from(encrypted, 'base64')
  const decipher = createDecipheriv('aes-128-gcm', Buffer.from(key, 'base64'), Buffer.from(iv, 'base64'))
  decipher.setAuthTag(bytes.subarray(-16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** The summary form of XEP-0357 §7. The server is told to put the body in. */
function summary(notification: Element): Content {
  const form = child(notification, 'x', 'jabber:x:data')
  const fields = form === undefined ? [] : children(form, 'field', 'jabber:x:data')
  const value = (name: string): string =>
    fields.find((field) => attr(field, 'var') === name)?.getChildText('value') ?? ''
  return {
    unread: Number(value('message-count')),
    id: undefined,
    token: tokenIn(value('last-message-body')),
    seal: undefined,
  }
}
