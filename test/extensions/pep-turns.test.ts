// Changes of one account take turns.

import { expect, test } from 'vitest'
import { Turns } from '../../extensions/pep/turns.js'

function held(): { readonly until: Promise<void>; readonly release: () => void } {
  let release = (): void => undefined
  const until = new Promise<void>((resolve) => {
    release = resolve
  })
  return { until, release: () => release() }
}

test('work of one account waits for what came before it, and of another does not', async () => {
  const turns = new Turns()
  const done: string[] = []
  const { until, release } = held()
  const first = turns.take('juliet', async () => {
    await until
    done.push('first')
  })
  const second = turns.take('juliet', () => Promise.resolve(done.push('second')))
  await turns.take('romeo', () => Promise.resolve(done.push('other')))
  release()
  await Promise.all([first, second])
  expect(done).toEqual(['other', 'first', 'second'])
})

test('work that fails fails its own caller, and holds up nobody', async () => {
  const turns = new Turns()
  const failing = turns.take('juliet', () => Promise.reject(new Error('broken')))
  const next = turns.take('juliet', () => Promise.resolve('done'))
  await expect(failing).rejects.toThrow('broken')
  await expect(next).resolves.toBe('done')
})
