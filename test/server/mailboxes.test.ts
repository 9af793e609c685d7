import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Mailboxes } from '../../server/mailboxes.js'

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

test('work that needs no waiting runs at once, and gives its value itself', () => {
  expect(new Mailboxes().run('a', 'shared', () => 7)).toBe(7)
})

test('what throws holds up nobody', async () => {
  const mailboxes = new Mailboxes()
  expect(() =>
    mailboxes.run('a', 'exclusive', () => {
      throw new Error('no')
    }),
  ).toThrow('no')
  await expect(mailboxes.run('a', 'exclusive', () => Promise.reject(new Error('later')))).rejects.toThrow('later')
  expect(mailboxes.run('a', 'exclusive', () => 'next')).toBe('next')
})

test('what throws in its turn fails its own caller, not the one before it', async () => {
  const mailboxes = new Mailboxes()
  const before = gate()
  const first = mailboxes.run('a', 'exclusive', () => before.opened)
  const second = mailboxes.run('a', 'shared', () => {
    throw new Error('no')
  })
  const third = mailboxes.run('a', 'shared', () => 'next')
  before.open()
  await expect(first).resolves.toBeUndefined()
  await expect(second).rejects.toThrow('no')
  expect(await third).toBe('next')
})

test('handing over waits for what is being kept, and what comes then waits for handing over', async () => {
  const mailboxes = new Mailboxes()
  const said: string[] = []
  const keeping = gate()
  const handing = gate()
  const all = [
    mailboxes.run('a', 'shared', () => keeping.opened.then(() => said.push('kept'))),
    mailboxes.run('a', 'exclusive', () => handing.opened.then(() => said.push('handed'))),
    mailboxes.run('a', 'shared', () => said.push('came')),
  ]
  expect(mailboxes.run('b', 'shared', () => 'elsewhere')).toBe('elsewhere')
  handing.open()
  keeping.open()
  await Promise.all(all.map((one) => Promise.resolve(one)))
  expect(said).toEqual(['kept', 'handed', 'came'])
})

test('whatever is asked for in whatever order: exclusive work is alone, everything starts in order, everything ends', async () => {
  const modes = fc.array(
    fc.record({ mode: fc.constantFrom('shared', 'exclusive'), ticks: fc.integer({ min: 0, max: 4 }) }),
    { maxLength: 25 },
  )
  await fc.assert(
    fc.asyncProperty(modes, async (list) => {
      const mailboxes = new Mailboxes()
      const started: number[] = []
      const running = new Set<number>()
      await Promise.all(
        list.map(async ({ mode, ticks }, index) => {
          await mailboxes.run('a', mode === 'shared' ? 'shared' : 'exclusive', async () => {
            started.push(index)
            running.add(index)
            if (mode === 'exclusive') expect(running.size).toBe(1)
            for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
            if (mode === 'exclusive') expect(running.size).toBe(1)
            running.delete(index)
          })
        }),
      )
      expect(started).toEqual(list.map((_, index) => index))
    }),
  )
})
