// PLAIN's one message (RFC 4616 §2).

import { SaslFailure } from './failure.js'

export interface PlainMessage {
  readonly authzid: string | undefined
  readonly username: string
  readonly password: string
}

/** @throws SaslFailure `malformed-request` */
export function readPlain(message: string): PlainMessage {
  const [authzid, username, password, ...more] = message.split('\0')
  if (!username || !password || more.length > 0) throw new SaslFailure('malformed-request')
  return { authzid: authzid || undefined, username, password }
}
