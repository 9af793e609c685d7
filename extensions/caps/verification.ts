// What a client says that it can do, and whether the hash that stands for it is its own (XEP-0115 §5).

import { createHash } from 'node:crypto'
import { attr, children, type Element, namespaceOf, text } from '../../server/xml.js'

export const DISCO_INFO_NS = 'http://jabber.org/protocol/disco#info'
const FORMS_NS = 'jabber:x:data'

/** How much of an answer is remembered for one client, in characters. */
const mostText = 16_384

/** The names of XEP-0115 and IANA for the hash functions that we know. None that is broken: an answer is shared by its hash. */
const hashes: ReadonlyMap<string, string> = new Map([
  ['sha-1', 'sha1'],
  ['sha-224', 'sha224'],
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
])

/** The features in a disco#info answer, or undefined when it is none, or more than anybody would remember. */
export function featuresOf(query: Element): ReadonlySet<string> | undefined {
  if (query.name !== 'query' || namespaceOf(query) !== DISCO_INFO_NS) return undefined
  const features = children(query, 'feature', DISCO_INFO_NS).map((feature) => attr(feature, 'var') ?? '')
  const length = features.reduce((sum, feature) => sum + feature.length, 0)
  return length + features.length > mostText ? undefined : new Set(features)
}

/**
 * True when the answer is well-formed, and `ver` is its verification string (XEP-0115 §5.4). Then it holds for every client with
 * that string; else for no other client than the one that gave it.
 */
export function isVerified(query: Element, hash: string, ver: string): boolean {
  const algorithm = hashes.get(hash)
  if (algorithm === undefined) return false
  const described = describe(query)
  return described !== undefined && createHash(algorithm).update(described).digest('base64') === ver
}

/** The string that is hashed (XEP-0115 §5.1), or undefined for an ill-formed answer. */
function describe(query: Element): string | undefined {
  const identities = children(query, 'identity', DISCO_INFO_NS).map(identityText)
  const features = children(query, 'feature', DISCO_INFO_NS).map((feature) => attr(feature, 'var') ?? '')
  const forms = children(query, 'x', FORMS_NS).flatMap(formOf)
  const types = forms.map(({ type }) => type)
  if (types.includes(undefined) || hasDoubles(identities) || hasDoubles(features) || hasDoubles(types)) return undefined
  const parts = [
    ...sorted(identities),
    ...sorted(features),
    ...sortedBy(forms, ({ type }) => type ?? '').flatMap(formText),
  ]
  // Between `<` and `<` anything could be hidden: the same string would then stand for other features as well.
  if (parts.some((part) => part.includes('<'))) return undefined
  return parts.map((part) => `${part}<`).join('')
}

function identityText(identity: Element): string {
  return ['category', 'type', 'xml:lang', 'name'].map((name) => attr(identity, name) ?? '').join('/')
}

interface Form {
  /** Undefined: it contradicts itself. */
  readonly type: string | undefined
  readonly fields: readonly Element[]
}

/** XEP-0115 §5.4: a form without a hidden FORM_TYPE counts for nothing; one with two different ones spoils the answer. */
function formOf(form: Element): readonly Form[] {
  const fields = children(form, 'field', FORMS_NS)
  const typeField = fields.find((field) => attr(field, 'var') === 'FORM_TYPE')
  if (typeField === undefined || attr(typeField, 'type') !== 'hidden') return []
  const [type, ...others] = new Set(valuesOf(typeField))
  const rest = fields.filter((field) => field !== typeField)
  return [{ type: others.length > 0 ? undefined : type, fields: rest }]
}

function formText({ type, fields }: Form): readonly string[] {
  const name = (field: Element): string => attr(field, 'var') ?? ''
  return [type ?? '', ...sortedBy(fields, name).flatMap((field) => [name(field), ...sorted(valuesOf(field))])]
}

function valuesOf(field: Element): readonly string[] {
  return children(field, 'value', FORMS_NS).map((value) => text(value))
}

function hasDoubles(values: readonly unknown[]): boolean {
  return new Set(values).size < values.length
}

function sorted(values: readonly string[]): readonly string[] {
  return sortedBy(values, (value) => value)
}

/** In the order of their bytes (`i;octet`), which is not that of JavaScript's strings. */
function sortedBy<T>(values: readonly T[], key: (value: T) => string): readonly T[] {
  const keyed = values.map((value) => ({ value, bytes: Buffer.from(key(value)) }))
  return keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ value }) => value)
}
