// What `npm run torture -- …` takes.

import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface Flags {
  readonly rounds: number
  readonly seed: string
}

export const usage = 'npm run torture -- [--rounds N] [--seed S]'

const defaultRounds = 50

/** @throws Error with one sentence for a person */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string' }, seed: { type: 'string' } } })
  return { rounds: roundsOf(values.rounds), seed: values.seed ?? freshSeed() }
}

export function freshSeed(): string {
  return randomBytes(4).toString('hex')
}

function roundsOf(given: string | undefined): number {
  if (given === undefined) return defaultRounds
  const rounds = Number(given)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number above 0, not ${given}`)
  return rounds
}
