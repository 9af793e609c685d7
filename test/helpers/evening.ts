// An evening on which things happen to somebody who is not there, each of which is told to all of her registrations.

import type { Element } from '../../server/xml.js'
import type { PushService } from './push-service.js'
import { freshKey, itemOf } from './sealed.js'
import type { User } from './user.js'
import { xml } from './xml.js'

/** One thing that happens: somebody sends her something. */
export interface Moment {
  readonly from: 'romeo' | 'mercutio' | 'benvolio' | 'nurse' | 'tybalt' | 'paris' | 'pushService'
  readonly sends: (to: string) => Element
}

export const says = (from: Moment['from'], text: string, type = 'chat'): Moment => ({
  from,
  sends: (to) => xml`<message to="${to}" type="${type}"><body>${text}</body></message>`,
})

/** As OMEMO 0.3 looks; nothing in it can be decrypted. */
export const writesOmemo03 = (from: Moment['from'], bytes: number): Moment => ({
  from,
  sends: (to) => xml`<message to="${to}" type="chat"><encrypted xmlns="eu.siacs.conversations.axolotl">
    <header sid="27183"><key rid="${DEVICE}" prekey="true">${filler(180)}</key><key rid="7">${filler(60)}</key><iv>${filler(12)}</iv></header>
    <payload>${filler(bytes)}</payload></encrypted><body>You cannot read this.</body><store xmlns="urn:xmpp:hints"/></message>`,
})

/** As OMEMO 2 looks, without a body for those who cannot read it. */
export const writesOmemo2 = (from: Moment['from'], bytes: number): Moment => ({
  from,
  sends: (to) => xml`<message to="${to}" type="chat"><encrypted xmlns="urn:xmpp:omemo:2">
    <header sid="27183"><keys jid="${to}"><key rid="${DEVICE}">${filler(90)}</key></keys></header>
    <payload>${filler(bytes)}</payload></encrypted></message>`,
})

export const invites = (from: Moment['from'], room: string): Moment => ({
  from,
  sends: (to) => xml`<message to="${to}"><x xmlns="jabber:x:conference" jid="${room}" reason="Come!"/></message>`,
})

export const asksToSee = (from: Moment['from']): Moment => ({
  from,
  sends: (to) => xml`<presence to="${to}" type="subscribe"/>`,
})

export const calls = (from: Moment['from'], sid: string, ...media: readonly string[]): Moment => ({
  from,
  sends: (to) => xml`<message to="${to}" type="chat"><propose xmlns="urn:xmpp:jingle-message:0" id="${sid}">
    ${media.map((word) => xml`<description xmlns="urn:xmpp:jingle:apps:rtp:1" media="${word}"/>`)}</propose></message>`,
})

/** Somebody says it in a room that she is in. The push service keeps the room: a component may do both. */
export const saysInRoom = (nickname: string, text: string): Moment => ({
  from: 'pushService',
  sends: (to) => xml`<message from="${ROOM}/${nickname}" to="${to}" type="groupchat"><body>${text}</body></message>`,
})

const ROOM = 'balcony@push.localhost'

const DEVICE = 31415

const filler = (bytes: number): string => Buffer.alloc(bytes, 'sealpost').toString('base64')

/** The nodes that she registers: one for each way to be told. */
const settings: Readonly<Record<string, readonly Element[]>> = {
  phone: [],
  small: [],
  omemo: [xml`<omemo xmlns="tigase:push:encrypt:omemo:0" deviceId="${DEVICE}"/>`],
  options: [
    xml`<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE" type="hidden">
      <value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var="secret"><value>of the node</value></field></x>`,
  ],
  siskin: [
    xml`<muted xmlns="tigase:push:filter:muted:0"><item jid="rosaline@localhost"/></muted>`,
    xml`<priority xmlns="tigase:push:priority:0"/>`,
    xml`<jingle xmlns="tigase:push:jingle:0"/>`,
  ],
}

export const nodes = Object.keys(settings)

/** Registers every node at the service, sealed. Gives the key of each. */
export async function registersAll(user: User, service: string): Promise<ReadonlyMap<string, string>> {
  const keys = new Map(nodes.map((node) => [node, freshKey()]))
  for (const [node, key] of keys) {
    await user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${service}" node="${node}">
      <encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm" max-size="${node === 'small' ? 512 : 3000}">${key}</encrypt>
      <groupchat xmlns="tigase:push:filter:groupchat:0"><room jid="${ROOM}" allow="always"/></groupchat>
      ${settings[node] ?? []}</enable></iq>`)
  }
  return keys
}

/** Who is about on such an evening. */
export type People = Readonly<Record<Exclude<Moment['from'], 'pushService'>, User>> & {
  readonly pushService: PushService
}

/** Plays the moments one after the other; each makes one push for each of the nodes. Gives what the service got, in that order. */
export async function plays(moments: readonly Moment[], people: People, to: string): Promise<readonly Element[]> {
  const publishes: Element[] = []
  for (const { from, sends } of moments) {
    await people[from].sends(sends(to))
    for (let told = 0; told < nodes.length; told += 1) publishes.push(await people.pushService.next())
  }
  return publishes
}

export function nodeOf(publish: Element): string {
  return String(itemOf(publish).parent?.attrs['node'])
}
