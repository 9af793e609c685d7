// Personal eventing in tests: requests as stock clients write them, and people who know each other.

import { expect } from 'vitest'
import { attr, children, type Element, parse } from '../../server/xml.js'
import { Refusal, type ScenarioServer } from './scenario.js'
import type { User } from './user.js'
import { xml } from './xml.js'

export const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const OWNER = `${PUBSUB}#owner`
export const EVENT = `${PUBSUB}#event`
const ERRORS = `${PUBSUB}#errors`

type Options = Readonly<Record<string, string>>

/** A tune, told apart by its title. */
export function tune(title: string): Element {
  return xml`<tune xmlns="http://jabber.org/protocol/tune"><title>${title}</title></tune>`
}

export interface Published {
  readonly node: string
  readonly id?: string
  readonly payload: Element
  readonly options?: Options
  readonly to?: string
}

export function publishing({ node, id, payload, options, to }: Published): Element {
  const item = xml`<item xmlns="${PUBSUB}">${payload}</item>`
  if (id !== undefined) item.attrs['id'] = id
  const with_ =
    options === undefined
      ? []
      : [xml`<publish-options xmlns="${PUBSUB}">${form('publish-options', options)}</publish-options>`]
  return addressed(
    xml`<iq type="set"><pubsub xmlns="${PUBSUB}"><publish node="${node}">${item}</publish>${with_}</pubsub></iq>`,
    to,
  )
}

/** What is asked of a node, written as it stands inside `<pubsub/>`. */
export function asking(type: 'get' | 'set', namespace: string, inside: string, to?: string): Element {
  return addressed(parse(`<iq type="${type}"><pubsub xmlns="${namespace}">${inside}</pubsub></iq>`), to)
}

export function configuring(node: string, options: Options): Element {
  return xml`<iq type="set"><pubsub xmlns="${OWNER}"><configure node="${node}">${form('node_config', options)}</configure></pubsub></iq>`
}

function form(purpose: string, options: Options): Element {
  const fields = Object.entries(options).map(
    ([name, value]) => xml`<field xmlns="jabber:x:data" var="pubsub#${name}"><value>${value}</value></field>`,
  )
  return xml`<x xmlns="jabber:x:data" type="submit">
    <field var="FORM_TYPE" type="hidden"><value>${PUBSUB}#${purpose}</value></field>${fields}
  </x>`
}

function addressed(iq: Element, to: string | undefined): Element {
  if (to !== undefined) iq.attrs['to'] = to
  return iq
}

/** The items that the reader gets: id and payload as text. */
export async function itemsOf(reader: User, node: string, to?: string, rest = ''): Promise<readonly string[]> {
  const result = await reader.asks(asking('get', PUBSUB, `<items node="${node}"${rest}/>`, to))
  return idsIn(result)
}

/** The ids of the items in an answer or an event, in order. */
export function idsIn(stanza: Element): readonly string[] {
  const [inside] = stanza.getChildElements()
  const items = inside?.getChild('items')
  return items == null ? [] : children(items).map((item) => attr(item, 'id') ?? '')
}

/** The question is refused with this condition, and with this pubsub condition beside it. */
export async function expectRefused(question: Promise<unknown>, condition: string, pubsub?: string): Promise<void> {
  const refusal = await question.then(
    () => new Error('the question was not refused'),
    (reason: unknown) => reason,
  )
  if (!(refusal instanceof Refusal)) throw refusal instanceof Error ? refusal : new Error(String(refusal))
  const error = refusal.stanza.getChild('error')
  const found = error == null ? [] : children(error, undefined, ERRORS).map(({ name }) => name)
  expect([refusal.condition, ...found]).toEqual(pubsub === undefined ? [condition] : [condition, pubsub])
}

/** Each sees the other's presence from now on. Nobody is available yet, so nobody hears of it. */
export async function befriend(one: User, other: User, server: ScenarioServer): Promise<void> {
  for (const [asks, agrees] of [
    [one, other],
    [other, one],
  ] as const) {
    await sees(asks, agrees, server)
  }
}

/** `watcher` sees the presence of `watched` from now on. */
export async function sees(watcher: User, watched: User, server: ScenarioServer): Promise<void> {
  await watcher.sends(xml`<presence to="${watched.account}" type="subscribe"/>`)
  await server.idle()
  await watched.sends(xml`<presence to="${watcher.account}" type="subscribed"/>`)
  await server.idle()
}

/** The user becomes available with a client that wants to hear of these nodes. Gives what it heard at once, but for presence. */
export async function appears(
  user: User,
  server: ScenarioServer,
  ...nodes: readonly string[]
): Promise<readonly Element[]> {
  user.answersDisco(nodes.map((node) => `${node}+notify`))
  const caps = xml`<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://client.example" ver="${nodes.join(' ') || 'none'}"/>`
  await user.sends(xml`<presence>${caps}</presence>`)
  return heard(user, server)
}

/** What has come and nobody has read, but for presence. */
export async function heard(user: User, server: ScenarioServer): Promise<readonly Element[]> {
  await server.idle()
  const stanzas: Element[] = []
  const last = user.open.at(0)
  while (last !== undefined && last.inbox.unread.length > 0) stanzas.push(await user.next())
  return stanzas.filter(({ name }) => name !== 'presence')
}
