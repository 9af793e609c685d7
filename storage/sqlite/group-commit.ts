// Group commit: all writes that wait at a turn go into one transaction, so that the disk is waited for once (docs/storage.md).

import { setImmediate } from 'node:timers/promises'
import { StorageError } from '../storage.js'
import { asStorageError, type Connection, type Transaction } from './connection.js'

/** Has to give the same again when it is run again: a transaction that fails as a whole is done once more in parts. */
export type Step<T> = (transaction: Transaction) => Promise<T>

/** One step for many calls: takes what each was given, gives what each is answered, in the same order. */
export type ManyStep<Input, Output> = (transaction: Transaction, inputs: readonly Input[]) => Promise<readonly Output[]>

interface Job {
  /** Does its part of the transaction; what it gives is to be called when that is committed. */
  readonly perform: (transaction: Transaction) => Promise<() => void>
  readonly fail: (reason: StorageError) => void
  /** The same work as jobs of one call each. */
  readonly parts: () => readonly Job[]
}

interface Call<Input, Output> {
  readonly input: Input
  readonly resolve: (output: Output) => void
  readonly reject: (reason: StorageError) => void
}

// Beyond this a statement gains nothing by more rows, and its text only takes memory.
const MOST_CALLS = 256

const jobOf = <Input, Output>(step: ManyStep<Input, Output>, calls: readonly Call<Input, Output>[]): Job => ({
  perform: async (transaction) => {
    const inputs = calls.map(({ input }) => input)
    const outputs = await step(transaction, inputs)
    if (outputs.length !== calls.length) throw new StorageError('fault', 'a step did not answer each of its calls')
    return () => outputs.forEach((output, index) => calls[index]?.resolve(output))
  },
  fail: (reason) => calls.forEach((call) => call.reject(reason)),
  parts: () => calls.map((call) => jobOf(step, [call])),
})

export class GroupCommit {
  readonly #connection: Connection
  #waiting: Job[] = []
  /** The calls that may still be joined, by their step. */
  #open = new Map<unknown, unknown[]>()
  #working: Promise<void> | undefined
  #closed = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Runs the step in a transaction, after all writes that were asked for before it. Resolves at the commit. */
  write<T>(step: Step<T>): Promise<T> {
    // What comes later must not overtake this one by joining calls that stand before it.
    this.#open.clear()
    const once: ManyStep<undefined, T> = async (transaction) => [await step(transaction)]
    return this.#enter((call) => this.#waiting.push(jobOf(once, [call])), undefined)
  }

  /**
   * A write whose waiting calls are done together, in few statements. Such writes keep their order with what `write` does,
   * but may overtake each other: give only steps of which that can be said.
   */
  gathered<Input, Output>(step: ManyStep<Input, Output>): (input: Input) => Promise<Output> {
    return (input) => this.#enter((call) => this.#join(step, call), input)
  }

  /** Resolves when all that waits is written; nothing is taken any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#working
  }

  #enter<Input, Output>(enqueue: (call: Call<Input, Output>) => void, input: Input): Promise<Output> {
    if (this.#closed) return Promise.reject(new StorageError('fault', 'the storage is closed'))
    return new Promise((resolve, reject) => {
      enqueue({ input, resolve, reject })
      this.#working ??= this.#work()
    })
  }

  #join<Input, Output>(step: ManyStep<Input, Output>, call: Call<Input, Output>): void {
    // A map cannot say that the calls under a step are the calls of that step.
    const joined = this.#open.get(step) as Call<Input, Output>[] | undefined
    if (joined !== undefined && joined.length < MOST_CALLS) {
      joined.push(call)
      return
    }
    const calls = [call]
    this.#open.set(step, calls)
    this.#waiting.push(jobOf(step, calls))
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Everything that this turn of the event loop still brings comes along.
      await setImmediate()
      const jobs = this.#waiting
      this.#waiting = []
      this.#open.clear()
      await this.#connection.alone(() => this.#commit(jobs))
    }
    this.#working = undefined
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#connection.run('begin immediate')
    } catch (reason) {
      // Nothing was tried that could be at fault: nobody gets in.
      jobs.forEach((job) => job.fail(asStorageError(reason)))
      return
    }
    try {
      const done: (() => void)[] = []
      for (const job of jobs) done.push(await job.perform(this.#connection))
      await this.#connection.run('commit')
      done.forEach((resolve) => resolve())
    } catch (reason) {
      await this.#rollback()
      await this.#failed(jobs, asStorageError(reason))
    }
  }

  // One of them is at fault. A savepoint around each would tell which, but costs two more statements every time, and
  // failing is rare: so they are all done again, each in a transaction of its own.
  async #failed(jobs: readonly Job[], reason: StorageError): Promise<void> {
    const parts = jobs.flatMap((job) => job.parts())
    if (parts.length === 1) parts[0]?.fail(reason)
    else for (const part of parts) await this.#commit([part])
  }

  async #rollback(): Promise<void> {
    try {
      await this.#connection.run('rollback')
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full (https://sqlite.org/lang_transaction.html §3).
    }
  }
}
