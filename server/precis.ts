// Which characters a name may have: the string classes of PRECIS (RFC 8264 §4, §8, §9) and the Bidi rule (RFC 5893 §2).

import { PrepareError } from './prepare-error.js'

type Property = 'valid' | 'free' | 'context' | 'disallowed'

/** RFC 5892 §2.6: decided one by one, before any rule. */
const exceptionallyValid = /^[\u00df\u03c2\u06fd\u06fe\u0f0b\u3007]$/
const exceptionallyDisallowed = /^[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]$/
const contextual = /^[\u00b7\u0375\u05f3\u05f4\u30fb\u0660-\u0669\u06f0-\u06f9\u200c\u200d]$/
const oldHangulJamo = /^[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]$/
const ignorable = /^[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]$/u
const letterDigit = /^[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]$/u
const freeform = /^[\p{Lt}\p{Nl}\p{No}\p{Me}\p{Zs}\p{S}\p{P}]$/u

/**
 * IdentifierClass: letters and digits of any script, and printable ASCII.
 * @param what is named, as in "a user name"
 * @throws PrepareError
 */
export function checkIdentifier(text: string, what: string): void {
  check(text, what, (property) => property === 'valid')
}

/** FreeformClass: also symbols, punctuation and spaces. @throws PrepareError */
export function checkFreeform(text: string, what: string): void {
  check(text, what, (property) => property === 'valid' || property === 'free')
}

function check(text: string, what: string, allows: (property: Property) => boolean): void {
  const characters = [...text]
  characters.forEach((character, index) => {
    const property = propertyOf(character)
    const fine = property === 'context' ? fitsContext(character, index, characters) : allows(property)
    if (!fine) throw new PrepareError(`The character ${codeOf(character)} cannot be in ${what} like this.`)
  })
}

/** The derivation of RFC 8264 §8, in its order. */
function propertyOf(character: string): Property {
  if (exceptionallyValid.test(character)) return 'valid'
  if (exceptionallyDisallowed.test(character)) return 'disallowed'
  if (contextual.test(character)) return 'context'
  if (/^[!-~]$/.test(character)) return 'valid'
  if (oldHangulJamo.test(character) || ignorable.test(character)) return 'disallowed'
  if (character.normalize('NFKC') !== character && /^\P{C}$/u.test(character)) return 'free'
  if (letterDigit.test(character)) return 'valid'
  return freeform.test(character) ? 'free' : 'disallowed'
}

/** The viramas, after which the joiners change how a consonant looks (canonical combining class 9). */
const virama =
  /^[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1715\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed\u{10a3f}\u{11046}\u{11070}\u{1107f}\u{110b9}\u{11133}\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}\u{114c2}\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{1193d}\u{1193e}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}\u{11d45}\u{11d97}\u{11f41}\u{11f42}]$/u

/** RFC 5892 appendix A. Between joining letters (A.1, second half) the invisible non-joiner is refused all the same. */
function fitsContext(character: string, index: number, all: readonly string[]): boolean {
  const before = all[index - 1] ?? ''
  const after = all[index + 1] ?? ''
  switch (character) {
    case '\u200c':
    case '\u200d':
      return virama.test(before)
    case '\u00b7':
      return before === 'l' && after === 'l'
    case '\u0375':
      return /^\p{Script=Greek}$/u.test(after)
    case '\u05f3':
    case '\u05f4':
      return /^\p{Script=Hebrew}$/u.test(before)
    case '\u30fb':
      return all.some((other) => /^[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]$/u.test(other))
    default:
      return !mixesDigits(all)
  }
}

/** A.8 and A.9: both sets have digits that look the same. */
function mixesDigits(all: readonly string[]): boolean {
  return all.some((one) => /^[\u0660-\u0669]$/.test(one)) && all.some((one) => /^[\u06f0-\u06f9]$/.test(one))
}

const rightToLeft =
  /^(?=\p{L}|\p{N}|\p{P}|\p{S})[\p{sc=Adlm}\p{sc=Arab}\p{sc=Armi}\p{sc=Avst}\p{sc=Chrs}\p{sc=Cprt}\p{sc=Elym}\p{sc=Hatr}\p{sc=Hebr}\p{sc=Hung}\p{sc=Khar}\p{sc=Lydi}\p{sc=Mand}\p{sc=Mani}\p{sc=Mend}\p{sc=Merc}\p{sc=Mero}\p{sc=Narb}\p{sc=Nbat}\p{sc=Nkoo}\p{sc=Orkh}\p{sc=Ougr}\p{sc=Palm}\p{sc=Phli}\p{sc=Phlp}\p{sc=Phnx}\p{sc=Prti}\p{sc=Rohg}\p{sc=Samr}\p{sc=Sarb}\p{sc=Sogd}\p{sc=Sogo}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Yezi}]$/u
const europeanDigit = /^[0-9\u06f0-\u06f9]$/
const arabicDigit = /^[\u0660-\u0669\u066b\u066c\u{10d30}-\u{10d39}]$/u
const mark = /^[\p{Mn}\p{Me}]$/u
const leftToRight = /^[\p{L}\p{Mc}\p{Nd}\p{Nl}]$/u

/**
 * The Bidi rule: text with letters from right to left starts and ends with one and has none of the other direction.
 * @throws PrepareError
 */
export function checkDirection(text: string, what: string): void {
  const directions = [...text].map(directionOf)
  if (!directions.some((direction) => direction === 'right-to-left' || direction === 'arabic-digit')) return
  const last = directions.findLast((direction) => direction !== 'mark')
  const fits =
    directions[0] === 'right-to-left' &&
    (last === 'right-to-left' || last === 'digit' || last === 'arabic-digit') &&
    !directions.includes('left-to-right') &&
    !(directions.includes('digit') && directions.includes('arabic-digit'))
  if (!fits) throw new PrepareError(`Letters of both directions of writing cannot be mixed like this in ${what}.`)
}

function directionOf(character: string): string {
  if (arabicDigit.test(character)) return 'arabic-digit'
  if (europeanDigit.test(character)) return 'digit'
  if (mark.test(character)) return 'mark'
  if (rightToLeft.test(character)) return 'right-to-left'
  return leftToRight.test(character) ? 'left-to-right' : 'neutral'
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
