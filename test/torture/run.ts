// The whole: lives of the server on one data directory, each ended by kill -9, and a last one in which everything has to come out.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '../../server/index.js'
import { domain } from './client.js'
import { type Disk, readDisk } from './disk.js'
import { LastLife } from './last-life.js'
import { Ledger } from './ledger.js'
import { Life } from './life.js'
import { enable, firstKind } from './phone.js'
import { Program } from './program.js'
import { Random } from './random.js'
import { arrive } from './reader.js'
import { live } from './round.js'
import { type Summary, Verdict } from './verdict.js'
import { type Account, makeWorld, type World } from './world.js'

export interface TortureOptions {
  readonly rounds: number
  readonly seed: string
  /** The longest that a round is left to go on. Milliseconds. */
  readonly longest?: number
  /** Hears of each round. */
  readonly tell?: (line: string) => void
}

const longestMs = 4000
/** What falls due late is put forward a little more. */
const marginMs = 60_000

/** @throws Error when the torture itself fails; what the server did wrong is in the summary's faults */
export async function torture(options: TortureOptions): Promise<Summary> {
  const root = await mkdtemp(join(tmpdir(), 'sealpost-torture-'))
  try {
    return await new Torture(root, options).runs()
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

class Torture {
  readonly #data: string
  readonly #config: string
  readonly #options: TortureOptions
  readonly #random: Random
  readonly #ledger = new Ledger()
  readonly #verdict = new Verdict(this.#ledger)
  readonly #world: World

  constructor(root: string, options: TortureOptions) {
    this.#data = join(root, 'data')
    this.#config = join(root, 'sealpost.toml')
    this.#options = options
    this.#random = new Random(options.seed)
    this.#world = makeWorld(this.#random.of('world'), this.#ledger)
  }

  async runs(): Promise<Summary> {
    const { rounds } = this.#options
    await this.#prepares()
    let disk: Disk | undefined
    for (let number = 1; number <= rounds; number += 1) disk = await this.#round(number)
    return this.#ends(rounds + 1, disk)
  }

  async #prepares(): Promise<void> {
    await writeFile(this.#config, configOf(this.#data, this.#world))
    const server = await createServer({ domain, data: this.#data })
    for (const { jid, password } of this.#world.accounts) await server.users.create(jid, password)
    await server.stop()
    const random = this.#random.of('registering')
    await this.#with(0, new Program(this.#config), async (program) => {
      const life = new Life(0, await program.ready())
      for (const account of this.#world.accounts) await this.#registers(account, life, random)
      await program.stop()
    })
  }

  async #registers(account: Account, life: Life, random: Random): Promise<void> {
    for (const registration of account.registrations) {
      const { client } = await arrive({ account, ledger: this.#ledger, life }, registration.resource, true)
      await enable(client, registration, firstKind(random), random)
      await client.leaves()
    }
  }

  /** One life, and what it left on the disk. */
  async #round(number: number): Promise<Disk> {
    const { longest = longestMs, tell } = this.#options
    const random = this.#random.of(`round ${number}`)
    const round = { number, world: this.#world, ledger: this.#ledger, random, longest }
    const words = await this.#with(number, new Program(this.#config), (program) => live(program, round))
    tell?.(`life ${number}: ${words}`)
    const accounts = this.#world.accounts.map(({ jid }) => jid)
    const disk = await readDisk(this.#data, accounts)
    this.#verdict.afterKill(number, disk)
    return disk
  }

  #ends(number: number, disk: Disk | undefined): Promise<Summary> {
    const options = { number, data: this.#data, world: this.#world, ledger: this.#ledger, verdict: this.#verdict }
    const random = this.#random.of('the end')
    const program = new Program(this.#config, { ahead: aheadOf(disk) })
    return this.#with(number, program, () => new LastLife(program, { ...options, random }).runs())
  }

  /** Whatever becomes of the work, the program does not outlive it. */
  async #with<T>(number: number, program: Program, work: (program: Program) => Promise<T>): Promise<T> {
    try {
      return await work(program)
    } finally {
      await program.kill()
      const [first] = program.complaints
      if (first !== undefined)
        this.#verdict.fault(
          `in life ${number} the server logged ${program.complaints.length} errors, the first: ${first}`,
        )
    }
  }
}

function configOf(data: string, { services }: World): string {
  return [
    `data = ${JSON.stringify(data)}`,
    '[log]\nlevel = "error"\nformat = "json"',
    '[limits]\noffline_messages = 1000000\nanswer_seconds = 2',
    '[push]\nplain = "body"\nburst = 50\nper_second = 50',
    `[components]\n${services.map(({ jid, secret }) => `"${jid}" = "${secret}"`).join('\n')}`,
    '',
  ].join('\n')
}

/** By how much the clock of the last life has to go ahead, so that whatever was put off is due. */
function aheadOf(disk: Disk | undefined): number {
  const latest = (disk?.owed ?? []).reduce((last, { due }) => Math.max(last, due), Date.now())
  return latest - Date.now() + marginMs
}
