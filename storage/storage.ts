// The seam between the program and its database: verbs of the domain, one method one atomic step (docs/storage.md).
// Strings and plain records only. Absent is undefined; a throw means a fault, and is a StorageError.

import type { AccountStore } from './accounts.js'
import type { BlockStore } from './blocks.js'
import type { LastActivityStore } from './last-activity.js'
import type { MessageStore } from './messages.js'
import type { OmemoStore } from './omemo.js'
import type { PepStore } from './pep.js'
import type { PrivateXmlStore } from './private-xml.js'
import type { PushStore } from './push.js'
import type { RosterStore } from './roster.js'
import type { VCardStore } from './vcards.js'

/**
 * Why the storage could not do what it was asked: `full` there is no room on the disk, `busy` somebody else holds the
 * database, `newer` its file was written by a later version of the program, `key` it needs a key that was not given, `fault`
 * anything else.
 */
export type StorageFault = 'full' | 'busy' | 'newer' | 'key' | 'fault'

/** What every method of the storage throws. Nothing of the failed step is written. The message holds no stored values. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly kind: StorageFault

  constructor(kind: StorageFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/**
 * All stores. Only an account that is there can own anything: a write for one that is not writes nothing, so that what
 * comes late for a removed account is not inherited by whoever takes the name next.
 */
export interface Stores {
  readonly accounts: AccountStore
  readonly roster: RosterStore
  readonly blocks: BlockStore
  readonly messages: MessageStore
  readonly pep: PepStore
  readonly privateXml: PrivateXmlStore
  readonly vcards: VCardStore
  readonly push: PushStore
  readonly omemo: OmemoStore
  readonly lastActivity: LastActivityStore
}

/** A promise of a write resolves when it is written for good; a read that begins after that sees it. */
export interface Storage {
  readonly stores: Stores
  /** Everything of the account goes, in every store, in one transaction. False when there was no such account. */
  wipe(account: string): Promise<boolean>
  /** A secret that the server keeps for itself, made at random (32 bytes) when it is first asked for. */
  secret(name: string): Promise<Uint8Array>
  /** Waits for what is being written, then closes. */
  close(): Promise<void>
}
