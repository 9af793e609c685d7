// What a push carries of an OMEMO message for one device (contract: `omemo` in the sealed JSON), written down here a second time, apart from the server's own.
import type { Element } from 'ltx'
import type { Notification } from '../../../extensions/notification.js'
import { child, type OmemoDevice } from './device.js'

const EMPTY = { unread: 1, message: 'An encrypted message', nickname: undefined, sid: undefined, media: undefined }

/** The notification that `device` would have opened for this `<encrypted/>`. */
export function pushed(sender: string, encrypted: Element, device: OmemoDevice): Notification {
  const header = child(encrypted, 'header')
  const lists = header.getChildren('keys').filter(({ attrs }) => attrs['jid'] === device.account)
  const keys = [header, ...lists]
    .flatMap((list) => list.getChildren('key'))
    .filter(({ attrs }) => attrs['rid'] === String(device.id))
  return {
    ...EMPTY,
    sender,
    type: 'chat',
    id: 'stanza-id-1',
    omemo: {
      keys: keys.map((key) => key.getText()),
      prekey: keys.map(({ attrs }) => (attrs['prekey'] ?? attrs['kex']) === 'true'),
      sid: String(header.attrs['sid']),
      data: child(encrypted, 'payload').getText(),
      iv: header.getChildText('iv') ?? undefined,
      ns: device.namespace,
    },
  }
}
