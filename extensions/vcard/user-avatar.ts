// What stands in the two nodes of a user avatar (XEP-0084 §4).

import { attr, children, el, type Element, namespaceOf, parse, text } from '../../server/xml.js'
import type { Picture } from './document.js'
import { type Image, mediaType, readImage } from './image.js'

export const DATA = 'urn:xmpp:avatar:data'
export const METADATA = 'urn:xmpp:avatar:metadata'

export interface Info {
  /** The hash of the image, which is the id of its item. */
  readonly id: string
  readonly type: string
}

/** What the metadata say of images that are kept here, none of those elsewhere (§4.2.1). Undefined for what are no metadata. */
export function readMetadata(xml: string): { readonly infos: readonly Info[]; readonly isEmpty: boolean } | undefined {
  const metadata = parse(xml)
  if (metadata.name !== 'metadata' || namespaceOf(metadata) !== METADATA) return undefined
  const all = children(metadata, 'info')
  const infos = all.flatMap((info) => {
    const id = attr(info, 'id')?.toLowerCase()
    return id === undefined || attr(info, 'url') !== undefined ? [] : [{ id, type: mediaType(attr(info, 'type')) }]
  })
  return { infos, isEmpty: all.length === 0 }
}

export function readData(xml: string): Image | undefined {
  const data = parse(xml)
  return data.name === 'data' && namespaceOf(data) === DATA ? readImage(text(data)) : undefined
}

export function dataElement({ base64 }: Image): Element {
  return el('data', { xmlns: DATA }, base64)
}

/** @param picture undefined: there is no avatar any more (§3.5) */
export function metadataElement(picture: Picture | undefined): Element {
  if (picture === undefined) return el('metadata', { xmlns: METADATA })
  const { hash, bytes, type } = picture
  return el('metadata', { xmlns: METADATA }, el('info', { id: hash, bytes, type }))
}
