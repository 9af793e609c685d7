// The runs of commands that are kept: none for longer than it can be gone on with.

import { runInNewContext } from 'node:vm'
import { setFlagsFromString } from 'node:v8'
import { expect, test } from 'vitest'
import { Executions } from '../../extensions/commands/executions.js'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Puts a run there, and gives what tells whether it is still held. */
function putRun(executions: Executions, requester: string, sessionId: string, now: number): WeakRef<object> {
  const stage = { kind: 'form', form: { title: 't', instructions: 'i', fields: [] } } as const
  executions.put(requester, { sessionId, node: 'n', stages: [stage] }, now)
  return new WeakRef(stage)
}

/** What a turn has looked at lives until it ends. */
async function held(...runs: readonly WeakRef<object>[]): Promise<readonly boolean[]> {
  await new Promise(setImmediate)
  collectGarbage()
  return runs.map((run) => run.deref() !== undefined)
}

const lifetimeMs = 600_000

test('a run that is over is let go when the next one comes, whosever that is', async () => {
  const executions = new Executions()
  const old = putRun(executions, 'juliet@localhost/a', '1', 0)
  const young = putRun(executions, 'juliet@localhost/a', '2', 1)
  const others = putRun(executions, 'nurse@localhost/a', '3', 1)
  expect(await held(old, young, others)).toEqual([true, true, true])
  executions.put('romeo@localhost/a', { sessionId: '4', node: 'n', stages: [{ kind: 'form', form }] }, lifetimeMs)
  expect(await held(old, young, others)).toEqual([false, true, true])
  executions.put('juliet@localhost/a', { sessionId: '5', node: 'n', stages: [{ kind: 'form', form }] }, lifetimeMs + 1)
  expect(await held(young, others)).toEqual([false, false])
  expect(executions.find('romeo@localhost/a', '4', lifetimeMs + 1)?.sessionId).toBe('4')
})

const form = { title: 't', instructions: 'i', fields: [] }
