// The JID that a command names: the bare JID of an account.

import { JidError, parseJid, type Jid } from '../jid.js'
import { UsageError } from '../failure.js'

/**
 * The prepared bare JID.
 * @param domain the server's own, for the hint to somebody who left it out
 * @throws UsageError when it is none
 */
export function accountArgument(text: string, domain: string): string {
  const jid = parse(text)
  if (jid.local === undefined) {
    const hint = text.includes('@') ? '' : `: did you mean ${text}@${domain}?`
    throw new UsageError(`${JSON.stringify(text)} is no account${hint}`)
  }
  if (jid.resource !== undefined) throw new UsageError(`leave out the resource: ${jid.bare}`)
  return jid.bare
}

function parse(text: string): Jid {
  try {
    return parseJid(text)
  } catch (reason) {
    if (reason instanceof JidError) throw new UsageError(`${JSON.stringify(text)} is no JID: ${reason.message}`)
    throw reason
  }
}
