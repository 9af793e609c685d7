// Learns the account's OMEMO devices from the device lists that it publishes (XEP-0384 §5.3), so that a push can be made for them.

import { defineExtension, type Context } from '../server/extension.js'
import { attr, children, type Element, namespaceOf, parse } from '../server/xml.js'
import type {} from './pep/hooks.js'

interface DeviceListNode {
  readonly namespace: string
  /** The payload's name. */
  readonly list: string
}

/** The nodes of both versions: OMEMO 0.3 and OMEMO 2. */
const nodes: ReadonlyMap<string, DeviceListNode> = new Map([
  ['eu.siacs.conversations.axolotl.devicelist', { namespace: 'eu.siacs.conversations.axolotl', list: 'list' }],
  ['urn:xmpp:omemo:2:devices', { namespace: 'urn:xmpp:omemo:2', list: 'devices' }],
])

/** A list names at most so many devices; nobody has more. */
const MOST_DEVICES = 1000
const HIGHEST_ID = 2 ** 32 - 1

type Kept = Context<'omemo' | 'pep'>

export const omemoDevices = defineExtension({
  name: 'omemo-devices',
  xeps: ['XEP-0384 0.9.1', 'XEP-0384 0.3.0'],
  requires: ['pep'],
  stores: ['omemo', 'pep'],
  on: {
    'pep:published': ({ account, node, xml }, context) => learn(account, node, xml, context),
    'pep:retracted': ({ account, node }, context) => learnWhatIsLeft(account, node, context),
    'pep:node-deleted': ({ account, node }, context) => learn(account, node, undefined, context),
  },
})

/** @param xml the newest list, undefined when there is none any more */
async function learn(account: string, node: string, xml: string | undefined, { stores }: Kept): Promise<void> {
  const kind = nodes.get(node)
  if (kind === undefined) return
  const ids = xml === undefined ? [] : deviceIds(parse(xml), kind)
  await stores.omemo.learn(account, kind.namespace, ids)
}

async function learnWhatIsLeft(account: string, node: string, context: Kept): Promise<void> {
  if (!nodes.has(node)) return
  const { items } = await context.stores.pep.items(account, node, { max: 1 })
  await learn(account, node, items[0]?.xml, context)
}

/** Each id once. What is no id (1…2³²−1, XEP-0384 §5.3.1) is left out: it comes from clients, and one mistake hides no device. */
export function deviceIds(payload: Element, { namespace, list }: DeviceListNode): readonly number[] {
  if (payload.name !== list || namespaceOf(payload) !== namespace) return []
  const ids = children(payload, 'device').map((device) => readId(attr(device, 'id')))
  return [...new Set(ids.filter((id) => id !== undefined))].slice(0, MOST_DEVICES)
}

function readId(written: string | undefined): number | undefined {
  if (written === undefined || !/^[0-9]{1,10}$/.test(written)) return undefined
  const id = Number(written)
  return id >= 1 && id <= HIGHEST_ID ? id : undefined
}
