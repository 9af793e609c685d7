// XEP-0357 §5 and §6: enabling and disabling notifications.

import type { Context } from '../../server/extension.js'
import { type Jid, JidError, parseJid } from '../../server/jid.js'
import type { IqRequest } from '../../server/stanza.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, children, type Element, serialize } from '../../server/xml.js'
import { type NewRegistration, type PushRules, sizeOfRules } from '../../storage/push.js'
import type {} from './hooks.js'

const FORM = 'jabber:x:data'
const PUBLISH_OPTIONS = 'http://jabber.org/protocol/pubsub#publish-options'

/** A node is the service's own name for a device; so long one is no name any more. Bytes. */
const maxNodeBytes = 1024
/** The form is kept as it came, and sent with every push. */
const maxFormCharacters = 4096
/** The rules are read with the registration, and written with it whenever its service answers. Bytes, as they are kept. */
const maxRulesBytes = 16 * 1024
/** Of all registrations of an account together. */
const maxAccountRulesBytes = 128 * 1024

type PushContext = Context<'push'>

const noRules: PushRules = {
  away: false,
  muted: [],
  ignoreUnknown: false,
  rooms: undefined,
  priority: false,
  jingle: false,
}

/** A refused `<enable/>` changes nothing. @throws StanzaError */
export async function enable({ from, payload }: IqRequest, limit: number, context: PushContext): Promise<undefined> {
  const service = readService(payload, context)
  const node = readNode(payload) ?? ''
  const publishOptions = readPublishOptions(payload)
  const settings = await context.hooks.fold(
    'push:enable',
    { sealing: undefined, omemoDevice: undefined, rules: noRules },
    { enable: payload },
  )
  if (sizeOfRules(settings.rules) > maxRulesBytes)
    throw new StanzaError('resource-constraint', `the rules of a registration take at most ${maxRulesBytes} bytes`)
  const registration: NewRegistration = {
    account: from.bare,
    service: service.full,
    node,
    ...settings,
    publishOptions,
    client: clientOf(from, context),
    created: context.clock.now(),
  }
  const done = await context.stores.push.put(registration, limit, maxAccountRulesBytes)
  if (!done) throw new StanzaError('resource-constraint', tooMuch(limit))
  return undefined
}

function tooMuch(limit: number): string {
  return `an account has at most ${limit} registrations, and ${maxAccountRulesBytes} bytes of rules for all of them`
}

/** Without a node all of the service's end (XEP-0357 §6). What is not there is disabled already. @throws StanzaError */
export async function disable({ from, payload }: IqRequest, { stores }: PushContext): Promise<undefined> {
  await stores.push.remove(from.bare, readJid(payload).full, readNode(payload))
  return undefined
}

/** Whoever publishes to an account or to the server itself would do so with the server's own authority. */
function readService(enable: Element, context: PushContext): Jid {
  const service = readJid(enable)
  if (context.isLocal(service.domain))
    throw new StanzaError('not-allowed', 'a push service is neither this server nor one of its accounts')
  return service
}

function readJid(payload: Element): Jid {
  const given = attr(payload, 'jid')
  if (given === undefined || given === '') throw new StanzaError('bad-request', `${payload.name} needs a jid`)
  try {
    return parseJid(given)
  } catch (reason) {
    if (reason instanceof JidError) throw new StanzaError('bad-request', reason.message)
    throw reason
  }
}

function readNode(payload: Element): string | undefined {
  const node = attr(payload, 'node')
  if (node !== undefined && Buffer.byteLength(node) > maxNodeBytes)
    throw new StanzaError('bad-request', 'the node is too long')
  return node === '' ? undefined : node
}

/** XEP-0357 §5: the form goes with every publish, unread. Another form is not for us. */
function readPublishOptions(enable: Element): string | undefined {
  const [form, ...more] = children(enable, 'x', FORM).filter(isPublishOptions)
  if (more.length > 0) throw new StanzaError('bad-request', 'one form is enough')
  if (form === undefined) return undefined
  const xml = serialize(form)
  if (xml.length > maxFormCharacters) throw new StanzaError('bad-request', 'the form is too large')
  return xml
}

function isPublishOptions(form: Element): boolean {
  const formType = children(form, 'field').find((field) => attr(field, 'var') === 'FORM_TYPE')
  return formType?.getChildText('value') === PUBLISH_OPTIONS
}

function clientOf(from: Jid, context: PushContext): NewRegistration['client'] {
  return context.clientOf(from) ?? { resource: from.resource ?? '', chosen: false, userAgent: undefined }
}
