// XEP-0353: a call that somebody proposes, and what ends its ringing.

import type { Message } from '../../server/stanza.js'
import { attr, children } from '../../server/xml.js'

const NS = 'urn:xmpp:jingle-message:0'
const RTP = 'urn:xmpp:jingle:apps:rtp:1'
const DELAY = 'urn:xmpp:delay'

/** A call that is proposed later than this after it was made is no call any more. */
const freshMs = 60_000

/** Nobody lets it ring longer. */
export const callLifetimeMs = 30_000
/** A session's name is kept with what is owed for it. */
const longestSid = 256

/** The words that readers of pushes know; any other ends some of them with a crash. */
const media = ['audio', 'video'] as const

export type Media = (typeof media)[number]

export interface Call {
  readonly sid: string
  /** Empty for a call that no reader knows how to ring for. */
  readonly media: readonly Media[]
}

export function proposedCall({ content }: Pick<Message, 'content'>): Call | undefined {
  const propose = content.find('propose', NS)
  const sid = propose && attr(propose, 'id')
  if (propose === undefined || !isSid(sid)) return undefined
  const named = children(propose, 'description', RTP).map((description) => attr(description, 'media'))
  return { sid, media: media.filter((word) => named.includes(word)) }
}

/** False for a proposal that has been waiting somewhere on its way. */
export function isFresh({ content }: Pick<Message, 'content'>, now: number): boolean {
  const delay = content.find('delay', DELAY)
  const stamp = delay === undefined ? NaN : Date.parse(attr(delay, 'stamp') ?? '')
  return Number.isNaN(stamp) || now - stamp <= freshMs
}

/** What is owed for a call stands alone: nothing replaces it but the same call. */
export function topicOf(caller: string, sid: string): string {
  return `call ${caller} ${sid}`
}

export function isCallTopic(topic: string | undefined): topic is string {
  return topic?.startsWith('call ') === true
}

const ends = ['retract', 'proceed', 'accept', 'reject', 'finish'] as const

/** The call that this message ends, for whoever has not heard it ring yet. */
export function endedCall({ content }: Pick<Message, 'content'>): string | undefined {
  if (!content.children.some(({ namespace }) => namespace === NS)) return undefined
  for (const end of ends) {
    const element = content.find(end, NS)
    if (element === undefined) continue
    const sid = attr(element, 'id')
    return isSid(sid) ? sid : undefined
  }
  return undefined
}

function isSid(given: string | undefined): given is string {
  return given !== undefined && given !== '' && given.length <= longestSid
}
