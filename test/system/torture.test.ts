// The short form of `npm run torture`: what was acknowledged survives kill -9 at random moments under load (docs/torture.md).

import { expect, test } from 'vitest'
import { freshSeed } from '../torture/flags.js'
import { faultLines, summaryLine } from '../torture/report.js'
import { torture } from '../torture/run.js'

const rounds = 5
/** Of a round, in milliseconds. */
const longest = 2000

// One seed that is always the same, and one that never is; each in its own process, so they do not wait for one another.
test.concurrent.each(['friar laurence', freshSeed()])(
  'after kill -9 under load nothing that was acknowledged is lost, and every push that is owed comes out: seed %s',
  async (seed) => {
    const summary = await torture({ rounds, seed, longest })
    expect(faultLines(summary), summaryLine(rounds, seed, summary)).toEqual([])
    expect(summary.acknowledged).toBeGreaterThan(0)
    expect(summary.published).toBeGreaterThan(0)
    expect(summary.ivs).toBeGreaterThan(0)
  },
)
