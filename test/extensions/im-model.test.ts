// Random sequences of roster, presence, subscription and block actions by three people at two sessions each, on one server: after
// each action rosters, what each session has seen of the others, and what passed between them are what the model says.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { extensionsOf } from '../../extensions/index.js'
import { configFromOptions } from '../../server/config.js'
import { Assembly } from '../../server/server.js'
import { deriveCredentials } from '../../server/scram-keys.js'
import { attr, type Element } from '../../server/xml.js'
import type { Credentials } from '../../storage/accounts.js'
import type { Storage } from '../../storage/storage.js'
import { openSqlite } from '../../storage/sqlite/index.js'
import { ImModel, type Person } from '../helpers/im-model.js'
import { RecordedLog } from '../helpers/log.js'
import { RawClient } from '../helpers/raw-client.js'
import { states } from '../helpers/subscription-tables.js'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 })

const sequences = Number(process.env['IM_RUNS'] ?? 1000)
const people = ['a', 'b', 'c'] as const
const answers = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const
const kinds = [
  'add',
  'remove',
  'block',
  'unblock',
  'unblock-all',
  'message',
  'available',
  'unavailable',
  ...answers,
] as const

interface Action {
  readonly kind: (typeof kinds)[number]
  readonly who: Person
  readonly whom: Person
  readonly session: 0 | 1
}

/** What is done at once: one action, or two that do not touch each other. */
type Step = readonly Action[]

const pairs = people.flatMap((who) => people.filter((whom) => whom !== who).map((whom) => [who, whom] as const))

const weights: Readonly<Partial<Record<Action['kind'], number>>> = { available: 6, block: 4, unblock: 5 }

const anyAction: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.oneof(...kinds.map((kind) => ({ arbitrary: fc.constant(kind), weight: weights[kind] ?? 2 }))),
    fc.constantFrom(...pairs),
    fc.constantFrom(0 as const, 1 as const),
  )
  .map(([kind, [who, whom], session]) => [[{ kind, who, whom, session }]])

/** Both grant what the other asks for next: by chance alone few would ever see each other. */
const friendship: fc.Arbitrary<readonly Step[]> = fc.constantFrom(...pairs).map(([one, other]) =>
  (['subscribed', 'subscribe'] as const).map((kind) => [
    { kind, who: one, whom: other, session: 0 },
    { kind, who: other, whom: one, session: 0 },
  ]),
)

const sessions = people.flatMap((who) => ([0, 1] as const).map((session) => ({ who, session })))

/** Some of all sessions appear. */
const entrance: fc.Arbitrary<Step> = fc
  .subarray(sessions, { minLength: 2 })
  .map((some) => some.map((one) => ({ kind: 'available', whom: one.who, ...one })))

const steps: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    friendship,
    entrance,
    fc.array(fc.oneof({ arbitrary: anyAction, weight: 8 }, { arbitrary: friendship, weight: 1 }), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([friends, entered, moves]) => [...friends, entered, ...moves.flat()])

let server: Assembly
let storage: Storage
let credentials: Credentials
const log = new RecordedLog()
let played = 0

beforeAll(async () => {
  const config = configFromOptions({ domain: 'localhost', port: 0, data: ':memory:' })
  storage = await openSqlite(config.data)
  credentials = await deriveCredentials('password')
  server = new Assembly({ config, storage, extensions: extensionsOf(config), log, clock: Date })
  await server.start()
})

afterAll(() => server.stop())

/** A session as its client sees the world. */
class Watcher {
  readonly person: Person
  readonly #client: RawClient
  /** Who is available, as far as it was told: full JIDs. */
  readonly #there = new Set<string>()
  isAvailable = false

  constructor(person: Person, client: RawClient) {
    this.person = person
    this.#client = client
  }

  say(xml: string): void {
    this.#client.send(xml)
  }

  /** Asks the server something, and gives what has come until its answer. */
  async hears(): Promise<readonly Element[]> {
    const heard: Element[] = []
    this.say('<iq xmlns="jabber:client" type="get" id="ping" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>')
    for (;;) {
      const stanza = await this.#client.next()
      if (stanza.name === 'iq' && attr(stanza, 'id') === 'ping') return heard
      if (stanza.name === 'presence') this.#learn(stanza)
      heard.push(stanza)
    }
  }

  sees(account: string): readonly string[] {
    return [...this.#there].filter((jid) => jid.startsWith(`${account}/`)).sort()
  }

  /** As clients do of whom they have blocked. Without an account: of everybody. */
  forgets(account = ''): void {
    for (const jid of this.#there) if (jid.startsWith(account)) this.#there.delete(jid)
  }

  leaves(): void {
    this.#client.leaves()
  }

  #learn(presence: Element): void {
    const from = attr(presence, 'from') ?? ''
    const type = attr(presence, 'type')
    if (type === undefined) this.#there.add(from)
    else if (type === 'unavailable') this.forgets(from.includes('/') ? from : `${from}/`)
  }
}

/** Three people of whom nobody has heard before. */
class Play {
  readonly #model = new ImModel()
  readonly #number: number
  readonly #watchers: Readonly<Record<Person, readonly [Watcher, Watcher]>>

  private constructor(number: number, watchers: Readonly<Record<Person, readonly [Watcher, Watcher]>>) {
    this.#number = number
    this.#watchers = watchers
  }

  static async begins(): Promise<Play> {
    played += 1
    const number = played
    const enter = async (person: Person): Promise<readonly [Watcher, Watcher]> => {
      await storage.stores.accounts.create(`${person}${number}@localhost`, credentials)
      return Promise.all([watcher(person, number, 0), watcher(person, number, 1)])
    }
    const [a, b, c] = await Promise.all([enter('a'), enter('b'), enter('c')])
    return new Play(number, { a, b, c })
  }

  /** Acts, and compares the server with the model. */
  async acts(step: Step): Promise<void> {
    for (const action of step) this.#act(action)
    const heard = await this.#settle()
    for (const action of step) this.#learn(action)
    this.#nothingPassed(heard, step)
    for (const action of step) if (action.kind === 'message') this.#messageCame(heard, action)
    await this.#rostersAgree()
    this.#presenceIsSeen()
  }

  ends(): void {
    for (const watcher of this.#all()) watcher.leaves()
  }

  #act({ kind, who, whom, session }: Action): void {
    const speaker = this.#watchers[who][session]
    const to = this.#account(whom)
    const set = (xml: string): void => speaker.say(`<iq xmlns="jabber:client" type="set" id="set">${xml}</iq>`)
    const item = `<item jid="${to}"/>`
    switch (kind) {
      case 'add':
        return set(`<query xmlns="jabber:iq:roster">${item}</query>`)
      case 'remove':
        return set(`<query xmlns="jabber:iq:roster"><item jid="${to}" subscription="remove"/></query>`)
      case 'block':
        return set(`<block xmlns="urn:xmpp:blocking">${item}</block>`)
      case 'unblock':
        return set(`<unblock xmlns="urn:xmpp:blocking">${item}</unblock>`)
      case 'unblock-all':
        return set('<unblock xmlns="urn:xmpp:blocking"/>')
      case 'message':
        return speaker.say(`<message xmlns="jabber:client" to="${to}" type="chat" id="m"><body>x</body></message>`)
      case 'available':
        return speaker.say('<presence xmlns="jabber:client"/>')
      case 'unavailable':
        return speaker.say('<presence xmlns="jabber:client" type="unavailable"/>')
      default:
        return speaker.say(`<presence xmlns="jabber:client" to="${to}" type="${kind}"/>`)
    }
  }

  #learn({ kind, who, whom, session }: Action): void {
    const speaker = this.#watchers[who][session]
    switch (kind) {
      case 'add':
        return this.#model.add(who, whom)
      case 'remove':
        return this.#model.remove(who, whom)
      case 'block':
        for (const watcher of this.#watchers[who]) watcher.forgets(`${this.#account(whom)}/`)
        return this.#model.block(who, whom)
      case 'unblock':
        return this.#model.unblock(who, whom)
      case 'unblock-all':
        return people.forEach((person) => this.#model.unblock(who, person))
      case 'message':
        return
      case 'available':
        speaker.isAvailable = true
        return
      case 'unavailable':
        speaker.isAvailable = false
        return speaker.forgets()
      default:
        return this.#model.says(who, whom, kind)
    }
  }

  async #settle(): Promise<ReadonlyMap<Watcher, readonly Element[]>> {
    const before = await this.#hear()
    await server.idle()
    const after = await this.#hear()
    return new Map(this.#all().map((watcher, at) => [watcher, [...(before[at] ?? []), ...(after[at] ?? [])]]))
  }

  #hear(): Promise<readonly (readonly Element[])[]> {
    return Promise.all(this.#all().map((watcher) => watcher.hears()))
  }

  /** Between two of whom one has blocked the other nothing passes but the server's refusals, and the one farewell. */
  #nothingPassed(heard: ReadonlyMap<Watcher, readonly Element[]>, step: Step): void {
    for (const [watcher, stanzas] of heard) {
      const passed = stanzas.filter((stanza) => {
        const from = people.find((person) => attr(stanza, 'from')?.startsWith(this.#account(person)) === true)
        if (from === undefined || from === watcher.person || !this.#model.areApart(from, watcher.person)) return false
        const isFarewell = step.some(
          ({ kind, who, whom }) => kind === 'block' && who === from && whom === watcher.person,
        )
        return attr(stanza, 'type') !== 'error' && !(isFarewell && attr(stanza, 'type') === 'unavailable')
      })
      expect(passed.map(String), `what ${watcher.person} was not to hear`).toEqual([])
    }
  }

  #messageCame(heard: ReadonlyMap<Watcher, readonly Element[]>, { who, whom, session }: Action): void {
    const came = (watcher: Watcher, type: string): boolean =>
      heard.get(watcher)?.some((stanza) => stanza.name === 'message' && attr(stanza, 'type') === type) === true
    const apart = this.#model.areApart(who, whom)
    expect(came(this.#watchers[who][session], 'error'), 'the message was refused').toBe(apart)
    const readers = this.#watchers[whom]
    expect(readers.map((reader) => came(reader, 'chat'))).toEqual(readers.map((reader) => reader.isAvailable && !apart))
  }

  async #rostersAgree(): Promise<void> {
    const rosters = await Promise.all(people.map((person) => storage.stores.roster.items(this.#account(person))))
    const actual = pairs.map(([owner, contact]) => {
      const items = rosters[people.indexOf(owner)] ?? []
      const item = items.find((one) => one.contact === this.#account(contact))
      const to = item?.subscription === 'to' || item?.subscription === 'both'
      const from = item?.subscription === 'from' || item?.subscription === 'both'
      const pending = { pendingOut: item?.ask === true, pendingIn: item?.request !== undefined }
      const listed = item?.listed === true
      return { owner, contact, to, from, ...pending, approved: item?.approved === true, listed }
    })
    const expected = pairs.map(([owner, contact]) => {
      const { state, approved, listed } = this.#model.item(owner, contact)
      return { owner, contact, ...states[state], approved, listed }
    })
    expect(actual).toEqual(expected)
    const contradicting = actual.filter(({ owner, contact, to }) => {
      const other = actual.find((one) => one.owner === contact && one.contact === owner)
      return other?.from !== to
    })
    expect(contradicting).toEqual([])
  }

  /** Who is available is told of everybody whom they may see, and of nobody else. */
  #presenceIsSeen(): void {
    for (const [viewer, seen] of pairs) {
      const account = this.#account(seen)
      const there = this.#watchers[seen].flatMap(({ isAvailable }, at) => (isAvailable ? [`${account}/${at}`] : []))
      const expected = this.#model.maySee(viewer, seen) ? there : []
      for (const watcher of this.#watchers[viewer].filter(({ isAvailable }) => isAvailable)) {
        expect(watcher.sees(account), `what ${viewer} sees of ${seen}`).toEqual(expected)
      }
    }
  }

  #account(person: Person): string {
    return `${person}${this.#number}@localhost`
  }

  #all(): readonly Watcher[] {
    return people.flatMap((person) => this.#watchers[person])
  }
}

async function watcher(person: Person, number: number, session: number): Promise<Watcher> {
  const client = await RawClient.connect(server.url)
  await client.logsIn(`${person}${number}`, 'password', String(session))
  return new Watcher(person, client)
}

test('rosters, presence and blocks are what the model says after any sequence of actions', async () => {
  const run = fc.asyncProperty(steps, async (sequence) => {
    const play = await Play.begins()
    try {
      for (const step of sequence) await play.acts(step)
    } finally {
      play.ends()
    }
  })
  await fc.assert(run, { numRuns: sequences })
  expect(log.problems()).toEqual([])
})
