// A vCard (XEP-0054 §3), taken apart into its picture and the rest, and put together again.

import { StanzaError } from '../../server/stanza-error.js'
import { child, el, type Element, parse, serialize, text } from '../../server/xml.js'
import type { VCard } from '../../storage/vcards.js'
import { type Image, mediaType, readImage } from './image.js'

export const VCARD = 'vcard-temp'

/** In UTF-8, the picture among them. Stanzas are no larger, unless the operator allows it. */
const mostBytes = 262_144

export interface Picture extends Image {
  readonly type: string
}

export interface Read {
  readonly vcard: VCard
  /** The image inside the picture, if there is one that can be read. */
  readonly picture: Picture | undefined
}

/** Of several pictures the first one is the picture. @throws StanzaError `not-acceptable` when it is too large */
export function readVCard(element: Element): Read {
  const photo = child(element, 'PHOTO')
  const picture = photo && readPicture(photo)
  const rest = el('vCard', attributes(element), ...element.children.filter((node) => node !== photo))
  const xml = serialize(rest)
  const written = photo && serialize(photo)
  if (Buffer.byteLength(xml) + Buffer.byteLength(written ?? '') > mostBytes)
    throw new StanzaError('not-acceptable', 'a vCard has at most 262,144 bytes')
  return { vcard: { xml, photo: written === undefined ? undefined : { xml: written, hash: picture?.hash } }, picture }
}

function readPicture(photo: Element): Picture | undefined {
  const value = child(photo, 'BINVAL')
  const type = child(photo, 'TYPE')
  const image = value && readImage(text(value))
  return image && { ...image, type: mediaType(type && text(type)) }
}

function attributes(element: Element): Readonly<Record<string, string>> {
  const own = Object.entries(element.attrs).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return { ...Object.fromEntries(own), xmlns: VCARD }
}

/** Undefined when it says nothing. */
export function writeVCard({ xml, photo }: VCard): Element | undefined {
  const element = parse(xml)
  if (photo !== undefined) element.cnode(parse(photo.xml))
  return element.getChildElements().length === 0 ? undefined : element
}

export function emptyVCard(): Element {
  return el('vCard', { xmlns: VCARD })
}

export function photoElement({ base64, type }: Picture): Element {
  return el('PHOTO', { xmlns: VCARD }, el('TYPE', {}, type), el('BINVAL', {}, base64))
}
