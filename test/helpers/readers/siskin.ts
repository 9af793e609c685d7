// A strict reader after the rules by which Siskin reads sealed pushes (docs/spec-notes.md, from tigase/siskin-im: NotificationService.swift,
// NotificationsManagerHelper.swift, CallManager.swift). What would crash it, or what it would drop, is an error; what it would show is the result.

import { openWithNode } from './node.js'

/** The `<encrypted/>` of a notification, as the push component hands it to the phone. */
export interface SiskinPush {
  readonly key: string
  readonly iv: string
  readonly encrypted: string
  /** The attribute `type`: with `voip` it goes another way, to the call manager. */
  readonly type: string | undefined
}

/** What a person gets to see or hear. */
export type SiskinShown =
  | { readonly kind: 'message'; readonly from: string; readonly body: string; readonly nickname: string | undefined }
  | { readonly kind: 'call'; readonly from: string; readonly sid: string; readonly media: readonly string[] }
  | { readonly kind: 'call is over'; readonly from: string; readonly sid: string }

export interface SiskinOptions {
  /** Readers that came after the OMEMO draft: they know a request for a subscription, on which Siskin crashes. */
  readonly knowsSubscribe?: boolean
}

/** Why it would not be shown as it was meant. Its text quotes nothing that was sealed but the names of members. */
export class SiskinError extends Error {
  override readonly name = 'SiskinError'
  /** The extension or the app ends, or nothing of use is shown. */
  readonly effect: 'crash' | 'drop'

  constructor(effect: 'crash' | 'drop', text: string) {
    super(`Siskin would ${effect} it: ${text}`)
    this.effect = effect
  }
}

/** @throws SiskinError */
export function readLikeSiskin(push: SiskinPush, options: SiskinOptions = {}): SiskinShown {
  const json = jsonIn(push)
  if (push.type === 'voip') return readCall(json)
  if (push.type !== undefined) throw drop(`type='${push.type}' on <encrypted/> is no way to a phone`)
  return readMessage(json, options)
}

/** It does not ask what GCM says about the tag; this reader does. */
function jsonIn({ key, iv, encrypted }: SiskinPush): Json {
  if (!isStrictBase64(iv)) throw drop('the iv is not bare base64')
  if (!isStrictBase64(encrypted)) throw drop('the text is not bare base64')
  if (Buffer.from(encrypted, 'base64').length < TAG_LENGTH) throw crash('there is no tag')
  return decoded(opened({ key, iv, encrypted }))
}

const TAG_LENGTH = 16

function opened(push: Omit<SiskinPush, 'type'>): string {
  try {
    return openWithNode(push)
  } catch {
    throw drop('the key does not open it')
  }
}

/** `Data(base64Encoded:)` without options: the standard alphabet, padded, and no other character. */
function isStrictBase64(text: string): boolean {
  return text !== '' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
}

type Json = Readonly<Record<string, unknown>>

/** `JSONDecoder`: one object, with white space around it; half a surrogate pair anywhere fails the whole. */
function decoded(plain: string): Json {
  const strings: string[] = []
  const json = parsed(plain, strings)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw drop('the JSON is no object')
  if (strings.some((each) => /\p{Surrogate}/u.test(each))) throw drop('half a character')
  return json as Json
}

function parsed(plain: string, strings: string[]): unknown {
  const noted = (name: string, value: unknown): unknown => {
    strings.push(name, ...(typeof value === 'string' ? [value] : []))
    return value
  }
  try {
    return JSON.parse(plain, noted)
  } catch {
    throw drop('what was sealed is no JSON')
  }
}

/** `Payload` of NotificationsManagerHelper.swift. */
function readMessage(json: Json, { knowsSubscribe = false }: SiskinOptions): SiskinShown {
  if (!isInt64(json['unread'])) throw drop('unread is not there, or no whole number')
  const sender = text(json, 'sender')
  const type = optionalText(json, 'type')
  const kinds = ['unknown', 'groupchat', 'chat', 'call', ...(knowsSubscribe ? ['subscribe'] : [])]
  if (type !== undefined && !kinds.includes(type)) throw crash('a type that it does not know')
  const nickname = optionalText(json, 'nickname')
  const body = optionalText(json, 'message')
  const sid = optionalText(json, 'sid')
  const media = optionalTexts(json, 'media')
  if (!isBareJid(sender)) throw drop('the sender is no bare JID')
  if (sid !== undefined && media === undefined) return { kind: 'call is over', from: sender, sid }
  if (sid !== undefined || media !== undefined) throw drop('a call that goes the way of a message does not ring')
  if (body === undefined || body === '') throw drop('without a message it says no more than “New message!”')
  return { kind: 'message', from: sender, body: body.replace(/^\/me /, ''), nickname }
}

/** `VoIPPayload` of CallManager.swift, and what iOS asks of who takes such a push. The rest is for those who read both alike. */
function readCall(json: Json): SiskinShown {
  const sid = text(json, 'sid')
  const from = text(json, 'sender')
  const media = optionalTexts(json, 'media')
  if (media?.some((word) => !callMedia.includes(word)) === true) throw crash('media that it does not know')
  if (media === undefined) throw crash('a voip push without media rings nobody, for which iOS ends the app')
  if (media.length === 0 || new Set(media).size < media.length) throw drop('media is empty, or says a word twice')
  if (!isFullJid(from)) throw drop('a call can be answered only to a full JID')
  if (json['type'] !== 'call' || !isInt64(json['unread'])) throw drop('what rings says that it is a call, and counts')
  return { kind: 'call', from, sid, media }
}

const callMedia: readonly string[] = ['audio', 'video']

function text(json: Json, name: string): string {
  const value = optionalText(json, name)
  if (value === undefined || value === '') throw drop(`${name} is not there`)
  return value
}

/** A member of another type than it should be, even one that may be missing, fails the whole. */
function optionalText(json: Json, name: string): string | undefined {
  const value = json[name] ?? undefined
  if (value !== undefined && typeof value !== 'string') throw drop(`${name} is no string`)
  return value
}

function optionalTexts(json: Json, name: string): readonly string[] | undefined {
  const value = json[name] ?? undefined
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw drop(`${name} is no list of strings`)
  return value
}

function isInt64(value: unknown): boolean {
  return Number.isSafeInteger(value)
}

/** It splits at the first `/` and the first `@`, and refuses nothing: what is split wrongly is shown wrongly. */
function isBareJid(jid: string): boolean {
  return /^(?:[^@/\s]+@)?[^@/\s]+$/.test(jid)
}

function isFullJid(jid: string): boolean {
  return /^(?:[^@/\s]+@)?[^@/\s]+\/./s.test(jid)
}

function crash(text: string): SiskinError {
  return new SiskinError('crash', text)
}

function drop(text: string): SiskinError {
  return new SiskinError('drop', text)
}
