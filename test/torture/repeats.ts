// What must not come twice: an item that was answered, but around a kill; an IV under one key, never. Pure.

import type { Ledger } from './ledger.js'

/** A debt is off the disk so long after its answer was read, at the latest. Milliseconds. */
const settledMs = 1000

export interface Repeats {
  /** Answered, and published once more in a later life: allowed where the kill came before the answer was on the disk. */
  readonly aroundKills: number
  readonly faults: readonly string[]
}

export function repeatsIn(ledger: Ledger): Repeats {
  const { publishes, kills } = ledger
  const faults: string[] = []
  let aroundKills = 0
  for (const attempts of groups(publishes, ({ item }) => item).values()) {
    for (const [index, again] of attempts.entries()) {
      const before = attempts[index - 1]
      if (before?.answer?.kind !== 'result') continue
      const killed = kills.get(before.life) ?? Infinity
      const read = before.answer.read ?? Infinity
      const isExcused = before.life === again.life ? again.at < read : killed - read < settledMs
      if (before.life !== again.life) aroundKills += 1
      if (!isExcused)
        faults.push(
          `the item ${again.item} for ${again.registration.node} was answered in life ${before.life} and came again in life ${again.life}`,
        )
    }
  }
  return { aroundKills, faults: [...faults, ...differing(ledger)] }
}

/** An item is one push of one registration, however often it comes, and a push has one item. */
function differing(ledger: Ledger): readonly string[] {
  const items = groups(ledger.publishes, ({ item }) => item)
  const told = [...items].flatMap(([item, attempts]) => {
    const what = new Set(attempts.map(({ registration, unread }) => `${registration.node} ${unread}`))
    const ids = new Set(attempts.flatMap(({ id }) => id ?? []))
    return what.size > 1 || ids.size > 1
      ? `the item ${item} told different things: ${[...what, ...ids].join(', ')}`
      : []
  })
  const identified = ledger.publishes.filter(({ id }) => id !== undefined)
  const pushes = groups(identified, ({ registration, id }) => `${registration.node} ${String(id)}`)
  const renamed = [...pushes].flatMap(([push, attempts]) =>
    new Set(attempts.map(({ item }) => item)).size > 1 ? `one push came under several items: ${push}` : [],
  )
  return [...told, ...renamed]
}

export interface Ivs {
  readonly count: number
  readonly faults: readonly string[]
}

export function ivsIn({ publishes }: Ledger): Ivs {
  const used = groups(
    publishes.flatMap(({ seal }) => seal ?? []),
    ({ key, iv }) => `${key} ${iv}`,
  )
  const twice = [...used.values()].flatMap((uses) => (uses.length > 1 ? uses[0]?.iv : []))
  return {
    count: publishes.filter(({ seal }) => seal !== undefined).length,
    faults: twice.map((iv) => `the IV ${String(iv)} was used more than once under one key`),
  }
}

function groups<T>(list: readonly T[], nameOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const one of list) {
    const name = nameOf(one)
    const others = found.get(name)
    if (others === undefined) found.set(name, [one])
    else others.push(one)
  }
  return found
}
