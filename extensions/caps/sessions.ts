// What each available session can do: found out when its presence names something new, forgotten with it (XEP-0115 §6).

import type { Answer, Context } from '../../server/extension.js'
import type { Jid } from '../../server/jid.js'
import type { Presence } from '../../server/stanza.js'
import { attr, el, type Element } from '../../server/xml.js'
import { SharedFeatures } from './shared-features.js'
import { DISCO_INFO_NS, featuresOf, isVerified } from './verification.js'

const CAPS_NS = 'http://jabber.org/protocol/caps'

/** The longest node, verification string and name of a hash, in characters. */
const longestName = 1023

/** What `<c/>` says. */
interface Advertised {
  readonly node: string
  readonly ver: string
  /** Undefined in the format before version 1.4, whose `ver` proves nothing. */
  readonly hash: string | undefined
}

interface Asked {
  readonly about: Advertised
  /** Nobody wants to know any more: the session is gone, or says something else. */
  readonly drop: () => void
}

export class SessionFeatures {
  readonly #shared = new SharedFeatures()
  readonly #asked = new Map<string, Asked>()

  /** Looks at a presence. One without `<c/>` changes nothing: clients leave it out where nothing changed. */
  async heard(jid: Jid, presence: Presence, context: Context): Promise<void> {
    const about = readAdvertised(presence.content.find('c', CAPS_NS))
    if (about === undefined || isSame(this.#asked.get(jid.full)?.about, about)) return
    this.forget(jid)
    const features = about.hash === undefined ? undefined : this.#shared.get(jid.bare, about.hash, about.ver)
    if (features === undefined) return this.#find(jid, about, context)
    this.#asked.set(jid.full, { about, drop: () => undefined })
    await context.hooks.notify('caps:known', { jid, features })
  }

  forget(jid: Jid): void {
    this.#asked.get(jid.full)?.drop()
    this.#asked.delete(jid.full)
  }

  clear(): void {
    for (const { drop } of this.#asked.values()) drop()
    this.#asked.clear()
    this.#shared.clear()
  }

  #find(jid: Jid, about: Advertised, context: Context): void {
    let drop = (): void => undefined
    const dropped = new Promise<undefined>((resolve) => {
      drop = () => resolve(undefined)
    })
    const asked = { about, drop }
    this.#asked.set(jid.full, asked)
    context.later(async () => {
      const answer = await Promise.race([dropped, askAbout(jid, about, context)])
      if (answer !== undefined && this.#asked.get(jid.full) === asked) await this.#answered(jid, about, answer, context)
    })
  }

  async #answered(jid: Jid, about: Advertised, answer: Answer, context: Context): Promise<void> {
    const query = answer.kind === 'result' ? answer.payload : undefined
    const features = query && featuresOf(query)
    // Its next presence asks again.
    if (query === undefined || features === undefined) return this.forget(jid)
    const { hash, ver } = about
    if (hash !== undefined && isVerified(query, hash, ver)) this.#shared.put(jid.bare, hash, ver, features)
    await context.hooks.notify('caps:known', { jid, features })
  }
}

function readAdvertised(caps: Element | undefined): Advertised | undefined {
  if (caps === undefined) return undefined
  const [node, ver, hash] = [attr(caps, 'node'), attr(caps, 'ver'), attr(caps, 'hash')]
  if (node === undefined || ver === undefined) return undefined
  return [node, ver, hash ?? ''].some((name) => name.length > longestName) ? undefined : { node, ver, hash }
}

function isSame(known: Advertised | undefined, about: Advertised): boolean {
  return known !== undefined && known.node === about.node && known.ver === about.ver && known.hash === about.hash
}

/** XEP-0115 §6.2: asked by node and verification string, so that the answer is about what was advertised. */
function askAbout(jid: Jid, { node, ver }: Advertised, context: Context): Promise<Answer> {
  return context.ask(jid, 'get', el('query', { xmlns: DISCO_INFO_NS, node: `${node}#${ver}` }))
}
