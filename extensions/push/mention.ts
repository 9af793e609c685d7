// Whether a room's message mentions somebody (tigase:push:filter:groupchat:0 §4.2): its text does, by the nick as a word of its
// own, or it says so beside the text (XEP-0372). Pure.

import { type Jid, jidOrUndefined } from '../../server/jid.js'
import type { Message } from '../../server/stanza.js'
import { attr } from '../../server/xml.js'
import { firstOf } from './first-of.js'
import { bodyOf } from './trigger.js'

const REFERENCE = 'urn:xmpp:reference:0'

/** Who is meant: an account, which is an occupant of the room. */
export interface Mentioned {
  readonly account: string
  readonly room: string
  /** '' for one who has none. */
  readonly nick: string
}

/** What one message of a room says of whom it means: read once, however many registrations ask, and only as far as they ask. */
export class Mentions {
  readonly #message: Pick<Message, 'content'>
  #text: string | undefined
  #referred: readonly Jid[] | undefined

  constructor(message: Pick<Message, 'content'>) {
    this.#message = message
  }

  /** In its text, as a word of its own. */
  names(nick: string): boolean {
    this.#text ??= folded(bodyOf(this.#message) ?? '')
    return isNamed(this.#text, folded(nick))
  }

  /** XEP-0372 §3.2. It stands outside of what is encrypted. */
  refersTo({ account, room, nick }: Mentioned): boolean {
    this.#referred ??= referredIn(this.#message)
    return this.#referred.some(
      (jid) => jid.bare === account || (jid.bare === room && nick !== '' && jid.resource === nick),
    )
  }
}

const read = new WeakMap<object, Mentions>()

/** The same for the same message. */
export function mentionsIn(message: Pick<Message, 'content'>): Mentions {
  const known = read.get(message)
  if (known !== undefined) return known
  const mentions = new Mentions(message)
  read.set(message, mentions)
  return mentions
}

/** Nobody means more people than this one by one. */
const mostReferences = 50

function referredIn(message: Pick<Message, 'content'>): readonly Jid[] {
  return firstOf(message, 'reference', REFERENCE, mostReferences)
    .filter((element) => attr(element, 'type') === 'mention')
    .flatMap((element) => jidIn(attr(element, 'uri')) ?? [])
}

/** RFC 5122: the address, without what is to be done with it. */
function jidIn(uri = ''): Jid | undefined {
  const [, address] = /^xmpp:([^?#]+)/.exec(uri) ?? []
  try {
    return address === undefined ? undefined : jidOrUndefined(decodeURIComponent(address))
  } catch {
    return undefined
  }
}

/** Scripts that put no space between words, or endings on names: there a name may stand next to anything. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const partOfWord = /[\p{L}\p{M}\p{N}_]/u

/** So much of a text is looked through: what is longer was not written to call somebody. */
const mostCharacters = 4096

/** So often a name is looked at where it is only a part of a word. */
const mostCandidates = 100

function isNamed(text: string, name: string): boolean {
  if (name === '') return false
  let at = text.indexOf(name)
  for (let looked = 0; at !== -1 && looked < mostCandidates; looked += 1) {
    if (isWordAt(text, at, at + name.length)) return true
    at = text.indexOf(name, at + 1)
  }
  return false
}

/** Upper and lower case are the same, and so are the ways to write one character. One may become eighteen. */
function folded(text: string): string {
  return text.slice(0, mostCharacters).normalize('NFKC').toLowerCase().slice(0, mostCharacters)
}

/** A name that begins or ends with something else than a letter is bounded by that. */
function isWordAt(text: string, start: number, end: number): boolean {
  return !isJoined(before(text, start), after(text, start)) && !isJoined(before(text, end), after(text, end))
}

function isJoined(left: string, right: string): boolean {
  return isLetter(left) && isLetter(right)
}

function isLetter(character: string): boolean {
  return /\w/.test(character) || (partOfWord.test(character) && !unspaced.test(character))
}

/** The whole character that ends here; '' at the start. */
function before(text: string, at: number): string {
  const [last = ''] = text.slice(Math.max(0, at - 1), at)
  return /\p{Surrogate}/u.test(last) ? text.slice(at - 2, at) : last
}

/** The whole character that begins here; '' at the end. */
function after(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}
