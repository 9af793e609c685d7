// RFC 6121 §8.5: what becomes of a stanza to an account of ours, as the tables of the RFC have it: by who is there, by how it is
// addressed, and by its type.

import { expect } from 'vitest'
import { scenario, type User, xml } from '../helpers/scenario.js'
import type { Element } from '../../server/xml.js'

const types = ['normal', 'chat', 'groupchat', 'headline', 'error'] as const

/**
 * What becomes of it. `D`: the session that is addressed has it, and no other. `A`: every session has it whose priority is not
 * negative. `O`: it waits for a reader. `E`: its sender is told service-unavailable. `S`: nothing at all.
 */
type Fate = 'D' | 'A' | 'O' | 'E' | 'S'

type Address = 'bare' | 'full, there' | 'full, gone'

/** In the order of the types. */
type Fates = readonly [normal: Fate, chat: Fate, groupchat: Fate, headline: Fate, error: Fate]

interface Condition {
  readonly who: string
  /** The priority of each session; undefined for one that has sent no presence. */
  readonly sessions: readonly (number | undefined)[]
  readonly account: string
  readonly rows: Readonly<Partial<Record<Address, Fates>>>
}

const juliet = 'juliet@localhost'

const conditions: readonly Condition[] = [
  {
    who: 'an account that does not exist',
    sessions: [],
    account: 'nobody@localhost',
    rows: { bare: ['E', 'E', 'E', 'S', 'S'], 'full, gone': ['E', 'E', 'E', 'S', 'S'] },
  },
  {
    who: 'an account without a session',
    sessions: [],
    account: juliet,
    rows: { bare: ['O', 'O', 'E', 'S', 'S'], 'full, gone': ['O', 'O', 'E', 'S', 'S'] },
  },
  {
    who: 'an account with a session that is connected and not available',
    sessions: [undefined],
    account: juliet,
    rows: {
      bare: ['O', 'O', 'E', 'S', 'S'],
      'full, there': ['D', 'D', 'D', 'D', 'D'],
      'full, gone': ['O', 'O', 'E', 'S', 'S'],
    },
  },
  {
    who: 'an account with sessions of negative priority alone',
    sessions: [-1, -128],
    account: juliet,
    rows: {
      bare: ['O', 'O', 'E', 'S', 'S'],
      'full, there': ['D', 'D', 'D', 'D', 'D'],
      'full, gone': ['O', 'O', 'E', 'S', 'S'],
    },
  },
  {
    who: 'an account with one session that is not negative',
    sessions: [0],
    account: juliet,
    rows: {
      bare: ['A', 'A', 'E', 'A', 'S'],
      'full, there': ['D', 'D', 'D', 'D', 'D'],
      'full, gone': ['A', 'A', 'E', 'S', 'S'],
    },
  },
  {
    who: 'an account with several sessions, one of them negative and one not available',
    sessions: [-1, 0, 127, undefined],
    account: juliet,
    rows: {
      bare: ['A', 'A', 'E', 'A', 'S'],
      'full, there': ['D', 'D', 'D', 'D', 'D'],
      'full, gone': ['A', 'A', 'E', 'S', 'S'],
    },
  },
]

/** The account's sessions as the condition has them, in order, each with its priority; nothing unread. */
async function sessionsOf(
  user: User,
  priorities: readonly (number | undefined)[],
  server: { idle(): Promise<void> },
): Promise<readonly User[]> {
  const sessions: User[] = []
  for (const [index, priority] of priorities.entries()) {
    const session = await user.also(`session${String(index)}`)
    if (priority !== undefined) await session.sends(xml`<presence><priority>${priority}</priority></presence>`)
    sessions.push(session)
  }
  await server.idle()
  for (const session of sessions) session.forgets()
  return sessions
}

const unreadOf = (user: User): readonly Element[] => user.open[0]?.inbox.unread ?? []

/** The ids of the messages that are there, each with how it came back where it did. */
function idsIn(stanzas: readonly Element[]): readonly string[] {
  return stanzas.flatMap(({ name, attrs }) => (name === 'message' ? [String(attrs['id'])] : []))
}

function addressOf(account: string, address: Address, sessions: readonly User[]): string {
  if (address === 'bare') return account
  return address === 'full, gone' ? `${account}/gone` : (sessions[0]?.jid ?? '')
}

/** Who has it, by the places of the sessions. */
function takersOf(fate: Fate, priorities: readonly (number | undefined)[]): readonly number[] {
  if (fate === 'D') return [0]
  if (fate !== 'A') return []
  return priorities.flatMap((priority, index) => (priority !== undefined && priority >= 0 ? [index] : []))
}

for (const { who, sessions: priorities, account, rows } of conditions) {
  scenario(
    `a message to ${who} has the fate of its type (§8.5)`,
    async ({ romeo, juliet: owner, server }) => {
      const sessions = await sessionsOf(owner, priorities, server)
      const waiting: string[] = []
      for (const [address, fates] of Object.entries(rows) as [Address, Fates][]) {
        const to = addressOf(account, address, sessions)
        for (const [index, type] of types.entries()) {
          const fate = fates[index] ?? 'S'
          const id = `${address} ${type}`
          await romeo.sends(xml`<message id="${id}" to="${to}" type="${type}"><body>hist!</body></message>`)
          await server.idle()
          const takers = sessions.flatMap((session, place) => (idsIn(unreadOf(session)).includes(id) ? [place] : []))
          const answers = unreadOf(romeo).map((answer) => `${String(answer.attrs['id'])}: ${conditionOf(answer)}`)
          expect([id, takers, answers]).toEqual([
            id,
            takersOf(fate, priorities),
            fate === 'E' ? [`${id}: service-unavailable from ${to}`] : [],
          ])
          if (fate === 'O') waiting.push(id)
          for (const user of [romeo, ...sessions]) user.forgets()
        }
      }
      expect(await whatWaits(owner, server)).toEqual(waiting)
    },
    { offline: ['juliet'] },
  )
}

function conditionOf(answer: Element): string {
  const [condition] = answer.getChild('error')?.getChildElements() ?? []
  return `${condition?.name ?? 'no error'} from ${String(answer.attrs['from'])}`
}

/** What a session is handed that appears now. */
async function whatWaits(user: User, server: { idle(): Promise<void> }): Promise<readonly string[]> {
  const reader = await user.also('reader')
  await reader.sends(xml`<presence/>`)
  await server.idle()
  const ids = idsIn(unreadOf(reader))
  user.forgets()
  return ids
}

/** Who has presence: every session that is available (`all`), the one that is addressed (`one`), or nobody. */
const presenceRules = [
  { priorities: [], bare: 'nobody', there: undefined },
  { priorities: [undefined], bare: 'nobody', there: 'one' },
  { priorities: [-1, 5, undefined], bare: 'all', there: 'one' },
] as const

for (const { priorities, bare, there } of presenceRules) {
  scenario(
    `presence to an account with sessions of priority ${JSON.stringify(priorities)} reaches who is to have it, without a word to its sender (§8.5)`,
    async ({ romeo, juliet: owner, server }) => {
      const sessions = await sessionsOf(owner, priorities, server)
      const available = priorities.flatMap((priority, place) => (priority === undefined ? [] : [place]))
      const cases = [
        { to: owner.account, takers: bare === 'all' ? available : [] },
        { to: `${owner.account}/gone`, takers: [] },
        { to: 'nobody@localhost', takers: [] },
        { to: 'nobody@localhost/gone', takers: [] },
        ...(there === undefined ? [] : [{ to: sessions[0]?.jid ?? '', takers: [0] }]),
      ]
      for (const { to, takers } of cases) {
        for (const type of ['available', 'unavailable'] as const) {
          await romeo.sends(
            type === 'available' ? xml`<presence to="${to}"/>` : xml`<presence to="${to}" type="${type}"/>`,
          )
          await server.idle()
          expect([to, type, sessions.flatMap((session, place) => unreadOf(session).map(() => place))]).toEqual([
            to,
            type,
            takers,
          ])
          romeo.expectEmpty()
          for (const session of sessions) session.forgets()
        }
      }
    },
    { offline: ['juliet'] },
  )
}

const unknown = xml`<query xmlns="urn:example:nobody-knows"/>`

const iqCases: readonly (readonly [to: string, what: string])[] = [
  ['nobody@localhost', 'an account that does not exist'],
  ['nobody@localhost/gone', 'a resource of an account that does not exist'],
  [`${juliet}/gone`, 'a resource that is gone'],
  [juliet, 'an account, of a kind that the server does not know'],
  ['localhost', 'the server, of a kind that it does not know'],
  ['localhost/any', 'a resource of the server, of a kind that it does not know'],
]

for (const [to, what] of iqCases) {
  scenario(
    `an iq to ${what} is answered with service-unavailable, and an answer to it with nothing (§8.5)`,
    async ({ romeo, juliet: owner }) => {
      await owner.sends(xml`<presence/>`)
      await owner.next()
      for (const type of ['get', 'set']) {
        await expect(romeo.asks(xml`<iq type="${type}" to="${to}">${unknown}</iq>`)).rejects.toMatchObject({
          condition: 'service-unavailable',
        })
      }
      await romeo.sends(xml`<iq type="result" id="r" to="${to}"/>`)
      await romeo.sends(
        xml`<iq type="error" id="e" to="${to}"><error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`,
      )
      await romeo.receivesNothing()
      await owner.receivesNothing()
    },
  )
}

for (const type of ['get', 'set', 'result', 'error']) {
  scenario(
    `an iq of type ${type} to a session that is there reaches it and no other, available or not (§8.5.3.1)`,
    async ({ romeo, juliet: owner, server }) => {
      const other = await owner.also('other')
      await romeo.sends(xml`<iq type="${type}" id="1" to="${owner.jid}">${unknown}</iq>`)
      await owner.receives(xml`<iq type="${type}" id="1" from="${romeo.jid}" to="${owner.jid}">${unknown}</iq>`)
      await server.idle()
      other.expectEmpty()
      romeo.forgets()
    },
  )
}

scenario('presence to the server itself is dropped, and a message to it is refused (§8.3)', async ({ romeo }) => {
  for (const to of ['localhost', 'localhost/any']) {
    await romeo.sends(xml`<presence to="${to}"/>`)
    await romeo.sends(xml`<presence to="${to}" type="unavailable"/>`)
    await romeo.receivesNothing()
    await romeo.sends(xml`<message to="${to}" type="error"><body>hist!</body></message>`)
    await romeo.receivesNothing()
    await romeo.sends(xml`<message to="${to}" id="m"><body>hist!</body></message>`)
    expect(conditionOf(await romeo.next())).toBe(`service-unavailable from ${to}`)
  }
})

scenario('an iq without `to` is answered in the name of the own account (§8.1)', async ({ romeo }) => {
  const answer = await romeo.asks(xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`)
  expect(answer.attrs['from'] ?? romeo.account).toBe(romeo.account)
  await expect(romeo.asks(xml`<iq type="get">${unknown}</iq>`)).rejects.toMatchObject({
    condition: 'service-unavailable',
  })
})

scenario(
  'a thread and everything that the server does not know passes untouched (§5.2.5, §6)',
  async ({ romeo, juliet: owner }) => {
    const inside = xml`<message to="${owner.jid}" type="headline" id="t" xml:lang="it"><subject>a</subject><subject xml:lang="en">b</subject><body>c</body><body xml:lang="en">d</body><thread parent="e0ffe42b28561960c6b12b944a092794b9683a38">0e3141cd80894871a68e6fe6b1ec56fa</thread><x xmlns="urn:example:unknown"><y/></x></message>`
    await romeo.sends(inside)
    inside.attrs['from'] = romeo.jid
    await owner.receives(inside)
  },
)

scenario(
  'a delay in the name of the server or of the account is removed, one of somebody else stays',
  async ({ romeo, juliet: owner }) => {
    const delay = (from: string): Element =>
      xml`<delay xmlns="urn:xmpp:delay" from="${from}" stamp="2026-01-01T00:00:00Z"/>`
    const forged = [delay('localhost'), delay('LocalHost'), delay(owner.account)]
    const others = [delay('push.localhost'), delay(romeo.jid), delay(owner.jid), delay('@')]
    const without = xml`<delay xmlns="urn:xmpp:delay" stamp="2026-01-01T00:00:00Z"/>`
    await romeo.sends(
      xml`<message to="${owner.jid}" type="headline"><body>hist!</body>${[...forged, ...others, without]}</message>`,
    )
    await owner.receives(
      xml`<message from="${romeo.jid}" to="${owner.jid}" type="headline"><body>hist!</body>${[...others, without]}</message>`,
    )
  },
)
