// PepStore as plainly as it can be said, and a play of random calls in which the store has to agree with it, to the byte.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NodeConfig, type PepItem, type PepLimits, type PepStore, sizeOf } from '../../../storage/pep.js'
import { credentials, juliet, nodeConfig, type Open, pepItemOf } from './samples.js'

const limits: PepLimits = { nodes: 3, items: 4, bytes: 1000 }

interface ModelNode {
  readonly config: NodeConfig
  /** Newest first. */
  readonly items: readonly PepItem[]
}

type Nodes = ReadonlyMap<string, ModelNode>

const kept = ({ config, items }: ModelNode): ModelNode => {
  const most = config.maxItems === 'max' ? limits.items : Math.min(config.maxItems, limits.items)
  return { config, items: items.slice(0, most) }
}

const bytesOf = (nodes: Nodes): number =>
  [...nodes.values()].flatMap(({ items }) => items).reduce((sum, item) => sum + sizeOf(item), 0)

class Model {
  nodes: Nodes = new Map()

  put(node: string, found: ModelNode): void {
    this.nodes = new Map(this.nodes).set(node, kept(found))
  }

  publish(node: string, item: PepItem, config: NodeConfig): 'published' | 'full' {
    const before = this.nodes
    const { items, config: valid } = before.get(node) ?? { items: [], config }
    const others = items.filter(({ id }) => id !== item.id)
    this.put(node, { config: valid, items: valid.persistItems ? [item, ...others] : items })
    const fits = bytesOf(this.nodes) <= limits.bytes || !valid.persistItems
    if (fits && this.nodes.size <= limits.nodes) return 'published'
    this.nodes = before
    return 'full'
  }

  change(node: string, changed: (found: ModelNode) => ModelNode | undefined): boolean {
    const found = this.nodes.get(node)
    if (found === undefined) return false
    const after = changed(found)
    if (after !== undefined) this.put(node, after)
    else this.nodes = new Map([...this.nodes].filter(([name]) => name !== node))
    return true
  }

  retract(node: string, item: string): boolean {
    const there = this.nodes.get(node)?.items.some(({ id }) => id === item) ?? false
    this.change(node, ({ config, items }) => ({ config, items: items.filter(({ id }) => id !== item) }))
    return there
  }
}

interface Play {
  readonly model: Model
  readonly pep: PepStore
}

type Move = (play: Play) => Promise<void>

const NODES = ['a', 'b', 'c', 'd'] as const
const node = fc.constantFrom(...NODES)
const id = fc.constantFrom('1', '2', 'é', '\u{1F98A}', '5')
const config = fc
  .record({ maxItems: fc.constantFrom(1, 2, 3, 9, 'max' as const), persistItems: fc.boolean() })
  .map((some) => nodeConfig(some))
const item = fc.tuple(id, fc.integer({ min: 50, max: 500 })).map(([name, bytes]) => pepItemOf(name, bytes))

// Several at a time, so that they meet in one transaction.
const publishes = fc
  .array(fc.tuple(node, item, config), { minLength: 1, maxLength: 5 })
  .map((calls): Move => async ({ model, pep }) => {
    const answers = calls.map(([name, one, made]) => pep.publish(juliet, name, one, made, limits))
    const expected = calls.map(([name, one, made]) => model.publish(name, one, made))
    expect(await Promise.all(answers)).toEqual(expected)
  })

const configures = fc.tuple(node, config).map(([name, made]): Move => async ({ model, pep }) => {
  const expected = model.change(name, ({ items }) => ({ config: made, items }))
  expect(await pep.configure(juliet, name, made, limits)).toBe(expected)
})

const retracts = fc.tuple(node, id).map(([name, one]): Move => async ({ model, pep }) => {
  expect(await pep.retract(juliet, name, one)).toBe(model.retract(name, one))
})

const purges = node.map((name): Move => async ({ model, pep }) => {
  expect(await pep.purge(juliet, name)).toBe(model.change(name, ({ config }) => ({ config, items: [] })))
})

const deletes = node.map((name): Move => async ({ model, pep }) => {
  expect(await pep.delete(juliet, name)).toBe(model.change(name, () => undefined))
})

const moves = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: publishes },
    ...[configures, retracts, purges, deletes].map((arbitrary) => ({ weight: 1, arbitrary })),
  ),
  { maxLength: 25 },
)

const agree = async ({ model, pep }: Play): Promise<void> => {
  const names = [...model.nodes.keys()].toSorted()
  expect((await pep.nodes(juliet)).map(({ node }) => node)).toEqual(names)
  for (const [name, { items }] of model.nodes) {
    expect(await pep.items(juliet, name, {})).toStrictEqual({ items, total: items.length })
  }
}

const play = async (open: Open, list: readonly Move[]): Promise<void> => {
  const storage = await open()
  try {
    await storage.stores.accounts.create(juliet, credentials(1))
    const game = { model: new Model(), pep: storage.stores.pep }
    for (const move of list) {
      await move(game)
      await agree(game)
    }
  } finally {
    await storage.close()
  }
}

export const describePepModel = (open: Open, runs: number): void => {
  describe('pep, played at random', () => {
    test('the store holds what plain lists would hold, and refuses what they would', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(moves, (list) => play(open, list)),
        { numRuns: runs },
      )
    })
  })
}
