// The end of it in words: one line when all is well, and what was wrong when it is not.

import type { Summary } from './verdict.js'

const mostFaults = 40

/** `seed` is what repeats it. */
export function summaryLine(rounds: number, seed: string, summary: Summary): string {
  const { acknowledged, lost, owed, published, merged, unpublished, duplicates, ivs, inHand, inHandGone } = summary
  return [
    `${rounds} rounds, seed ${seed}: ${acknowledged} messages acknowledged, ${lost} lost`,
    `${owed} pushes owed, ${published} published, ${merged} merged into newer ones, ${unpublished} lost`,
    `${duplicates} duplicates around kills`,
    `${ivs} IVs, no key and IV twice`,
    `not asked about, because in hand at a kill: ${inHand}, of which ${inHandGone} are gone`,
    `${summary.faults.length} faults`,
  ].join('; ')
}

export function faultLines({ faults }: Summary): readonly string[] {
  const more = faults.length - mostFaults
  return [...faults.slice(0, mostFaults), ...(more > 0 ? [`and ${more} more`] : [])]
}
