// What every backend has to do (docs/storage.md): run this over it.

import { describeAccountStore } from './accounts.js'
import { describeBlockStore } from './blocks.js'
import { describeLastActivityStore } from './last-activity.js'
import { type CountMessages, describeMessageModel } from './message-model.js'
import { describeMessageStore } from './messages.js'
import { describeOmemoStore } from './omemo.js'
import { describePepStore } from './pep.js'
import { describePepModel } from './pep-model.js'
import { describePrivateXmlStore } from './private-xml.js'
import { describePushStore } from './push.js'
import { describeRosterStore } from './roster.js'
import type { Open } from './samples.js'
import { describeStorage } from './storage.js'
import { describeVCardStore } from './vcards.js'

export interface Backend {
  /** Opens a fresh, empty storage. */
  readonly open: Open
  /** How many messages are held, also those that the interface does not show. */
  readonly countMessages: CountMessages
  /** How often each random play is played. */
  readonly plays: number
}

/** Declares all tests of the contract for a backend. */
export const describeContract = ({ open, countMessages, plays }: Backend): void => {
  describeAccountStore(open)
  describeRosterStore(open)
  describeBlockStore(open)
  describeMessageStore(open)
  describeMessageModel(open, countMessages, plays)
  describePepStore(open)
  describePepModel(open, plays)
  describePrivateXmlStore(open)
  describeVCardStore(open)
  describePushStore(open)
  describeOmemoStore(open)
  describeLastActivityStore(open)
  describeStorage(open)
}
