// The errors of XEP-0060 by name: each a stanza error with its pubsub condition beside it (§11, §16.2).

import { StanzaError, type StanzaErrorCondition } from '../../server/stanza-error.js'
import { el } from '../../server/xml.js'
import { ERRORS } from './namespaces.js'

const refused = (condition: StanzaErrorCondition, pubsub: string, text?: string): StanzaError =>
  new StanzaError(condition, text, el(pubsub, { xmlns: ERRORS }))

export const pepError = {
  noSuchNode: () => new StanzaError('item-not-found'),
  noSuchItem: () => new StanzaError('item-not-found'),
  nodeExists: () => new StanzaError('conflict', 'there is a node of that name'),
  notOwner: () => new StanzaError('forbidden'),
  badRequest: (text: string) => new StanzaError('bad-request', text),
  tooLong: (what: string) => new StanzaError('not-acceptable', `${what} has at most 1,023 bytes`),

  nodeRequired: () => refused('bad-request', 'nodeid-required'),
  /** A node of personal eventing is known by its name, so none is made without (§8.1.1). */
  instantNode: () => refused('not-acceptable', 'nodeid-required'),
  itemRequired: () => refused('bad-request', 'item-required'),
  payloadRequired: () => refused('bad-request', 'payload-required'),
  invalidPayload: () =>
    refused('bad-request', 'invalid-payload', 'an item has one payload element, in a namespace of its own'),
  tooManyItems: () => refused('bad-request', 'max-items-exceeded', 'a publish has one item'),
  tooManyNodes: () => refused('resource-constraint', 'max-nodes-exceeded'),
  /** XEP-0060 has no condition of its own for it: `payload-too-big` is about one payload (§7.1.3.5). */
  tooMuchKept: () => new StanzaError('resource-constraint', 'the items of an account take at most 10 MiB'),

  invalidOptions: (text: string) => refused('bad-request', 'invalid-options', text),
  unsupportedAccessModel: () => refused('not-acceptable', 'unsupported-access-model'),
  unacceptable: (text: string) => new StanzaError('not-acceptable', text),
  preconditionNotMet: () => refused('conflict', 'precondition-not-met'),

  presenceSubscriptionRequired: () => refused('not-authorized', 'presence-subscription-required'),
  closedNode: () => refused('not-allowed', 'closed-node'),

  unsupported: (feature: string) =>
    new StanzaError('feature-not-implemented', undefined, el('unsupported', { xmlns: ERRORS, feature })),
}
