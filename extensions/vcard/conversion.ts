// One picture in two places: an avatar that is published becomes the vCard's, and the vCard's is published (XEP-0398 §3).

import type { Context } from '../../server/extension.js'
import type { Jid } from '../../server/jid.js'
import { type Element, serialize } from '../../server/xml.js'
import type {} from '../pep/hooks.js'
import type {} from '../presence/hooks.js'
import { emptyVCard, photoElement, type Picture, type Read } from './document.js'
import type { Hashes } from './hashes.js'
import { DATA, dataElement, METADATA, metadataElement, readData, readMetadata } from './user-avatar.js'

export interface Desk {
  readonly context: Context<'pep' | 'vcards'>
  readonly hashes: Hashes
}

/** The account's picture is another now: those who see its presence are told. */
export function pictureChanged(account: string, hash: string | undefined, { context, hashes }: Desk): void {
  hashes.changed(account, hash, context)
  context.later(async () => context.hooks.notify('presence:outdated', { account }))
}

/** §3.1. @param xml the newest metadata; undefined when there are none any more */
export async function follow(account: string, xml: string | undefined, desk: Desk): Promise<void> {
  const metadata = xml === undefined ? { infos: [], isEmpty: true } : readMetadata(xml)
  if (metadata === undefined) return
  if (metadata.isEmpty) return takeAway(account, desk)
  const [info] = metadata.infos
  const picture = info && (await publicPicture(account, info.id, info.type, desk))
  if (picture !== undefined) await putPicture(account, picture, desk)
}

export async function followWhatIsLeft(account: string, desk: Desk): Promise<void> {
  await follow(account, await newestMetadata(account, desk), desk)
}

/** Everybody may read a vCard, so only an image that everybody may read comes into it (§7); its hash has to be its name. */
async function publicPicture(
  account: string,
  id: string,
  type: string,
  { context }: Desk,
): Promise<Picture | undefined> {
  const { pep } = context.stores
  const config = await pep.config(account, DATA)
  if (config?.accessModel !== 'open') return undefined
  const [item] = (await pep.items(account, DATA, { ids: [id], max: 1 })).items
  const image = item && readData(item.xml)
  return image?.hash === id ? { ...image, type } : undefined
}

async function putPicture(account: string, picture: Picture, desk: Desk): Promise<void> {
  const { vcards } = desk.context.stores
  const { hash } = picture
  if ((await vcards.hash(account))?.hash === hash) return
  await vcards.putPhoto(account, { xml: serialize(photoElement(picture)), hash }, serialize(emptyVCard()))
  pictureChanged(account, hash, desk)
}

async function takeAway(account: string, desk: Desk): Promise<void> {
  const { vcards } = desk.context.stores
  if ((await vcards.hash(account))?.hash === undefined) return
  await vcards.putPhoto(account, undefined, serialize(emptyVCard()))
  pictureChanged(account, undefined, desk)
}

/**
 * §3.2: the image first, then what tells of it. A picture that the vCard had and has not any more is no avatar any more.
 * @throws StanzaError when it cannot be published
 */
export async function publishPicture(publisher: Jid, { vcard, picture }: Read, desk: Desk): Promise<void> {
  const account = publisher.bare
  const newest = await newestMetadata(account, desk)
  const infos = newest === undefined ? [] : (readMetadata(newest)?.infos ?? [])
  if (picture !== undefined) {
    if (infos.some(({ id }) => id === picture.hash)) return
    await publish(publisher, DATA, picture.hash, dataElement(picture), desk)
    await publish(publisher, METADATA, picture.hash, metadataElement(picture), desk)
  } else if (vcard.photo === undefined && infos.length > 0 && (await hadPicture(account, desk))) {
    await publish(publisher, METADATA, undefined, metadataElement(undefined), desk)
  }
}

async function publish(
  publisher: Jid,
  node: string,
  itemId: string | undefined,
  payload: Element,
  { context }: Desk,
): Promise<void> {
  await context.hooks.claim('pep:publish', { publisher, node, itemId, payload, accessModel: 'open' })
}

async function hadPicture(account: string, { context }: Desk): Promise<boolean> {
  return (await context.stores.vcards.hash(account))?.hash !== undefined
}

async function newestMetadata(account: string, { context }: Desk): Promise<string | undefined> {
  return (await context.stores.pep.items(account, METADATA, { max: 1 })).items[0]?.xml
}
