// Whether a room's message mentions somebody (tigase:push:filter:groupchat:0 §4.2): its text does, by the nick as a word of its
// own, or it says so beside the text (XEP-0372). Pure.

import { type Jid, jidOrUndefined } from '../../server/jid.js'
import type { Message } from '../../server/stanza.js'
import { attr } from '../../server/xml.js'

const REFERENCE = 'urn:xmpp:reference:0'

/** Who is meant: an account, which is an occupant of the room. */
export interface Mentioned {
  readonly account: string
  readonly room: string
  /** '' for one who has none. */
  readonly nick: string
}

/** XEP-0372 §3.2. It stands outside of what is encrypted. */
export function isReferred({ content }: Pick<Message, 'content'>, { account, room, nick }: Mentioned): boolean {
  if (!content.has('reference', REFERENCE)) return false
  return content.elements().some((element) => {
    if (element.name !== 'reference' || attr(element, 'xmlns') !== REFERENCE) return false
    const jid = attr(element, 'type') === 'mention' ? jidIn(attr(element, 'uri')) : undefined
    return jid !== undefined && (jid.bare === account || (jid.bare === room && nick !== '' && jid.resource === nick))
  })
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
const mostCharacters = 16_384

/** Upper and lower case are the same, and so are the ways to write one character. */
export function mentions(text: string, nick: string): boolean {
  const [within, name] = [folded(text.slice(0, mostCharacters)), folded(nick)]
  if (name === '') return false
  for (let at = within.indexOf(name); at !== -1; at = within.indexOf(name, at + 1)) {
    if (isWordAt(within, at, at + name.length)) return true
  }
  return false
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
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
