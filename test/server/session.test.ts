import { expect, test } from 'vitest'
import { parseJid } from '../../server/jid.js'
import { Session } from '../../server/session.js'

/** A session whose wire is asked by hand. */
function staged() {
  const questions: ((answered: boolean) => void)[] = []
  const sent: string[] = []
  const session = new Session(parseJid('juliet@localhost/test'), true, {
    send: (xml) => void sent.push(xml),
    ask: () => new Promise((resolve) => questions.push(resolve)),
    end: () => undefined,
  })
  const answer = async (answered: boolean): Promise<void> => {
    questions.shift()?.(answered)
    await Promise.resolve()
  }
  return { session, questions, sent, answer }
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

test('silence is no answer, for that question alone', async () => {
  const { session, answer } = staged()
  session.send('one')
  const first = session.answered()
  await answer(false)
  expect(await first).toBe(false)
  const again = session.answered()
  await answer(true)
  expect(await again).toBe(true)
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
