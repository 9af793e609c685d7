// What a push service can tell from what it is handed for sealed registrations: it records whole evenings, and compares.
// docs/privacy.md lists what differs, and that list is held against what was measured.

import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { attr, child, children, el, type Element, serialize, text } from '../server/xml.js'
import {
  asksToSee,
  calls,
  invites,
  type Moment,
  nodeOf,
  nodes,
  type People,
  plays,
  registersAll,
  says,
  saysInRoom,
  writesOmemo03,
  writesOmemo2,
} from './helpers/evening.js'
import type { PushService } from './helpers/push-service.js'
import { Refusal, scenario, type User, xml } from './helpers/scenario.js'

/** Evenings that have nothing in common but that the third and the sixth moment are calls. */
const quiet: readonly Moment[] = [
  says('romeo', 'yes'),
  says('romeo', 'no'),
  calls('romeo', 'call-1', 'audio'),
  says('romeo', 'ok'),
  says('romeo', '?'),
  calls('romeo', 'call-2', 'audio'),
  says('romeo', 'bye'),
  says('romeo', '!'),
  says('romeo', 'x'),
  says('romeo', ':-)'),
]

const eventful: readonly Moment[] = [
  writesOmemo03('nurse', 16),
  says('mercutio', 'O, then, I see Queen Mab hath been with you. '.repeat(300)),
  calls('tybalt', 'a'.repeat(64), 'audio', 'video'),
  asksToSee('paris'),
  invites('benvolio', 'balcony@rooms.localhost'),
  calls('paris', 'call-3', 'video'),
  writesOmemo2('mercutio', 1500),
  says('nurse', '🌹👨‍👩‍👧‍👦 <&> ünïcödé', 'normal'),
  calls('tybalt', 'call-4', 'screen'),
  saysInRoom('Balthasar', 'I will be brief, for my short date of breath is not so long as is a tedious tale.'),
]

/** The moments that ring. */
const calling: readonly number[] = [2, 5]

const eventfulAgain: readonly Moment[] = eventful.with(3, asksToSee('benvolio'))

/** A publish, as its bytes came. */
interface Seen {
  readonly node: string
  readonly ids: readonly string[]
  readonly iv: string
  readonly encrypted: string
  /** The bytes, without what is random: of the sealed text its length is left. */
  readonly canonical: string
}

/** Takes the publishes out of the text of the stream, on which there is nothing else but answers to what the service itself asked. */
function seenBy(pushService: PushService): readonly Seen[] {
  const stanzas = pushService.wire.replaceAll(/<iq [^>]*type="result"[^>]*\/>/g, '')
  const publish = /<iq [^>]*><pubsub .*?<\/iq>/gs
  expect(stanzas.replaceAll(publish, '')).toMatch(/^(?:<\?xml[^>]*\?>)?<stream:stream [^>]*><handshake\/>$/)
  return [...stanzas.matchAll(publish)].map(([bytes]) => seenIn(bytes))
}

function seenIn(bytes: string): Seen {
  const [node = ''] = valuesOf('node', bytes)
  const [iv = ''] = valuesOf('iv', bytes)
  const [, encrypted = ''] = /<encrypted [^>]*>([^<]*)</.exec(bytes) ?? []
  const canonical = bytes
    .replaceAll(/ (id|iv)="[^"]*"/g, ' $1="…"')
    .replace(`>${encrypted}<`, `>${encrypted.length} characters<`)
  return { node, ids: valuesOf('id', bytes), iv, encrypted, canonical }
}

function valuesOf(name: string, bytes: string): readonly string[] {
  return [...bytes.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value)
}

/** What each node was handed, one after the other, without what is random. */
function transcripts(seen: readonly Seen[]): Readonly<Record<string, readonly string[]>> {
  const of = (wanted: string): readonly string[] =>
    seen.filter(({ node }) => node === wanted).map(({ canonical }) => canonical)
  return Object.fromEntries(nodes.map((node) => [node, of(node)]))
}

/** Juliet registers and goes, and everything happens. Gives what the service saw of it, in bytes. */
async function evening(moments: readonly Moment[], juliet: User, people: People): Promise<readonly Seen[]> {
  const before = seenBy(people.pushService).length
  await registersAll(juliet, people.pushService.jid)
  await juliet.leaves()
  await plays(moments, people, juliet.account)
  return seenBy(people.pushService).slice(before)
}

const options = { config: { push: { burst: 1000 } } } as const

scenario(
  'evenings that have nothing in common but their calls, nor whether another client is online, cannot be told apart',
  async ({ romeo, mercutio, benvolio, nurse, tybalt, paris, juliet, pushService, server }) => {
    const people = { romeo, mercutio, benvolio, nurse, tybalt, paris, pushService }
    const one = await evening(eventful, juliet, people)
    await juliet.arrives()
    const two = await evening(quiet, juliet, people)
    const desktop = await juliet.also('desktop')
    await desktop.sends(xml`<presence/>`)
    await juliet.arrives()
    const three = await evening(eventfulAgain, juliet, people)
    await server.idle()
    juliet.forgets()
    expectTwoForms(transcripts(one))
    expect(transcripts(two)).toEqual(transcripts(one))
    expect(transcripts(three)).toEqual(transcripts(one))
    expectRandom([...one, ...two, ...three])
    expectNothingTold([...one, ...two, ...three])
  },
  options,
)

/** All that a node is handed is the same, but for the mark of a call. */
function expectTwoForms(transcript: Readonly<Record<string, readonly string[]>>): void {
  for (const [node, stanzas] of Object.entries(transcript)) {
    const mark = ' type="voip"'
    expect(
      stanzas.map((stanza) => stanza.includes(mark)),
      node,
    ).toEqual(eventful.map((_, moment) => calling.includes(moment)))
    expect(new Set(stanzas.map((stanza) => stanza.replace(mark, ''))).size, node).toBe(1)
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Ids, IVs and texts are of one shape each, and none comes twice. */
function expectRandom(seen: readonly Seen[]): void {
  const shapes = [
    [seen.flatMap(({ ids }) => ids), uuid],
    [seen.map(({ iv }) => iv), /^[A-Za-z0-9+/]{16}$/],
    [seen.map(({ encrypted }) => encrypted), /^[A-Za-z0-9+/]+={0,2}$/],
  ] as const
  for (const [values, shape] of shapes) {
    expect(values.filter((value) => !shape.test(value))).toEqual([])
    expect(new Set(values).size).toBe(values.length)
  }
}

/** Neither the account nor anything of who wrote and what stands in it. What is random is left out: any word may come up there. */
function expectNothingTold(seen: readonly Seen[]): void {
  const people = ['romeo', 'mercutio', 'benvolio', 'nurse', 'tybalt', 'paris', 'juliet', 'balthasar']
  const words = [...people, 'queen mab', 'tedious', 'balcony', 'call', 'chat', 'omemo:', 'jingle', 'audio', 'desktop']
  const all = seen.map(({ canonical }) => canonical.toLowerCase()).join('')
  expect(words.filter((word) => all.includes(word))).toEqual([])
}

scenario(
  'a test notification looks as any other',
  async ({ romeo, mercutio, benvolio, nurse, tybalt, paris, juliet, pushService, server }) => {
    const people = { romeo, mercutio, benvolio, nurse, tybalt, paris, pushService }
    const seen = await evening(quiet.slice(0, 1), juliet, people)
    await server.testPush(juliet.account)
    for (const _ of nodes) await pushService.next()
    const all = seenBy(pushService)
    expectRandom(all)
    expect(transcripts(all.slice(seen.length))).toEqual(transcripts(seen))
  },
)

/** Bytes, in every way in which something that is printed may show them. */
function writtenOut(base64: string): readonly string[] {
  const bytes = Buffer.from(base64, 'base64')
  const hex = bytes.toString('hex')
  return [base64.replace(/=+$/, ''), hex, hex.replaceAll(/..(?=.)/g, '$& '), [...bytes].join(', ')]
}

scenario(
  'neither the log at its most talkative, nor trace, metrics or error texts hold a key, a text or anything sealed',
  async ({ romeo, mercutio, benvolio, nurse, tybalt, paris, juliet, pushService, server, log }) => {
    const people = { romeo, mercutio, benvolio, nurse, tybalt, paris, pushService }
    const keys = await registersAll(juliet, pushService.jid)
    const key = [...keys.values()][0] ?? ''
    const refusal: unknown = await juliet
      .asks(
        xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${pushService.jid}"><encrypt xmlns="tigase:push:encrypt:0" alg="rot13">${key}</encrypt></enable></iq>`,
      )
      .catch((reason: unknown) =>
        reason instanceof Refusal ? serialize(child(reason.stanza, 'error') ?? el('none')) : '',
      )
    await juliet.leaves()
    await plays(eventful, people, juliet.account)
    await server.testPush(juliet.account)
    pushService.answers({ error: 'item-not-found' })
    await plays([says('romeo', 'It is gone, O, it is gone!')], people, juliet.account)
    await server.idle()
    for (const _ of nodes) await pushService.next()
    const metrics = await (await fetch(new URL('/metrics', server.url.replace('ws', 'http')))).text()
    const said = inspect([log.lines, await server.pushTrace(), metrics, refusal], {
      depth: Infinity,
      maxArrayLength: null,
      maxStringLength: null,
    }).replaceAll(/\s+/g, ' ')
    for (const known of [juliet.account, pushService.jid, 'item-not-found', 'feature-not-implemented'])
      expect(said).toContain(known)
    const secrets = [...keys.values(), ...seenBy(pushService).map(({ encrypted }) => encrypted.slice(0, 24))]
    const texts = ['Queen Mab', 'tedious tale', 'ünïcödé', 'it is gone', 'c2VhbHBvc3', 'the password of']
    expect([...secrets.flatMap(writtenOut), ...texts].filter((secret) => said.includes(secret))).toEqual([])
  },
  options,
)

/** By what the value at a place of the stanza differs. */
type Difference = 'never' | 'every push' | 'registration' | 'call' | 'what is told'

interface Placed {
  readonly node: string
  readonly isCall: boolean
  readonly places: ReadonlyMap<string, string>
}

function placed(publish: Element, index: number): Placed {
  const moment = Math.floor(index / nodes.length) % eventful.length
  return { node: nodeOf(publish), isCall: calling.includes(moment), places: placesOf(publish) }
}

/** The places of a stanza, and what stands there. What a client gave to be passed on is one place, whatever is in it. */
function placesOf(publish: Element): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const visit = (element: Element): void => {
    if (element.name === 'publish-options') return void found.set('<publish-options>', serialize(element))
    for (const name of Object.keys(element.attrs)) found.set(`<${element.name} ${name}>`, attr(element, name) ?? '')
    const content = text(element)
    if (content !== '') found.set(`<${element.name}>`, content)
    if (element.name === 'encrypted') found.set('length of <encrypted>', String(content.length))
    children(element).forEach(visit)
  }
  visit(publish)
  return found
}

/** The coarsest thing by which the values at a place can be told. */
function differenceAt(place: string, publishes: readonly Placed[]): Difference {
  const within = (groupOf: (each: Placed) => string): boolean => {
    const pairs = publishes.map((each) => JSON.stringify([groupOf(each), each.places.get(place) ?? '']))
    return new Set(pairs).size === new Set(publishes.map(groupOf)).size
  }
  if (within(() => '')) return 'never'
  if (within(({ node }) => node)) return 'registration'
  if (within(({ node, isCall }) => `${node} ${String(isCall)}`)) return 'call'
  const values = publishes.map(({ places }) => places.get(place))
  return new Set(values).size === values.length ? 'every push' : 'what is told'
}

/** Every place at which something stands, namespaces aside, and by what it differs. */
function differencesIn(publishes: readonly Element[]): Readonly<Record<string, Difference>> {
  const all = publishes.map(placed)
  const places = new Set(all.flatMap(({ places }) => [...places.keys()]))
  const told = [...places].filter((place) => !place.endsWith(' xmlns>'))
  return Object.fromEntries(told.map((place) => [place, differenceAt(place, all)]))
}

async function twoEvenings(juliet: User, people: People): Promise<readonly Element[]> {
  await registersAll(juliet, people.pushService.jid)
  await juliet.leaves()
  return [...(await plays(quiet, people, juliet.account)), ...(await plays(eventful, people, juliet.account))]
}

/** The first table of a section of the page: first cell → second cell. */
function tableUnder(heading: string): Readonly<Record<string, string>> {
  const page = readFileSync('docs/privacy.md', 'utf8')
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const rows = [...section.matchAll(/^\| (.+?) +\| (.+?) +\|/gm)].slice(2)
  return Object.fromEntries(rows.map(([, place = '', differs = '']) => [place.replaceAll('`', ''), differs]))
}

scenario(
  'docs/privacy.md names every place of the stanza, and by what it differs',
  async ({ romeo, mercutio, benvolio, nurse, tybalt, paris, juliet, pushService }) => {
    const people = { romeo, mercutio, benvolio, nurse, tybalt, paris, pushService }
    const differences = differencesIn(await twoEvenings(juliet, people))
    expect(tableUnder('What stands in the stanza')).toEqual(differences)
    expect(Object.values(differences)).not.toContain('what is told')
  },
  options,
)

test('docs/privacy.md names what can be told from anything but the stanza', () => {
  const besides = ['when', 'how many', 'when nothing comes', 'which go together', 'that a node is over']
  expect(Object.keys(tableUnder('What it can tell besides'))).toEqual(besides)
})

scenario(
  'without padding the length tells of what there is to read, and only that: the measure sees what it is to see',
  async ({ romeo, mercutio, benvolio, nurse, tybalt, paris, juliet, pushService }) => {
    const people = { romeo, mercutio, benvolio, nurse, tybalt, paris, pushService }
    const differences = differencesIn(await twoEvenings(juliet, people))
    expect(differences['length of <encrypted>']).toBe('what is told')
    expect({ ...differences, 'length of <encrypted>': 'registration' }).toEqual(tableUnder('What stands in the stanza'))
  },
  { config: { push: { burst: 1000, padding: false } } },
)
