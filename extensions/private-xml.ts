// Private XML storage (XEP-0049): what an account's clients keep for themselves, by element.

import { type Context, defineExtension } from '../server/extension.js'
import type { IqRequest } from '../server/stanza.js'
import { StanzaError } from '../server/stanza-error.js'
import { children, el, type Element, namespaceOf, parse, serialize } from '../server/xml.js'
import type { PrivateElement, PrivateXmlLimits } from '../storage/private-xml.js'

const NS = 'jabber:iq:private'

/** Bounds what an account can keep. */
const limits: PrivateXmlLimits = { elements: 1000, bytes: 1024 * 1024 }

type PrivateContext = Context<'privateXml'>

export const privateXml = defineExtension({
  name: 'private-xml',
  xeps: ['XEP-0049 1.2'],
  stores: ['privateXml'],
  features: { server: [NS], account: [NS] },
  handlers: [
    { kind: 'iq-get', to: 'own-account', namespace: NS, name: 'query', handle: get },
    { kind: 'iq-set', to: 'own-account', namespace: NS, name: 'query', handle: set },
  ],
})

/** What was never kept is answered as it was asked for: empty. */
async function get({ from, payload }: IqRequest, { stores }: PrivateContext): Promise<Element> {
  const [asked, ...others] = elementsIn(payload)
  if (asked === undefined || others.length > 0) throw new StanzaError('not-acceptable', 'a query asks for one element')
  const namespace = namespaceOf(asked)
  const kept = await stores.privateXml.get(from.bare, namespace, asked.name)
  return el('query', { xmlns: NS }, kept === undefined ? el(asked.name, { xmlns: namespace }) : parse(kept))
}

async function set({ from, payload }: IqRequest, { stores }: PrivateContext): Promise<undefined> {
  const elements = elementsIn(payload).map(privateElement)
  if (elements.length === 0) throw new StanzaError('not-acceptable', 'there is nothing to keep')
  if (!(await stores.privateXml.put(from.bare, elements, limits)))
    throw new StanzaError('resource-constraint', 'private elements take at most 1 MiB, and there are at most 1,000')
}

/** @throws StanzaError `not-acceptable` for an element without a namespace of its own (§3.2) */
function elementsIn(query: Element): readonly Element[] {
  const elements = children(query)
  if (elements.some((element) => ['', NS].includes(namespaceOf(element))))
    throw new StanzaError('not-acceptable', 'an element has a namespace of its own')
  return elements
}

/** An empty one need not be kept: it is what the answer is anyway. */
function privateElement(element: Element): PrivateElement {
  const isEmpty = element.children.length === 0 && Object.keys(element.attrs).every((name) => name === 'xmlns')
  return { namespace: namespaceOf(element), name: element.name, xml: isEmpty ? undefined : serialize(element) }
}
