// A command from stage to stage (XEP-0050 §2.4, §3.3, §3.4).

import { randomUUID } from 'node:crypto'
import type { Context } from '../../server/extension.js'
import type { Jid } from '../../server/jid.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { Element } from '../../server/xml.js'
import { commandError } from './errors.js'
import type { Execution, Executions } from './executions.js'
import { readGiven } from './form.js'
import type { Stage, Step } from './hooks.js'
import { canceledElement, completedElement, defaultAction, executingElement, type FormStage } from './reply.js'
import type { CommandRequest } from './request.js'

/** So many are remembered for `prev`, the first among them. */
const mostStages = 20

interface Asked {
  readonly request: CommandRequest
  readonly requester: Jid
  /** Whose command it is. */
  readonly at: Jid
}

/** @throws StanzaError `item-not-found`, `bad-action`, or what the command says */
export async function begin(asked: Asked, executions: Executions, context: Context): Promise<Element> {
  const { request, requester, at } = asked
  const { node, action } = request
  const offered = await context.hooks.fold('commands:list', [], { at, requester })
  const command = offered.find((one) => one.node === node)
  if (command === undefined) throw new StanzaError('item-not-found', 'there is no such command')
  if (action !== 'execute') throw commandError.badAction()
  const stage = accepted(await command.begin())
  const run = { node, sessionId: randomUUID() }
  if (stage.kind === 'completed') return completedElement(run, stage)
  return shown({ ...run, stages: [stage] }, { requester, executions, context })
}

/** @throws StanzaError `bad-sessionid`, `session-expired`, `bad-action`, `bad-payload`, or what the command says */
export async function goOn(
  { request, requester, sessionId }: Asked & { readonly sessionId: string },
  executions: Executions,
  context: Context,
): Promise<Element> {
  const { node, action, form } = request
  const execution = executions.find(requester.full, sessionId, context.clock.now())
  if (execution === undefined) throw isOurs(sessionId) ? commandError.sessionExpired() : commandError.badSessionId()
  if (execution.node !== node) throw commandError.badSessionId()
  const desk = { requester, executions, context }
  switch (action) {
    case 'cancel':
      executions.end(requester.full, sessionId)
      return canceledElement(execution)
    case 'prev':
      return shown(before(execution), desk)
    default: {
      const [step, current] = stepOf(execution, action)
      const stage = accepted(await step(readGiven(current.form, form)))
      if (stage.kind === 'form') return shown(after(execution, stage), desk)
      executions.end(requester.full, sessionId)
      return completedElement(execution, stage)
    }
  }
}

/** Every id that we give is one of these: one that we do not know any more is over, anything else never was. */
function isOurs(sessionId: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(sessionId)
}

interface Desk {
  readonly requester: Jid
  readonly executions: Executions
  readonly context: Context
}

/** A requester that has gone meanwhile will not come back to it. */
function shown(execution: Execution, { requester, executions, context }: Desk): Element {
  if (context.clientOf(requester) !== undefined) executions.put(requester.full, execution, context.clock.now())
  return executingElement(execution, lastOf(execution), execution.stages.length === 1)
}

function stepOf(execution: Execution, action: 'execute' | 'next' | 'complete'): readonly [Step, FormStage] {
  const stage = lastOf(execution)
  const step = stage[action === 'execute' ? defaultAction(stage) : action]
  if (step === undefined) throw commandError.badAction()
  return [step, stage]
}

/** A stage that leads to itself, because there is nothing new yet, is shown again and stands there once. */
function after(execution: Execution, stage: FormStage): Execution {
  if (lastOf(execution) === stage) return execution
  const [first, ...more] = execution.stages
  return { ...execution, stages: [first, ...more.slice(2 - mostStages), stage] }
}

function before(execution: Execution): Execution {
  const [first, ...more] = execution.stages
  if (more.length === 0) throw commandError.badAction()
  return { ...execution, stages: [first, ...more.slice(0, -1)] }
}

function lastOf({ stages }: Execution): FormStage {
  return stages.at(-1) ?? stages[0]
}

function accepted(stage: Stage): Exclude<Stage, { kind: 'refused' }> {
  if (stage.kind === 'refused') throw commandError.badPayload(stage.text)
  return stage
}
