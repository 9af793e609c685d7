// Whatever an owner does to a node, what can be read is what a list in memory would hold.

import fc from 'fast-check'
import { expect } from 'vitest'
import { asking, configuring, expectRefused, itemsOf, OWNER, publishing, PUBSUB, tune } from '../helpers/pep.js'
import { Refusal, scenario, type User } from '../helpers/scenario.js'

type Step =
  | { readonly kind: 'publish'; readonly id: string }
  | { readonly kind: 'retract'; readonly id: string }
  | { readonly kind: 'keep'; readonly items: number }
  | { readonly kind: 'purge' | 'delete' }

/** Undefined: there is no such node. */
type Model = { readonly items: readonly string[]; readonly most: number } | undefined

const id = fc.constantFrom('a', 'b', 'c', 'd')

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: id.map((id): Step => ({ kind: 'publish', id })) },
  { weight: 2, arbitrary: id.map((id): Step => ({ kind: 'retract', id })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 4 }).map((items): Step => ({ kind: 'keep', items })) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'purge' }, { kind: 'delete' }) },
)

/** What the node holds after the step; 'refused' when the step is one that cannot be. */
function after(model: Model, step: Step): Model | 'refused' {
  if (step.kind === 'publish') {
    const { items, most } = model ?? { items: [], most: 1 }
    return { items: [...items.filter((item) => item !== step.id), step.id].slice(-most), most }
  }
  if (model === undefined) return 'refused'
  switch (step.kind) {
    case 'retract':
      return model.items.includes(step.id)
        ? { ...model, items: model.items.filter((item) => item !== step.id) }
        : 'refused'
    case 'keep':
      return { items: model.items.slice(-step.items), most: step.items }
    case 'purge':
      return { ...model, items: [] }
    case 'delete':
      return undefined
  }
}

async function takes(juliet: User, node: string, step: Step): Promise<'done' | 'refused'> {
  try {
    await juliet.asks(question(node, step))
    return 'done'
  } catch (reason) {
    if (reason instanceof Refusal && reason.condition === 'item-not-found') return 'refused'
    throw reason
  }
}

function question(node: string, step: Step) {
  switch (step.kind) {
    case 'publish':
      return publishing({ node, id: step.id, payload: tune(step.id) })
    case 'retract':
      return asking('set', PUBSUB, `<retract node="${node}"><item id="${step.id}"/></retract>`)
    case 'keep':
      return configuring(node, { max_items: String(step.items) })
    case 'purge':
    case 'delete':
      return asking('set', OWNER, `<${step.kind} node="${node}"/>`)
  }
}

scenario('after any sequence of changes, a node holds the items that it should, in order', async ({ juliet }) => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const node = `urn:example:${(run += 1)}`
      let model: Model
      for (const step of steps) {
        const expected = after(model, step)
        expect(await takes(juliet, node, step)).toBe(expected === 'refused' ? 'refused' : 'done')
        if (expected !== 'refused') model = expected
      }
      if (model === undefined) await expectRefused(itemsOf(juliet, node), 'item-not-found')
      else expect(await itemsOf(juliet, node)).toEqual(model.items)
    }),
    { numRuns: 60 },
  )
})
