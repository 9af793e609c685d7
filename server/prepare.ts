// Names and passwords made comparable (RFC 7622 §3, RFC 8265, RFC 4013); the one user of `saslprep`.

import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import saslprep from 'saslprep'
import { checkDirection, checkFreeform, checkIdentifier } from './precis.js'
import { PrepareError } from './prepare-error.js'

export { PrepareError } from './prepare-error.js'

/** In UTF-8, each part of a JID (RFC 7622 §3.2 to §3.4). */
const MOST_BYTES = 1023

/** Preparing makes a name shorter, but not by so much: what is longer is not worth the work. */
const ENDLESS = 4 * MOST_BYTES

const plainLocalpart = /^[a-z0-9!#$%()*+,\-.;=?[\\\]^_`{|}~]+$/
const plainDomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/
// The URL parser behind `domainToASCII` would take a slash, a colon or a percent sign for its own.
const internationalDomain = /^[a-z0-9.\-\u{80}-\u{10ffff}]+$/u
const plainResource = /^[ -~]+$/

/**
 * The localpart of a JID, by the profile UsernameCaseMapped (RFC 8265 §3.3, RFC 7622 §3.3.1).
 * @throws PrepareError with the reason for a person
 */
export function prepareLocalpart(localpart: string): string {
  const prepared = plainLocalpart.test(localpart) ? localpart : untilStable(localpart, enforceLocalpart)
  return checkSize(prepared, 'a user name')
}

/**
 * The domain of a JID, internationalised labels in Unicode (RFC 7622 §3.2).
 * @throws PrepareError with the reason for a person
 */
export function prepareDomain(domain: string): string {
  if (domain.length > ENDLESS) throw new PrepareError('That name is too long.')
  const name = domain.normalize('NFC').toLowerCase().replace(/\.$/, '')
  checkSize(name, 'a domain')
  if (plainDomain.test(name) && !name.includes('xn--')) return checkLabels(name, name)
  if (isIPv4(name) || isIPv6Literal(name)) return name
  const ascii = internationalDomain.test(name) ? domainToASCII(name) : ''
  const unicode = domainToUnicode(ascii)
  const faithful = plainDomain.test(ascii) && !isIPv4(ascii) && domainToASCII(unicode) === ascii
  if (!faithful) throw new PrepareError('That is not a domain.')
  return checkSize(checkLabels(unicode, ascii), 'a domain')
}

/**
 * The resource of a JID, by the profile OpaqueString (RFC 8265 §4.2, RFC 7622 §3.4).
 * @throws PrepareError with the reason for a person
 */
export function prepareResource(resource: string): string {
  const prepared = plainResource.test(resource) ? resource : untilStable(resource, enforceResource)
  return checkSize(prepared, 'a resource')
}

/**
 * A password before it is hashed or compared, by SASLprep. Unassigned code points pass, as in a query (RFC 4013 §2.5).
 * @throws PrepareError with the reason for a person, which does not quote the password
 */
export function preparePassword(password: string): string {
  const prepared = trySaslprep(password)
  if (prepared === undefined) throw new PrepareError('A password has characters that cannot be in one.')
  if (prepared === '') throw new PrepareError('A password must not be empty.')
  return prepared
}

/** The library throws all sorts of things, for a string of soft hyphens even a TypeError. */
function trySaslprep(password: string): string | undefined {
  try {
    return saslprep(password, { allowUnassigned: true })
  } catch {
    return undefined
  }
}

function enforceLocalpart(localpart: string): string {
  const mapped = lowerCase(mapWidth(localpart)).normalize('NFC')
  const forbidden = /["&'/:<>@]/.exec(mapped)
  if (forbidden !== null) throw new PrepareError(`A user name must not have the character ${forbidden[0]} in it.`)
  checkIdentifier(mapped, 'a user name')
  checkDirection(mapped, 'a user name')
  return mapped
}

function enforceResource(resource: string): string {
  const mapped = resource.replace(/\p{Zs}/gu, ' ').normalize('NFC')
  checkFreeform(mapped, 'a resource')
  return mapped
}

/** The other wide and narrow characters are none that a name may have, mapped or not (RFC 8264 §5.2.1). */
function mapWidth(text: string): string {
  return text.replace(/[\uff01-\uff5e\uff61-\uff9f]/g, (character) => character.normalize('NFKD'))
}

/** One character at a time: a capital sigma must not become another letter at the end of a word. */
function lowerCase(text: string): string {
  let lower = ''
  for (const character of text) lower += character.toLowerCase()
  return lower
}

/** One round can call for another, but what does not come to rest is no name (RFC 8265 §3.3.2). */
function untilStable(text: string, enforce: (text: string) => string): string {
  if (text.length > ENDLESS) throw new PrepareError('That name is too long.')
  let before = text
  for (let round = 0; round < 4; round++) {
    const after = enforce(before)
    if (after === before) return after
    before = after
  }
  throw new PrepareError('That name cannot be brought into one form.')
}

function checkSize(text: string, what: string): string {
  if (text === '') throw new PrepareError(`${capital(what)} must not be empty.`)
  if (text.length > MOST_BYTES / 3 && Buffer.byteLength(text) > MOST_BYTES) {
    throw new PrepareError(`${capital(what)} must not be longer than ${MOST_BYTES} bytes.`)
  }
  return text
}

/** RFC 1035 §2.3.4 bounds a label of the name that goes to the DNS. */
function checkLabels(domain: string, ascii: string): string {
  if (ascii.split('.').some((label) => label.length > 63)) {
    throw new PrepareError('A part of a domain must not be longer than 63 characters.')
  }
  return domain
}

function isIPv6Literal(name: string): boolean {
  return name.startsWith('[') && name.endsWith(']') && isIPv6(name.slice(1, -1))
}

function capital(what: string): string {
  return what.slice(0, 1).toUpperCase() + what.slice(1)
}
