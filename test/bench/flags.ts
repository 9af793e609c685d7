// What `npm run bench -- …` takes.

import { parseArgs } from 'node:util'

export const parts = ['relay', 'logins', 'pushes', 'memory'] as const

export type Part = (typeof parts)[number]

export interface Flags {
  readonly seconds: number
  readonly rounds: number
  readonly only: readonly Part[]
  readonly accounts: number
  readonly sessions: number
  /** Where a profile of the relaying server goes. */
  readonly profile: string | undefined
}

export const usage = `npm run bench -- [--seconds N] [--rounds N] [--quick] [--only ${parts.join('|')}]... [--profile DIR]`

/** @throws Error with one sentence for a person */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      profile: { type: 'string' },
    },
  })
  return {
    seconds: positive('--seconds', values.seconds) ?? (values.quick ? 1 : 5),
    rounds: positive('--rounds', values.rounds) ?? (values.quick ? 1 : 5),
    only: values.only?.map(partNamed) ?? parts,
    accounts: values.quick ? 210 : 510,
    sessions: values.quick ? 200 : 1000,
    profile: values.profile,
  }
}

function positive(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const value = Number(given)
  if (!(value > 0)) throw new Error(`${name}: expected a number above 0, not ${given}`)
  return value
}

function partNamed(name: string): Part {
  const part = parts.find((known) => known === name)
  if (part === undefined) throw new Error(`--only: expected one of ${parts.join(', ')}, not ${name}`)
  return part
}
