// Reads every sealed notification of a scenario as a phone would: with the keys that its people gave to the server in `<enable/>`.

import { attr, child, children, type Element, text } from '../../../server/xml.js'
import { openWithNode } from './node.js'
import { readLikeSiskin } from './siskin.js'

const PUSH = 'urn:xmpp:push:0'
const ENCRYPT = 'tigase:push:encrypt:0'
const OMEMO = 'tigase:push:encrypt:omemo:0'
const PUBSUB = 'http://jabber.org/protocol/pubsub'

interface Key {
  readonly key: string
  /** Registered with an OMEMO device: its reader is newer than Siskin. */
  readonly withOmemo: boolean
}

/** The keys of a scenario, by service and node. A node may have had several. */
export class KeyRing {
  readonly #keys = new Map<string, Key[]>()

  /** Takes the keys out of whatever a client sends. What the server will refuse does no harm: it opens nothing. */
  note(stanza: Element): void {
    const enable = child(stanza, 'enable', PUSH)
    if (enable === undefined) return
    const withOmemo = child(enable, 'omemo', OMEMO) !== undefined
    const place = placeOf(attr(enable, 'jid'), attr(enable, 'node'))
    for (const encrypt of children(enable, 'encrypt', ENCRYPT)) {
      const key = text(encrypt).replace(/\s+/g, '')
      if (Buffer.from(key, 'base64').length !== 16) continue
      this.#keys.set(place, [...this.#at(place), { key, withOmemo }])
    }
  }

  of(service: string, node: string | undefined): readonly Key[] {
    return this.#at(placeOf(service, node))
  }

  #at(place: string): Key[] {
    return this.#keys.get(place) ?? []
  }
}

function placeOf(service: string | undefined, node: string | undefined): string {
  return JSON.stringify([service, node ?? ''])
}

interface SealedPush {
  readonly node: string | undefined
  readonly iv: string
  readonly encrypted: string
  readonly type: string | undefined
}

/** The sealed notification in a publish; undefined where there is none. */
function sealedPushIn(publish: Element): SealedPush | undefined {
  const pubsub = child(publish, 'pubsub', PUBSUB)
  const place = pubsub && child(pubsub, 'publish', PUBSUB)
  const item = place && child(place, 'item', PUBSUB)
  const notification = item && child(item, 'notification', PUSH)
  const sealed = notification && child(notification, 'encrypted', ENCRYPT)
  if (place === undefined || sealed === undefined) return undefined
  return {
    node: attr(place, 'node'),
    iv: attr(sealed, 'iv') ?? '',
    encrypted: text(sealed),
    type: attr(sealed, 'type'),
  }
}

/** What is wrong with what the service was handed, one line each: it cannot be opened, it is not read as it should, an IV is used twice. */
export function complaintsAbout(service: string, stanzas: readonly Element[], keys: KeyRing): readonly string[] {
  const ivs = new Map<string, string>()
  return stanzas.flatMap((stanza) => {
    const sealed = sealedPushIn(stanza)
    if (sealed === undefined) return []
    const complaint = unreadable(sealed, keys.of(service, sealed.node)) ?? repeated(sealed, ivs)
    return complaint === undefined ? [] : [`${service} was handed a bad notification: ${complaint}`]
  })
}

function unreadable(sealed: SealedPush, keys: readonly Key[]): string | undefined {
  const fitting = keys.filter(({ key }) => opens(key, sealed))
  if (fitting.length === 0) return 'no key that anybody gave the server opens it'
  const knowsSubscribe = fitting.some(({ withOmemo }) => withOmemo)
  try {
    readLikeSiskin({ ...sealed, key: fitting[0]?.key ?? '' }, { knowsSubscribe })
    return undefined
  } catch (reason) {
    return String(reason)
  }
}

function opens(key: string, sealed: SealedPush): boolean {
  try {
    openWithNode({ ...sealed, key })
    return true
  } catch {
    return false
  }
}

/** Under one key an IV is used once (NIST SP 800-38D §8); the same text again is the same use. */
function repeated({ iv, encrypted }: SealedPush, ivs: Map<string, string>): string | undefined {
  const before = ivs.get(iv)
  ivs.set(iv, encrypted)
  return before === undefined || before === encrypted ? undefined : 'its IV has been used before'
}
