// Where a command stands, as XML (XEP-0050 §4.1).

import { el, type Element } from '../../server/xml.js'
import { NS } from './errors.js'
import { formElement, tableElement } from './form.js'
import type { CommandNote, Stage } from './hooks.js'

export type FormStage = Extract<Stage, { kind: 'form' }>
export type CompletedStage = Extract<Stage, { kind: 'completed' }>

/** How a command is named: of whom, and which run of it. */
interface Run {
  readonly node: string
  readonly sessionId: string
}

/** @param isFirst there is no stage before it to go back to */
export function executingElement(run: Run, stage: FormStage, isFirst: boolean): Element {
  const actions = el(
    'actions',
    { execute: defaultAction(stage) },
    !isFirst && el('prev'),
    stage.next !== undefined && el('next'),
    stage.complete !== undefined && el('complete'),
  )
  return commandElement(run, 'executing', actions, formElement(stage.form), ...notes(stage.notes))
}

export function completedElement(run: Run, { table, notes: said }: CompletedStage): Element {
  return commandElement(run, 'completed', table !== undefined && tableElement(table), ...notes(said))
}

export function canceledElement(run: Run): Element {
  return commandElement(run, 'canceled')
}

/** What `execute` means at this stage (§3.4). */
export function defaultAction({ next }: FormStage): 'next' | 'complete' {
  return next === undefined ? 'complete' : 'next'
}

/** All that is said to a person is in English, and says so (§3.6). */
function commandElement(
  { node, sessionId }: Run,
  status: 'executing' | 'completed' | 'canceled',
  ...inside: readonly (Element | false)[]
): Element {
  return el('command', { xmlns: NS, 'xml:lang': 'en', node, sessionid: sessionId, status }, ...inside)
}

function notes(said: readonly CommandNote[] = []): readonly Element[] {
  return said.map(({ type, text }) => el('note', { type }, text))
}
