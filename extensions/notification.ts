// The device's half of a sealed push: opens `<encrypted/>` (tigase:push:encrypt:0) and, from the OMEMO part in it (tigase:push:encrypt:omemo:0), the text.
// Apps import this file alone: WebCrypto only, no dependency, for Node, a page or a service worker.

const OMEMO_03 = 'eu.siacs.conversations.axolotl'
const OMEMO_2 = 'urn:xmpp:omemo:2'
const SCE = 'urn:xmpp:sce:1'

// A push service carries 4 KiB, the largest `max-size` is 16 KiB: more than this is not a notification.
const MAX_BASE64 = 65_536
const TAG_LENGTH = 16
const TYPES = ['chat', 'groupchat', 'call', 'subscribe'] as const
const MEDIA = ['audio', 'video'] as const

type Bytes = Uint8Array<ArrayBuffer>

/** A sealed push as it came: the device's own key and what `<encrypted iv='…'>…</encrypted>` held, all base64 (white space is ignored). */
export interface SealedNotification {
  readonly key: string
  readonly iv: string
  readonly encrypted: string
}

/** What the server told the device. */
export interface Notification {
  /** Messages owed to this device since its client last collected, this one included. */
  readonly unread: number
  /** Bare JID of who wrote; full JID for a call. */
  readonly sender: string
  /** The body, perhaps cut, or a sentence that stands for what has none. */
  readonly message: string
  /** Undefined also for a type that this version does not know. */
  readonly type: (typeof TYPES)[number] | undefined
  readonly nickname: string | undefined
  /** Session id of the call. */
  readonly sid: string | undefined
  readonly media: readonly (typeof MEDIA)[number][] | undefined
  /** The XEP-0359 stanza-id of the message that the client will fetch. */
  readonly id: string | undefined
  readonly omemo: OmemoPart | undefined
}

/** The piece of an OMEMO message that this device needs; all base64. `prekey` and `ns` are lacking from servers that keep to the bare draft. */
export interface OmemoPart {
  readonly keys: readonly string[]
  readonly prekey: readonly boolean[] | undefined
  readonly sid: string
  readonly data: string
  readonly iv: string | undefined
  readonly ns: string | undefined
}

interface OmemoKey {
  /** Whose session: the notification's `sender`. In a room (`groupchat`) that is the room; the session is the real JID's. */
  readonly sender: string
  readonly senderDevice: number
  /** What goes to the OMEMO library: a (PreKey)SignalMessage, an OMEMOKeyExchange or an OMEMOAuthenticatedMessage. */
  readonly key: Uint8Array
  /** Does it begin a session? Undefined when the server did not say. */
  readonly isPreKey: boolean | undefined
  readonly payload: Uint8Array
}

/** One way to read the message. OMEMO 0.3 may offer several: another account's device can bear this device's number. */
export type OmemoMessage =
  (OmemoKey & { readonly version: '0.3'; readonly iv: Uint8Array }) | (OmemoKey & { readonly version: '2' })

/** Decrypts `message.key` in the session with `message.senderDevice`; rejects when that session cannot. */
export type DecryptKey = (message: OmemoMessage) => Promise<Uint8Array | ArrayBuffer>

/**
 * What was wrong: the `key`, `iv` or `encrypted` cannot be such; the `tag` says another key sealed it, or it was changed; the `json` is no notification;
 * the `omemo` part cannot be read; no `session` decrypts it; the `payload` does not fit its key; the `envelope` is another sender's, or none.
 */
export type NotificationFault =
  'key' | 'iv' | 'encrypted' | 'tag' | 'json' | 'omemo' | 'session' | 'payload' | 'envelope'

/** Why a notification could not be opened. Its text holds nothing of keys or content. */
export class NotificationError extends Error {
  override readonly name = 'NotificationError'
  readonly reason: NotificationFault

  constructor(reason: NotificationFault, text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/**
 * Opens a sealed push (tigase:push:encrypt:0 §4.4): AES-128-GCM, the 16-byte tag at the end.
 * Members that it does not know are ignored, optional ones that are malformed are absent.
 *
 * @throws NotificationError with the reason `key`, `iv`, `encrypted`, `tag` or `json`
 */
export async function openNotification(sealed: SealedNotification): Promise<Notification> {
  const key = sized(fromBase64(sealed.key, 'key'), 16, 16, 'key')
  const iv = sized(fromBase64(sealed.iv, 'iv'), 12, 16, 'iv')
  const encrypted = sized(fromBase64(sealed.encrypted, 'encrypted'), TAG_LENGTH, MAX_BASE64, 'encrypted')
  return notificationOf(parsed(await openGcm(key, iv, encrypted, 'tag')))
}

/**
 * What an OMEMO library wants to know, one entry for each key that may be this device's; empty when the notification has no OMEMO part.
 * A server that keeps to the bare draft does not say which OMEMO it is: then a message with an `iv` is OMEMO 0.3.
 *
 * @throws NotificationError with the reason `omemo`
 */
export function omemoMessages({ sender, omemo }: Notification): readonly OmemoMessage[] {
  if (omemo === undefined) return []
  const shared = { sender, senderDevice: Number(omemo.sid), payload: fromBase64(omemo.data, 'omemo') }
  const version = versionOf(omemo)
  return omemo.keys.map((key, index) => ({
    ...version,
    ...shared,
    key: fromBase64(key, 'omemo'),
    isPreKey: omemo.prekey?.[index],
  }))
}

/**
 * Gives the text of an OMEMO message from its push; undefined when there is none in it.
 * `decryptKey` is asked for one key after the other, and not again after the first that it decrypts: ask it only for messages whose `id` you do not have yet,
 * for a ratchet decrypts once. A library forgets what a failed attempt did, so an attempt with another device's key harms nothing.
 *
 * @throws NotificationError with the reason `omemo`, `session` (its `cause` holds what `decryptKey` rejected with), `payload` or `envelope`
 */
export async function decryptOmemo(notification: Notification, decryptKey: DecryptKey): Promise<string | undefined> {
  const messages = omemoMessages(notification)
  if (messages.length === 0) return undefined
  const { message, key } = await firstDecrypted(messages, decryptKey)
  if (message.version === '0.3') return openPayload03(key, message.iv, message.payload)
  return bodyOf(await openPayload2(key, message.payload), notification)
}

/**
 * Opens the `<payload/>` of OMEMO 0.3 (XEP-0384 0.3 §4.5): AES-128-GCM with the 16-byte key and the tag behind it.
 * The tag may also stand at the end of the payload, as the first OMEMO clients wrote it.
 *
 * @throws NotificationError with the reason `payload`
 */
export async function openPayload03(keyAndTag: Uint8Array, iv: Uint8Array, payload: Uint8Array): Promise<string> {
  const key = sized(keyAndTag, 16, 16 + TAG_LENGTH, 'payload').slice(0, 16)
  const tag = keyAndTag.slice(16)
  if (tag.length !== 0 && tag.length !== TAG_LENGTH) throw faulty('payload')
  if (iv.length === 0 || payload.length + tag.length < TAG_LENGTH) throw faulty('payload')
  return utf8(await openGcm(key, iv.slice(), joined(payload, tag), 'payload'), 'payload')
}

/**
 * Opens the `<payload/>` of OMEMO 2 (XEP-0384 §4.5): the 32-byte key and the 16-byte HMAC behind it. Gives the XEP-0420 envelope, as XML.
 *
 * @throws NotificationError with the reason `payload`
 */
export async function openPayload2(keyAndHmac: Uint8Array, payload: Uint8Array): Promise<string> {
  const { subtle } = crypto
  const secret = sized(keyAndHmac, 48, 48, 'payload').slice(0, 32)
  const data = payload.slice()
  const material = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode('OMEMO Payload')
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info }
  const derived = new Uint8Array(await subtle.deriveBits(hkdf, material, 640))
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const authentication = await subtle.importKey('raw', derived.slice(32, 64), hmac, false, ['sign'])
  const expected = new Uint8Array(await subtle.sign('HMAC', authentication, data)).slice(0, 16)
  if (!sameBytes(expected, keyAndHmac.slice(32))) throw faulty('payload')
  const cipher = { name: 'AES-CBC', iv: derived.slice(64) }
  const key = await subtle.importKey('raw', derived.slice(0, 32), 'AES-CBC', false, ['decrypt'])
  return utf8(await orFault('payload', subtle.decrypt(cipher, key, data)), 'payload')
}

async function openGcm(key: Bytes, iv: Bytes, data: Bytes, reason: NotificationFault): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt'])
  return orFault(reason, crypto.subtle.decrypt({ name: 'AES-GCM', iv, tagLength: 128 }, imported, data))
}

async function firstDecrypted(
  messages: readonly OmemoMessage[],
  decryptKey: DecryptKey,
): Promise<{ readonly message: OmemoMessage; readonly key: Uint8Array }> {
  const failures: unknown[] = []
  for (const message of messages) {
    try {
      return { message, key: new Uint8Array(await decryptKey(message)) }
    } catch (failure) {
      failures.push(failure)
    }
  }
  throw new NotificationError('session', 'no key could be decrypted', new AggregateError(failures))
}

// --- the JSON

function parsed(plain: ArrayBuffer): unknown {
  const text = utf8(plain, 'json')
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words would quote what was sealed.
    throw faulty('json')
  }
}

function notificationOf(json: unknown): Notification {
  if (!isRecord(json)) throw faulty('json')
  const { unread, sender, message, type, nickname, sid, media, id, omemo } = json
  if (!isCount(unread) || typeof sender !== 'string' || sender === '') throw faulty('json')
  return {
    unread,
    sender,
    message: textOf(message) ?? '',
    type: TYPES.find((known) => known === type),
    nickname: textOf(nickname),
    sid: textOf(sid),
    media: Array.isArray(media) ? MEDIA.filter((known) => media.includes(known)) : undefined,
    id: textOf(id),
    omemo: omemoOf(omemo),
  }
}

function omemoOf(json: unknown): OmemoPart | undefined {
  if (!isRecord(json)) return undefined
  const { keys, data, prekey, iv, ns } = json
  const sid = deviceOf(json['sid'])
  if (!isListOf(keys, 'string') || keys.length === 0 || sid === undefined || typeof data !== 'string') return undefined
  const said = isListOf(prekey, 'boolean') && prekey.length === keys.length ? prekey : undefined
  return { keys, prekey: said, sid, data, iv: textOf(iv), ns: textOf(ns) }
}

function deviceOf(sid: unknown): string | undefined {
  const text = String(typeof sid === 'number' ? sid : textOf(sid))
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 32 ? text : undefined
}

function versionOf({ ns, iv }: OmemoPart): { version: '0.3'; iv: Bytes } | { version: '2' } {
  const namespace = ns ?? (iv === undefined ? OMEMO_2 : OMEMO_03)
  if (namespace === OMEMO_2) return { version: '2' }
  if (namespace === OMEMO_03 && iv !== undefined) return { version: '0.3', iv: fromBase64(iv, 'omemo') }
  throw faulty('omemo')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isListOf(value: unknown, type: 'string'): value is readonly string[]
function isListOf(value: unknown, type: 'boolean'): value is readonly boolean[]
function isListOf(value: unknown, type: string): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === type)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

// --- the XEP-0420 envelope. A service worker has no XML parser, and little is needed of one here.

interface Envelope {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly body: string | undefined
}

function bodyOf(xml: string, { sender, type }: Notification): string | undefined {
  const { from, to, body } = readEnvelope(xml)
  // In a room the sender is the room, and `to` must name it, or a server could show a private message as a public one.
  const named = type === 'groupchat' ? to : (from ?? sender)
  if (named === undefined || bare(named) !== bare(sender)) throw faulty('envelope')
  return body
}

function bare(jid: string): string {
  return jid.replace(/\/.*$/s, '').toLowerCase()
}

type Prefixes = ReadonlyMap<string, string>

const TOKEN =
  /<(?<close>\/?)(?<name>[^\s<>/="'!?&]+)(?<attributes>(?:\s+[^\s<>/="'&]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>|<!\[CDATA\[(?<raw>.*?)\]\]>|(?<text>[^<]+)/gsy
const ATTRIBUTE = /(?<name>[^\s=]+)\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')/g

function readEnvelope(xml: string): Envelope {
  const reader = new EnvelopeReader()
  let length = 0
  for (const token of xml.matchAll(TOKEN)) {
    reader.read(token.groups ?? {})
    length += token[0].length
  }
  if (length !== xml.length) throw faulty('envelope')
  return reader.envelope()
}

class EnvelopeReader {
  readonly #found = new Map<string, string>()
  readonly #open: { readonly name: string; readonly path: string | undefined; readonly prefixes: Prefixes }[] = []

  read(token: Readonly<Partial<Record<string, string>>>): void {
    const { name, close, empty, attributes = '', text = '', raw } = token
    if (name === undefined) this.#text(raw ?? unescaped(text))
    if (name !== undefined && close === '') this.#start(name, attributesOf(attributes))
    if (name !== undefined && (close !== '' || empty !== '')) this.#end(name)
  }

  envelope(): Envelope {
    const root = `/{${SCE}}envelope`
    if (this.#open.length > 0 || !this.#found.has(root)) throw faulty('envelope')
    return {
      from: this.#found.get(`${root}/{${SCE}}from jid`),
      to: this.#found.get(`${root}/{${SCE}}to jid`),
      body: this.#found.get(`${root}/{${SCE}}content/{jabber:client}body`),
    }
  }

  #start(name: string, attributes: Prefixes): void {
    const parent = this.#open.at(-1)
    if (parent === undefined && this.#found.size > 0) throw faulty('envelope')
    const prefixes = declared(parent?.prefixes ?? new Map(), attributes)
    const path = this.#pathOf(parent === undefined ? '' : parent.path, expanded(name, prefixes))
    this.#open.push({ name, path, prefixes })
    if (path === undefined) return
    this.#found.set(path, '')
    const jid = attributes.get('jid')
    if (jid !== undefined) this.#found.set(`${path} jid`, jid)
  }

  // Of two elements of one name the first counts: the second has no path, nor has what is in it.
  #pathOf(parent: string | undefined, name: string): string | undefined {
    const path = parent === undefined ? undefined : `${parent}/${name}`
    return path === undefined || this.#found.has(path) ? undefined : path
  }

  #end(name: string): void {
    if (this.#open.pop()?.name !== name) throw faulty('envelope')
  }

  #text(text: string): void {
    const path = this.#open.at(-1)?.path
    if (path !== undefined) this.#found.set(path, (this.#found.get(path) ?? '') + text)
  }
}

function attributesOf(text: string): Prefixes {
  const groups = [...text.matchAll(ATTRIBUTE)].map((match) => match.groups ?? {})
  return new Map(groups.map(({ name = '', double, single = '' }) => [name, unescaped(double ?? single)]))
}

function declared(outer: Prefixes, attributes: Prefixes): Prefixes {
  const own = [...attributes].filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'))
  if (own.length === 0) return outer
  return new Map([...outer, ...own.map(([name, uri]) => [name.slice('xmlns:'.length), uri] as const)])
}

function expanded(name: string, prefixes: Prefixes): string {
  const colon = name.indexOf(':')
  return `{${prefixes.get(name.slice(0, Math.max(colon, 0))) ?? ''}}${name.slice(colon + 1)}`
}

const ENTITIES: Prefixes = new Map(Object.entries({ 'lt;': '<', 'gt;': '>', 'amp;': '&', 'quot;': '"', 'apos;': "'" }))

function unescaped(text: string): string {
  return text.replace(/&([^;&]*;?)/g, (_, name: string) => ENTITIES.get(name) ?? characterOf(name))
}

function characterOf(reference: string): string {
  const [, hexadecimal, decimal] = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}));$/.exec(reference) ?? []
  const code = hexadecimal === undefined ? Number(decimal) : parseInt(hexadecimal, 16)
  if (!(code > 0 && code <= 0x10ffff)) throw faulty('envelope')
  return String.fromCodePoint(code)
}

// --- bytes

function fromBase64(base64: unknown, reason: NotificationFault): Bytes {
  if (typeof base64 !== 'string' || base64.length > MAX_BASE64) throw faulty(reason)
  try {
    return Uint8Array.from(atob(base64.replace(/\s+/g, '')), (character) => character.charCodeAt(0))
  } catch {
    throw faulty(reason)
  }
}

function sized<B extends Uint8Array>(bytes: B, least: number, most: number, reason: NotificationFault): B {
  if (bytes.length < least || bytes.length > most) throw faulty(reason)
  return bytes
}

function joined(first: Uint8Array, second: Uint8Array): Bytes {
  const all = new Uint8Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

// Takes as long for a difference in the first byte as for one in the last.
function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return (
    one.length === other.length && one.reduce((different, byte, at) => different | (byte ^ (other[at] ?? 0)), 0) === 0
  )
}

function utf8(bytes: ArrayBuffer, reason: NotificationFault): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw faulty(reason)
  }
}

async function orFault<T>(reason: NotificationFault, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch {
    throw faulty(reason)
  }
}

const TEXTS: Readonly<Record<NotificationFault, string>> = {
  key: 'the key is not the base64 of 16 bytes',
  iv: 'the iv is not the base64 of 12 to 16 bytes',
  encrypted: 'the encrypted text is not base64, or too short or too long to be a notification',
  tag: 'sealed with another key, or changed on its way',
  json: 'what was sealed is not a notification',
  omemo: 'the OMEMO part cannot be read',
  session: 'no key could be decrypted',
  payload: 'the payload does not belong to its key',
  envelope: 'the envelope is malformed, or of somebody else',
}

function faulty(reason: NotificationFault): NotificationError {
  return new NotificationError(reason, TEXTS[reason])
}
