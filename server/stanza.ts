// The stanzas (RFC 6120 §8): read from a frame once and trusted from then on. The inside stays the sender's own text,
// with an index of its children; a tree is made only of the child that somebody asks for.

import { parseJid, type Jid, JidError } from './jid.js'
import { StanzaError } from './stanza-error.js'
import {
  type ChildIndex,
  childElement,
  type Element,
  escapeAttribute,
  type Frame,
  namespaceOf,
  prefixesIn,
  rereadFrame,
  serialize,
} from './xml.js'

export const CLIENT_NS = 'jabber:client'

const messageTypes = ['chat', 'error', 'groupchat', 'headline', 'normal'] as const
const presenceTypes = [
  'error',
  'probe',
  'subscribe',
  'subscribed',
  'unavailable',
  'unsubscribe',
  'unsubscribed',
] as const
const iqTypes = ['get', 'set', 'result', 'error'] as const

export type MessageType = (typeof messageTypes)[number]
export type PresenceType = 'available' | (typeof presenceTypes)[number]
export type IqType = (typeof iqTypes)[number]

interface Head {
  readonly from: Jid
  /** Undefined: to nobody in particular, so the server acts for the sender's own account (RFC 6120 §10.3). */
  readonly to: Jid | undefined
  readonly id: string | undefined
  readonly lang: string | undefined
  readonly content: Content
}

export interface Message extends Head {
  readonly kind: 'message'
  readonly type: MessageType
}

export interface Presence extends Head {
  readonly kind: 'presence'
  readonly type: PresenceType
}

export interface Iq extends Head {
  readonly kind: 'iq'
  readonly type: IqType
  readonly id: string
}

export type Stanza = Message | Presence | Iq

/** What an iq handler gets: a get or set with its payload. */
export interface IqRequest {
  readonly type: 'get' | 'set'
  readonly from: Jid
  readonly to: Jid | undefined
  readonly id: string
  readonly payload: Element
}

/** The inside of a stanza: immutable, text first. */
export class Content {
  static readonly empty: Content = new this('', '', [])

  /** What stands in the start tag beside the head: prefix declarations, foreign attributes. */
  readonly extra: string
  readonly inner: string
  readonly children: readonly ChildIndex[]
  /** The trees that somebody has asked for, by the index of the child: of most stanzas none. */
  #elements: Map<number, Element> | undefined
  /** What `extra` declares. It may be long, and the children many, so it is read once. */
  #prefixes: ReadonlyMap<string, string> | undefined

  constructor(extra: string, inner: string, children: readonly ChildIndex[]) {
    this.extra = extra
    this.inner = inner
    this.children = children
  }

  /** The inside of a stanza that we make ourselves. */
  static of(...elements: readonly Element[]): Content {
    return Content.empty.with(...elements)
  }

  has(name: string, namespace: string): boolean {
    return this.#indexOf(name, namespace) !== -1
  }

  /** The first child of that name, as a tree. */
  find(name: string, namespace: string): Element | undefined {
    const index = this.#indexOf(name, namespace)
    return index === -1 ? undefined : this.#element(index)
  }

  /** Every child as a tree. */
  elements(): Element[] {
    return this.children.flatMap((_, index) => this.#element(index) ?? [])
  }

  with(...elements: readonly Element[]): Content {
    let inner = this.inner
    const children = [...this.children]
    for (const element of elements) {
      const start = inner.length
      inner += serialize(element)
      children.push({ name: element.name, namespace: namespaceOf(element) || CLIENT_NS, start, end: inner.length })
    }
    return new Content(this.extra, inner, children)
  }

  /** With one more child, which is written already and says its namespace itself. */
  withWritten(name: string, namespace: string, xml: string): Content {
    const start = this.inner.length
    const child = { name, namespace, start, end: start + xml.length }
    return new Content(this.extra, this.inner + xml, [...this.children, child])
  }

  /** Without the children of that name for which `drop` says so. The same object when nothing is dropped. */
  without(name: string, namespace: string, drop: (element: Element) => boolean): Content {
    const dropped = this.children.filter((child, index) => {
      if (child.name !== name || child.namespace !== namespace) return false
      const element = this.#element(index)
      return element !== undefined && drop(element)
    })
    if (dropped.length === 0) return this
    return this.#cut(dropped)
  }

  #cut(dropped: readonly ChildIndex[]): Content {
    const gone = new Set(dropped)
    let inner = ''
    let taken = 0
    const children: ChildIndex[] = []
    for (const child of this.children) {
      if (gone.has(child)) {
        inner += this.inner.slice(taken, child.start)
        taken = child.end
        continue
      }
      const shift = taken - inner.length
      children.push({ ...child, start: child.start - shift, end: child.end - shift })
      inner += this.inner.slice(taken, child.end)
      taken = child.end
    }
    return new Content(this.extra, inner + this.inner.slice(taken), children)
  }

  #indexOf(name: string, namespace: string): number {
    return this.children.findIndex((child) => child.name === name && child.namespace === namespace)
  }

  #element(index: number): Element | undefined {
    const known = this.#elements?.get(index)
    const child = this.children[index]
    if (known !== undefined || child === undefined) return known
    this.#prefixes ??= prefixesIn(this.extra)
    const element = childElement({ extra: this.extra, inner: this.inner, namespace: CLIENT_NS }, child, this.#prefixes)
    this.#elements ??= new Map()
    this.#elements.set(index, element)
    return element
  }
}

/**
 * Reads a stanza whose sender the stream has already checked.
 * @throws StanzaError `jid-malformed` for a `to` that is no JID, `bad-request` for a type or id that RFC 6120 §8 does not allow
 */
export function readStanza(frame: Frame, from: Jid): Stanza {
  const head = {
    from,
    to: readTo(frame.attributes.get('to')),
    id: frame.attributes.get('id'),
    lang: frame.attributes.get('xml:lang'),
    content: new Content(frame.extra, frame.inner, frame.children),
  }
  const type = frame.attributes.get('type')
  switch (frame.name) {
    case 'message':
      return { kind: 'message', type: readMessageType(type), ...head }
    case 'presence':
      return { kind: 'presence', type: readPresenceType(type), ...head }
    default:
      return readIq(type, head)
  }
}

/** The get or set inside an iq. @throws StanzaError `bad-request` unless it has exactly one child (RFC 6120 §8.2.3) */
export function requestOf(iq: Iq): IqRequest {
  const payload = iq.content.children.length === 1 ? iq.content.elements()[0] : undefined
  if (payload === undefined) throw new StanzaError('bad-request', 'an iq of type get or set has one child')
  return { type: iq.type === 'get' ? 'get' : 'set', from: iq.from, to: iq.to, id: iq.id, payload }
}

export function isRequest(stanza: Stanza): boolean {
  return stanza.kind === 'iq' && (stanza.type === 'get' || stanza.type === 'set')
}

/** Several sessions get a stanza one after the other, so remembering the last one is enough. A WeakMap of all costs more than writing. */
let last: { readonly stanza: Stanza; readonly xml: string } | undefined

/** The stanza as text in `jabber:client`. Written once, however many sessions get it. */
export function writeStanza(stanza: Stanza): string {
  if (last?.stanza !== stanza) last = { stanza, xml: writeStanzaIn(stanza, CLIENT_NS) }
  return last.xml
}

/** The stanza as text in another content namespace (XEP-0114 has its own). */
export function writeStanzaIn(stanza: Stanza, namespace: string): string {
  const { content } = stanza
  let xml = `<${stanza.kind} xmlns="${namespace}" from="${escapeAttribute(stanza.from.full)}"`
  if (stanza.to !== undefined) xml += ` to="${escapeAttribute(stanza.to.full)}"`
  const type = writtenType(stanza)
  if (type !== undefined) xml += ` type="${type}"`
  if (stanza.id !== undefined) xml += ` id="${escapeAttribute(stanza.id)}"`
  if (stanza.lang !== undefined) xml += ` xml:lang="${escapeAttribute(stanza.lang)}"`
  xml += content.extra
  return content.inner === '' ? `${xml}/>` : `${xml}>${content.inner}</${stanza.kind}>`
}

function writtenType(stanza: Stanza): string | undefined {
  if (stanza.kind === 'message') return stanza.type === 'normal' ? undefined : stanza.type
  return stanza.type === 'available' ? undefined : stanza.type
}

function readTo(to: string | undefined): Jid | undefined {
  if (to === undefined) return undefined
  try {
    return parseJid(to)
  } catch (reason) {
    if (reason instanceof JidError) throw new StanzaError('jid-malformed', reason.message)
    throw reason
  }
}

/** RFC 6121 §5.2.2: a type we do not know is `normal`. */
function readMessageType(type: string | undefined): MessageType {
  return messageTypes.find((known) => known === type) ?? 'normal'
}

function readPresenceType(type: string | undefined): PresenceType {
  if (type === undefined) return 'available'
  const known = presenceTypes.find((candidate) => candidate === type)
  if (known === undefined) throw new StanzaError('bad-request', 'there is no such type of presence')
  return known
}

function readIq(type: string | undefined, head: Head): Iq {
  const known = iqTypes.find((candidate) => candidate === type)
  if (known === undefined) throw new StanzaError('bad-request', 'the type of an iq is get, set, result or error')
  if (head.id === undefined) throw new StanzaError('bad-request', 'an iq has an id')
  return { kind: 'iq', type: known, ...head, id: head.id }
}

/** A stanza that we wrote ourselves and kept. */
export function reviveStanza(xml: string): Stanza {
  const frame = rereadFrame(xml)
  return readStanza(frame, parseJid(frame.attributes.get('from') ?? ''))
}
