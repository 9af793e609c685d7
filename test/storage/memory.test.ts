// The contract on SQLite in memory.

import { Database } from '../../storage/sqlite/database.js'
import { storageOn } from '../../storage/sqlite/index.js'
import type { Storage } from '../../storage/storage.js'
import { describeContract } from './contract/index.js'

const databases = new WeakMap<Storage, Database>()

describeContract({
  open: async () => {
    const database = await Database.open(':memory:')
    const storage = storageOn(database)
    databases.set(storage, database)
    return storage
  },
  countMessages: async (storage) => {
    const rows = await databases
      .get(storage)
      ?.read<{ readonly count: number }>('select count(*) as count from messages')
    return rows?.[0]?.count ?? -1
  },
  plays: 150,
})
