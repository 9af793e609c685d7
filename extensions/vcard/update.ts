// The hash of the picture in presence (XEP-0153 §3.1, put there by the server: XEP-0398 §4).

import type { Presence } from '../../server/stanza.js'
import { children, el, text } from '../../server/xml.js'
import type { Known } from './hashes.js'

const NS = 'vcard-temp:x:update'

/** Whether the server is to say which picture it is: not where the client says that there is none. */
export function wantsHash({ type, content }: Presence): boolean {
  return type === 'available' && photoIn(content) !== ''
}

/** Who never had a vCard says nothing of it. */
export function withHash(said: Presence, known: Known | undefined): Presence {
  const { content } = said
  const hash = known?.hash ?? ''
  if (known === undefined || photoIn(content) === hash) return said
  const update = el('x', { xmlns: NS }, el('photo', {}, hash))
  return { ...said, content: content.without('x', NS, () => true).with(update) }
}

function photoIn(content: Presence['content']): string | undefined {
  const update = content.find('x', NS)
  const [photo] = update === undefined ? [] : children(update, 'photo')
  return photo && text(photo).trim()
}
