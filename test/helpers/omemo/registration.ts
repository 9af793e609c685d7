// A phone's registration for sealed pushes, and what it makes of one (contract of tigase:push:encrypt:0 and …:omemo:0).

import { type Notification, openNotification } from '../../../extensions/notification.js'
import { child, el, type Element, text } from '../../../server/xml.js'
import { freshKey, notificationOf } from '../sealed.js'
import type { OmemoDevice } from './device.js'
import type { Asking } from './wire.js'

const SEALED = 'tigase:push:encrypt:0'

export interface PushAddress {
  readonly service: string
  readonly node: string
}

/** Asks for pushes that only this device can open, with what its OMEMO needs. Gives the key, which nobody else has. */
export async function enableSealed(
  asking: Asking,
  { service, node }: PushAddress,
  device: OmemoDevice,
): Promise<string> {
  const key = freshKey()
  const encrypt = el('encrypt', { xmlns: SEALED, alg: 'aes-128-gcm' }, key)
  const omemo = el('omemo', { xmlns: 'tigase:push:encrypt:omemo:0', deviceId: device.id })
  await asking.asks(
    el('iq', { type: 'set' }, el('enable', { xmlns: 'urn:xmpp:push:0', jid: service, node }, encrypt, omemo)),
  )
  return key
}

/** What the push service hands on to the device: all that it knows. */
export function sealedIn(publish: Element): { readonly iv: string; readonly encrypted: string } {
  const sealed = child(notificationOf(publish), 'encrypted', SEALED)
  if (sealed === undefined) throw new Error(`this is not sealed: ${publish.toString()}`)
  return { iv: String(sealed.attrs['iv']), encrypted: text(sealed) }
}

/** @throws NotificationError when the key is not the one */
export function openPublish(publish: Element, key: string): Promise<Notification> {
  return openNotification({ key, ...sealedIn(publish) })
}
