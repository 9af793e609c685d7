// From XML to what is asked of a command (XEP-0050 §4.1).

import { StanzaError } from '../../server/stanza-error.js'
import { attr, child, type Element } from '../../server/xml.js'
import { commandError } from './errors.js'
import { FORM } from './form.js'

const actions = ['cancel', 'complete', 'execute', 'next', 'prev'] as const

export interface CommandRequest {
  readonly node: string
  readonly action: (typeof actions)[number]
  /** Undefined: the command begins. */
  readonly sessionId: string | undefined
  /** What was filled in. */
  readonly form: Element | undefined
}

/** @throws StanzaError */
export function readRequest(command: Element): CommandRequest {
  const node = attr(command, 'node')
  if (node === undefined || node === '') throw new StanzaError('bad-request', 'a command has a node')
  const sessionId = attr(command, 'sessionid')
  if (sessionId === '') throw commandError.badSessionId()
  return { node, action: readAction(attr(command, 'action')), sessionId, form: child(command, 'x', FORM) }
}

function readAction(given = 'execute'): CommandRequest['action'] {
  const action = actions.find((known) => known === given)
  if (action === undefined) throw commandError.malformedAction()
  return action
}
