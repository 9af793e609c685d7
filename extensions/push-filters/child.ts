// What the filters read of an `<enable/>`: one child each, and in it JIDs.

import { type Jid, jidOrUndefined } from '../../server/jid.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, children, type Element } from '../../server/xml.js'

/** Nobody mutes, or is in, so many. */
const mostEntries = 1000
/** They are kept with the registration, and read with it. Bytes. */
const mostBytes = 64 * 1024

/** The only child of that name, or undefined. @throws StanzaError `bad-request` when there are two */
export function onlyChild(enable: Element, name: string, namespace: string): Element | undefined {
  const [found, ...more] = children(enable, name, namespace)
  if (more.length > 0) throw new StanzaError('bad-request', `one <${name}/> is enough`)
  return found
}

/**
 * The entries of a list; what else stands in it is passed over.
 * @throws StanzaError `resource-constraint` when there are too many, or they are too long together
 */
export function entries(list: Element, name: string): readonly Element[] {
  const found = children(list, name)
  if (found.length > mostEntries)
    throw new StanzaError('resource-constraint', `at most ${mostEntries} in <${list.name}/>`)
  const bytes = found.reduce((sum, { attrs }) => sum + Buffer.byteLength(JSON.stringify(attrs)), 0)
  if (bytes > mostBytes) throw new StanzaError('resource-constraint', `<${list.name}/> is too long`)
  return found
}

/** Whom the entry means: a resource says nothing more. @throws StanzaError `bad-request` for what is no JID */
export function bareJid(entry: Element): string {
  const jid: Jid | undefined = jidOrUndefined(attr(entry, 'jid') ?? '')
  if (jid === undefined) throw new StanzaError('bad-request', `<${entry.name}/> needs the jid of somebody`)
  return jid.bare
}
