// Who reads, and whose registration it is (docs/extensions/push.md). Pure.

import type { Config } from '../../server/config.js'
import type { Registration } from '../../storage/push.js'

export type OthersRule = Config['push']['whenOthersOnline']

/** A session that was handed the message, and has not gone without an answer. */
export interface Reader {
  readonly resource: string
  readonly userAgent: string | undefined
  /** Away or extended away (RFC 6121 §4.7.2.1). */
  readonly isAway: boolean
}

/** A registration knows its own client by the user-agent id, or by its resource. */
export function isOwnClient(client: Registration['client'], { resource, userAgent }: Omit<Reader, 'isAway'>): boolean {
  return client.resource === resource || (userAgent !== undefined && client.userAgent === userAgent)
}
