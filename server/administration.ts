// What an operator can do with a data directory, whether a server runs on it or not.

import type { PushTest, RegistrationReport, TraceEntry } from './index.js'

/** Each rejects with a UserError, or with a Failure that holds its sentence. */
export interface UserAdministration {
  create(jid: string, password: string): Promise<void>
  setPassword(jid: string, password: string): Promise<void>
  remove(jid: string): Promise<void>
  /** Bare JIDs. */
  list(): Promise<readonly string[]>
}

export interface Administration {
  readonly users: UserAdministration
  /** Of one account, or of all. */
  registrations(account?: string): Promise<readonly RegistrationReport[]>
  /** Of one account, or of all. Without a running server only what is still owed is known. */
  pushTrace(account?: string): Promise<readonly TraceEntry[]>
  /** Only a running server reaches the services. */
  testPush(account: string): Promise<readonly PushTest[]>
}
