// How keys and messages of OMEMO travel (XEP-0384 0.9 §5.3 and §5.5, 0.3 §4): the device list and the bundles in PEP, open to
// everybody, and the message. For both versions, and for anybody who can ask an iq.

import { attr, child, children, el, type Element } from '../../../server/xml.js'
import type { OmemoDevice, Recipient } from './device.js'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const OMEMO_03 = 'eu.siacs.conversations.axolotl'

export interface Asking {
  /** Sends the iq, and gives the whole result. */
  asks(question: Element): Promise<Element>
}

/** What others have to know of a device before they can write to it. */
export type Announced = Pick<OmemoDevice, 'namespace' | 'id' | 'deviceList' | 'bundle'>

/** Publishes a device's bundle, and the account's device list; which names the device alone unless more are given. */
export async function announce(asking: Asking, device: Announced, ids = [device.id]): Promise<void> {
  const { namespace } = device
  await asking.asks(publishing(bundlePlace(namespace, device.id), await device.bundle()))
  await asking.asks(publishing(listPlace(namespace), device.deviceList(ids)))
}

/** Every device of the account with its bundle, as its server has them. */
export async function recipientsOf(asking: Asking, namespace: string, account: string): Promise<readonly Recipient[]> {
  const list = await fetched(asking, account, listPlace(namespace))
  const ids = children(list, 'device').map((device) => Number(attr(device, 'id')))
  return Promise.all(
    ids.map(async (device) => ({
      account,
      device,
      bundle: await fetched(asking, account, bundlePlace(namespace, device)),
    })),
  )
}

/** The message as clients send it: for those who cannot read it there is a body, and the hint that it is worth keeping. */
export function omemoMessage(to: string, ...encrypted: readonly Element[]): Element {
  return el(
    'message',
    { to, type: 'chat' },
    ...encrypted,
    el('encryption', { xmlns: 'urn:xmpp:eme:0', namespace: encrypted[0]?.getNS(), name: 'OMEMO' }),
    el('body', {}, 'I sent you an OMEMO encrypted message, but your client does not read it.'),
    el('store', { xmlns: 'urn:xmpp:hints' }),
  )
}

interface Place {
  readonly node: string
  readonly item: string
  /** What the node has to be: preconditions of the publish, and its configuration when it is new. */
  readonly options: Readonly<Record<string, string>>
}

function listPlace(namespace: string): Place {
  const node = namespace === OMEMO_03 ? `${OMEMO_03}.devicelist` : `${namespace}:devices`
  return { node, item: 'current', options: { access_model: 'open' } }
}

/** 0.3 has a node for each device, 2 an item. */
function bundlePlace(namespace: string, device: number): Place {
  const id = String(device)
  return namespace === OMEMO_03
    ? { node: `${OMEMO_03}.bundles:${id}`, item: 'current', options: { access_model: 'open' } }
    : { node: `${namespace}:bundles`, item: id, options: { access_model: 'open', max_items: 'max' } }
}

function publishing({ node, item, options }: Place, payload: Element): Element {
  const fields = Object.entries(options).map(([name, value]) => field(`pubsub#${name}`, value))
  const form = el(
    'x',
    { xmlns: 'jabber:x:data', type: 'submit' },
    field('FORM_TYPE', `${PUBSUB}#publish-options`),
    ...fields,
  )
  const publish = el('publish', { node }, el('item', { id: item }, payload))
  return el('iq', { type: 'set' }, el('pubsub', { xmlns: PUBSUB }, publish, el('publish-options', {}, form)))
}

function field(name: string, value: string): Element {
  return el('field', { var: name }, el('value', {}, value))
}

async function fetched(asking: Asking, to: string, { node, item }: Place): Promise<Element> {
  const items = el('items', { node }, el('item', { id: item }))
  const result = await asking.asks(el('iq', { type: 'get', to }, el('pubsub', { xmlns: PUBSUB }, items)))
  const payload = child(result, 'pubsub', PUBSUB)?.getChild('items')?.getChild('item')?.getChildElements()[0]
  if (payload === undefined) throw new Error(`${to} has nothing at ${node}`)
  return payload
}
