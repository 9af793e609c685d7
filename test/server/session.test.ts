import { expect, onTestFinished, test, vi } from 'vitest'
import { parseJid } from '../../server/jid.js'
import { Session } from '../../server/session.js'

/** A session whose wire is asked by hand. */
function staged() {
  const questions: ((answered: boolean) => void)[] = []
  const sent: string[] = []
  const ended: string[] = []
  const session = new Session(parseJid('juliet@localhost/test'), true, {
    send: (xml) => void sent.push(xml),
    ask: () => new Promise((resolve) => questions.push(resolve)),
    end: ({ condition }) => void ended.push(condition),
  })
  const answer = async (answered: boolean): Promise<void> => {
    questions.shift()?.(answered)
    await Promise.resolve()
  }
  return { session, questions, sent, ended, answer }
}

test('who was handed nothing has answered for everything, unasked', async () => {
  const { session, questions } = staged()
  expect(await session.answered()).toBe(true)
  expect(questions).toEqual([])
})

test('one question at a time: what was handed over after it is asked for by the next', async () => {
  const { session, questions, answer } = staged()
  session.send('one')
  const first = session.answered()
  session.send('two')
  const second = session.answered()
  expect(questions).toHaveLength(1)
  await answer(true)
  expect(await first).toBe(true)
  expect(questions).toHaveLength(1)
  expect(session.isAwaited).toBe(true)
  await answer(true)
  expect(await second).toBe(true)
  expect(session.isAwaited).toBe(false)
})

test('who keeps silent has gone: its stream ends, and what it was handed was not delivered', async () => {
  const { session, ended, answer } = staged()
  const told: boolean[] = []
  session.hand('one', (answered) => told.push(answered))
  const asked = session.answered()
  await answer(false)
  expect(ended).toEqual(['connection-timeout'])
  session.closed()
  expect(await asked).toBe(false)
  expect(told).toEqual([false])
})

test('what is handed over live is asked about together, a little later', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { session, questions, answer } = staged()
  const told: string[] = []
  const hand = (what: string): void => session.hand(what, (answered) => told.push(`${what} ${String(answered)}`))
  hand('one')
  hand('two')
  expect(questions).toHaveLength(0)
  vi.advanceTimersByTime(100)
  expect(questions).toHaveLength(1)
  hand('three')
  await answer(true)
  expect(told).toEqual(['one true', 'two true'])
  vi.advanceTimersByTime(100)
  await answer(true)
  expect(told).toEqual(['one true', 'two true', 'three true'])
})

test('who goes has not answered, and takes nothing any more', async () => {
  const { session, sent } = staged()
  session.send('one')
  const asked = session.answered()
  session.closed()
  expect(await asked).toBe(false)
  session.send('two')
  expect(sent).toEqual(['one'])
  expect(await session.answered()).toBe(false)
})
