// One round: a life of the server under load, ended by kill -9.

import type { Ledger } from './ledger.js'
import { now } from './ledger.js'
import { happenings, Life } from './life.js'
import { startLoad } from './load.js'
import type { Program } from './program.js'
import type { Random } from './random.js'
import { milliseconds } from './time.js'
import type { World } from './world.js'

/** What a writer writes at most. */
const mostBatches = 100
/** How much may happen before somebody aims. */
const mostHappenings = 1500
/** How long whoever aims at nothing waits yet, and how long whoever aims waits for what it aims at. */
const pauseMs = 20
const aimMs = 500
const dyingAtBirth = 0.08
const birthMs = { least: 50, most: 600 }

export interface RoundOptions {
  readonly number: number
  readonly world: World
  readonly ledger: Ledger
  readonly random: Random
  /** How long may pass before somebody aims, where the machine is slow. Milliseconds. */
  readonly longest: number
}

/** Starts everything, kills the program, and waits until nobody has anything to do any more. Says in words when it was. */
export function live(program: Program, options: RoundOptions): Promise<string> {
  return options.random.chance(dyingAtBirth) ? killAtBirth(program, options) : killAtWork(program, options)
}

async function killAtBirth(program: Program, options: RoundOptions): Promise<string> {
  const ready = program.ready().catch(() => undefined)
  await milliseconds(options.random.of('kill').between(birthMs.least, birthMs.most))
  strike(program, options)
  await Promise.all([program.ended, ready])
  return 'killed as it started'
}

async function killAtWork(program: Program, options: RoundOptions): Promise<string> {
  const life = new Life(options.number, await program.ready())
  const begun = now()
  const load = startLoad({ ...options, life, batches: mostBatches, isWell: false })
  const aim = await killIn(life, program, options)
  const lasted = now() - begun
  await Promise.all([load.services, load.writers, load.readers, program.ended])
  return `killed after ${lasted.toFixed(0)} ms, ${aim}`
}

/** At a random moment, or in the turn in which a random kind of happening is seen next. */
async function killIn(life: Life, program: Program, options: RoundOptions): Promise<string> {
  const random = options.random.of('kill')
  const aim = random.pick(['nothing', ...happenings] as const)
  const [count, pause] = [random.between(1, mostHappenings), random.between(0, pauseMs)]
  await Promise.race([life.later(count), milliseconds(options.longest)])
  return new Promise((resolve) => {
    const kill = (): void => {
      clearTimeout(timer)
      strike(program, options)
      life.ends()
      resolve(aim === 'nothing' ? 'at no particular moment' : `when something was ${aim}`)
    }
    const timer = setTimeout(kill, aim === 'nothing' ? pause : aimMs)
    if (aim !== 'nothing') life.trap(aim, kill)
  })
}

function strike(program: Program, { number, ledger }: RoundOptions): void {
  if (program.isOver) ledger.faults.push(`in life ${number} the server ended before it was killed`)
  void program.kill()
  ledger.kills.set(number, now())
}
