// The last life: services are well, and nobody kills. All pushes come out, all messages find a reader, and nothing is left.

import { countLeft, type Left, readDisk } from './disk.js'
import type { Ledger } from './ledger.js'
import { Gone, Life } from './life.js'
import { type Load, startLoad } from './load.js'
import type { Program } from './program.js'
import type { Random } from './random.js'
import { arrive } from './reader.js'
import { until } from './time.js'
import type { Summary, Verdict } from './verdict.js'
import type { World } from './world.js'

const batches = 40
/** For what should come at once, on the slowest machine. */
const patienceMs = 30_000
/** For all of it: who is not through by then hangs. */
const wholeMs = 80_000

export interface LastLifeOptions {
  readonly number: number
  readonly data: string
  readonly world: World
  readonly ledger: Ledger
  readonly verdict: Verdict
  readonly random: Random
}

export class LastLife {
  readonly #options: LastLifeOptions
  readonly #program: Program
  #isDone = false

  constructor(program: Program, options: LastLifeOptions) {
    this.#program = program
    this.#options = options
  }

  /** To the end of the program, and to the verdict. */
  async runs(): Promise<Summary> {
    const { number, data, verdict } = this.#options
    const life = new Life(number, await this.#program.ready())
    const watch = setTimeout(() => void this.#program.kill(), wholeMs)
    void this.#program.ended.then(() => life.ends())
    const load = startLoad({ ...this.#options, life, batches, isWell: true })
    const debts = await this.#drains(life, load).catch((reason: unknown) => {
      if (!(reason instanceof Gone)) throw reason
      return 0
    })
    await this.#stops()
    clearTimeout(watch)
    await load.services
    verdict.closes(number)
    this.#looksForRests({ ...(await countLeft(data)), debts })
    const { integrity } = await readDisk(data, [])
    return verdict.inTheEnd(number, integrity)
  }

  /** Gives how many pushes were still owed when all should have been out. @throws Gone when the server is */
  async #drains(life: Life, load: Load): Promise<number> {
    const { number, data, verdict } = this.#options
    await load.writers
    life.retires()
    await load.readers
    const isOut = async (): Promise<boolean> => verdict.isAllPublished(number) && (await countLeft(data)).debts === 0
    await until(isOut, patienceMs)
    const { debts } = await countLeft(data)
    verdict.closes(number)
    await this.#collects(life)
    return debts
  }

  /** Somebody comes to each account who has never been there, and takes all. @throws Gone */
  async #collects(life: Life): Promise<void> {
    const { world, ledger, data, verdict } = this.#options
    const collectors = await Promise.all(
      world.accounts.map((account) => arrive({ account, ledger, life }, 'collector', true)),
    )
    for (const { client } of collectors) client.comesOnline()
    await until(async () => verdict.isAllRead() && (await countLeft(data)).messages === 0, patienceMs)
    await Promise.all(collectors.map(({ client }) => client.leaves()))
    this.#isDone = true
  }

  async #stops(): Promise<void> {
    const code = await this.#program.stop()
    if (!this.#isDone) this.#options.verdict.fault('in the last life the server crashed or hung')
    else if (code !== 0) this.#options.verdict.fault(`the server ended with ${String(code)} after SIGTERM`)
  }

  #looksForRests({ debts, messages, idle, disabled }: Left): void {
    const rests = {
      'pushes are still owed': debts,
      'messages still wait': messages,
      'messages are there that nobody waits for': idle,
      'registrations are disabled': disabled,
    }
    for (const [what, count] of Object.entries(rests))
      if (count > 0) this.#options.verdict.fault(`in the end ${count} ${what}`)
  }
}
