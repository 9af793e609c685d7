// Ad-hoc commands (XEP-0050): what extensions offer a person to do, stage by stage, through whatever client there is.

import { type Context, defineExtension } from '../../server/extension.js'
import { Lanes } from '../../server/lanes.js'
import type { IqRequest } from '../../server/stanza.js'
import type { Element } from '../../server/xml.js'
import type {} from '../disco/hooks.js'
import { nodeInfo, nodeItems } from './discovery.js'
import { NS } from './errors.js'
import { Executions } from './executions.js'
import type {} from './hooks.js'
import { readRequest } from './request.js'
import { begin, goOn } from './run.js'

/** Who is in the middle of what is known in this process alone, for each server apart. */
export const commands = () => {
  const executions = new Executions()
  const turns = new Lanes()
  return defineExtension({
    name: 'commands',
    xeps: ['XEP-0050 1.3.0', 'XEP-0004 2.13.2'],
    requires: ['disco'],
    features: { account: [NS] },
    handlers: [
      {
        kind: 'iq-set',
        to: 'own-account',
        namespace: NS,
        name: 'command',
        handle: (request, context) => execute(request, { executions, turns, context }),
      },
    ],
    on: {
      'disco:node-info': nodeInfo,
      'disco:node-items': nodeItems,
      'session:closed': ({ jid }) => executions.forget(jid.full),
    },
    stop: () => executions.clear(),
  })
}

interface Desk {
  readonly executions: Executions
  readonly turns: Lanes
  readonly context: Context
}

/** One step of a run after the other, whoever is faster. @throws StanzaError */
async function execute({ payload, from, to }: IqRequest, { executions, turns, context }: Desk): Promise<Element> {
  const request = readRequest(payload)
  const { sessionId } = request
  const asked = { request, requester: from, at: (to ?? from).toBare() }
  if (sessionId === undefined) return begin(asked, executions, context)
  return turns.run(`${from.full} ${sessionId}`, () => goOn({ ...asked, sessionId }, executions, context))
}
