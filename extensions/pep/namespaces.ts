// The namespaces of XEP-0060 that personal eventing needs.

export const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const OWNER = `${PUBSUB}#owner`
export const EVENT = `${PUBSUB}#event`
export const ERRORS = `${PUBSUB}#errors`
export const NODE_CONFIG = `${PUBSUB}#node_config`
export const PUBLISH_OPTIONS = `${PUBSUB}#publish-options`
export const DATA_FORM = 'jabber:x:data'
