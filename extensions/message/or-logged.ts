// Work that may fail without anybody hearing of it but the operator.

import { type Awaitable, isPromise } from '../../server/awaitable.js'
import type { Log, LogFields } from '../../server/log.js'

/** @param fault the log's fixed sentence for a failure; whatever `work` throws, this throws nothing */
export function orLogged(work: () => Awaitable<void>, fault: string, fields: LogFields, log: Log): Awaitable<void> {
  const failed = (reason: unknown): void => log.error(fault, fields, reason)
  try {
    const done = work()
    return isPromise(done) ? done.catch(failed) : done
  } catch (reason) {
    return failed(reason)
  }
}
