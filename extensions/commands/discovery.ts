// Which commands there are (XEP-0050 §2.2), for those who may run them.

import type { Context } from '../../server/extension.js'
import type { DiscoItem, DiscoNode, NodeQuestion } from '../disco/hooks.js'
import { NS } from './errors.js'
import { FORM } from './form.js'

/** Of the list of commands itself, or of one. To whom one is not offered, there is none. */
export async function nodeInfo(
  known: DiscoNode | undefined,
  { at, node, requester }: NodeQuestion,
  { hooks }: Context,
): Promise<DiscoNode | undefined> {
  if (known !== undefined) return known
  if (node === NS) return { identities: [{ category: 'automation', type: 'command-list' }], features: [NS] }
  const offered = await hooks.fold('commands:list', [], { at, requester })
  const command = offered.find((one) => one.node === node)
  if (command === undefined) return undefined
  return {
    identities: [{ category: 'automation', type: 'command-node', name: command.name }],
    features: [NS, FORM],
  }
}

export async function nodeItems(
  known: readonly DiscoItem[] | undefined,
  { at, node, requester }: NodeQuestion,
  { hooks }: Context,
): Promise<readonly DiscoItem[] | undefined> {
  if (known !== undefined || node !== NS) return known
  const offered = await hooks.fold('commands:list', [], { at, requester })
  return offered.map((command) => ({ jid: at.bare, node: command.node, name: command.name }))
}
