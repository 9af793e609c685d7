import { expect, test } from 'vitest'
import { Lanes } from '../../server/lanes.js'

test('work of one lane runs in order, and another lane does not wait for it', async () => {
  const lanes = new Lanes()
  const said: string[] = []
  let open = (): void => undefined
  const slow = new Promise<void>((resolve) => (open = resolve))
  const first = lanes.run('a', () => slow.then(() => void said.push('first')))
  const second = lanes.run('a', () => void said.push('second'))
  expect(lanes.run('b', () => void said.push('elsewhere'))).toBeUndefined()
  open()
  await Promise.all([first, second])
  expect(said).toEqual(['elsewhere', 'first', 'second'])
  expect(lanes.run('a', () => void said.push('third'))).toBeUndefined()
  expect(said.at(-1)).toBe('third')
})

test('what fails fails its own caller, and the lane goes on', async () => {
  const lanes = new Lanes()
  const first = lanes.run('a', () => Promise.reject(new Error('no')))
  const second = lanes.run('a', () => 'next')
  await expect(first).rejects.toThrow('no')
  expect(await second).toBe('next')
  expect(() =>
    lanes.run('a', () => {
      throw new Error('at once')
    }),
  ).toThrow('at once')
  expect(lanes.run('a', () => 'later')).toBe('later')
})
