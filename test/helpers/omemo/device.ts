// What a device of either OMEMO (XEP-0384) can do in a test, and the bytes and elements both need.
import { randomInt } from 'node:crypto'
import type { Element } from 'ltx'
import type { Notification } from '../../../extensions/notification.js'

/** A device that is written to. `bundle` begins the session; once there is one it is not looked at. */
export interface Recipient {
  readonly account: string
  readonly device: number
  readonly bundle?: Element
}

/** One device of an account, with real keys and ratchets. */
export interface OmemoDevice {
  readonly namespace: string
  readonly account: string
  readonly id: number
  /** The payload of the account's device list node. */
  deviceList(ids: readonly number[]): Element
  /** The payload of this device's bundle, with the prekeys that nobody used yet. */
  bundle(): Promise<Element>
  /** `<encrypted/>` of a text; moves the ratchet with each recipient. */
  encrypt(text: string, recipients: readonly Recipient[]): Promise<Element>
  /** `<encrypted/>` without a payload: it only moves keys. */
  transportKeys(recipients: readonly Recipient[]): Promise<Element>
  /** The text of an `<encrypted/>` that came as a stanza; undefined when it has no payload. Rejects when it cannot be decrypted (again). */
  decrypt(sender: string, encrypted: Element): Promise<string | undefined>
  /** The text from a push, as an app does it. */
  decryptFromPush(notification: Notification): Promise<string | undefined>
}

/** The copy of the bytes as the libraries want them. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

export function base64(bytes: ArrayBuffer | Uint8Array): string {
  return Buffer.from(new Uint8Array(bytes)).toString('base64')
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

/** The child that has to be there. */
export function child(parent: Element, name: string): Element {
  const found = parent.getChild(name)
  if (found === undefined) throw new Error(`<${parent.name}/> has no <${name}/>`)
  return found
}

/** One of them, by chance: no two senders should take the same prekey. */
export function anyOf<T>(list: readonly T[]): T {
  const chosen = list[randomInt(list.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}
