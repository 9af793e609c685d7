// Messages from one client of each pair to the other, as many a second as the server passes on.

import { comeOnline, domain, logIn } from './client.js'
import type { DataDirectory } from './data-directory.js'
import { median } from './figures.js'
import { messageTo, type Shape } from './messages.js'
import { type Measured, startBareRelay, startSealpost } from './program.js'
import { clientFrame, Wire } from './wire.js'

export const pairs = 50
/** So many messages of a pair are on their way at once. */
const inFlight = 10

export interface RelayPlan {
  readonly shapes: readonly Shape[]
  readonly seconds: number
  readonly rounds: number
  /** Options of Node for the measured server. */
  readonly node: readonly string[]
}

export interface RelayFigures {
  readonly shape: Shape
  readonly sealpost: Rate
  readonly bare: Rate
  /** Of the messages a second, round by round. */
  readonly ratio: number
  /** Of the processor time of a message, bare to Sealpost: what the ratio would be if nobody else used the machine. */
  readonly cpuRatio: number
}

export interface Rate {
  readonly perSecond: number
  /** Processor time of the server, in microseconds a message. */
  readonly cpuMicros: number
}

export interface RelayResult {
  readonly figures: readonly RelayFigures[]
  readonly messages: number
  /** What Sealpost wrote while it relayed. */
  readonly writtenBytes: number
  readonly filesChanged: boolean
}

interface Pair {
  readonly from: Wire
  readonly to: Wire
  /** Bare JID of the one who receives. */
  readonly recipient: string
}

/** Sealpost and the bare relay take turns, so that what else the machine does befalls both. */
export async function measureRelay(data: DataDirectory, plan: RelayPlan): Promise<RelayResult> {
  const sealpost = await startSealpost(['--config', data.config], { node: plan.node })
  const bare = await startBareRelay()
  const sealpostPairs = await sealpostPairsOn(sealpost, data)
  const barePairs = await barePairsOn(bare)
  for (const shape of plan.shapes) {
    await relay(sealpost, sealpostPairs, shape, 1)
    await relay(bare, barePairs, shape, 1)
  }
  const before = await data.state()
  const written = sealpost.writtenBytes()
  let messages = 0
  const figures: RelayFigures[] = []
  for (const shape of plan.shapes) {
    const rounds: { sealpost: Rate; bare: Rate }[] = []
    for (let round = 0; round < plan.rounds; round += 1) {
      const ours = await relay(sealpost, sealpostPairs, shape, plan.seconds)
      messages += ours.count
      rounds.push({ sealpost: ours, bare: await relay(bare, barePairs, shape, plan.seconds) })
    }
    figures.push(summary(shape, rounds))
  }
  const result = {
    figures,
    messages,
    writtenBytes: sealpost.writtenBytes() - written,
    filesChanged: (await data.state()) !== before,
  }
  for (const { from, to } of [...sealpostPairs, ...barePairs]) [from, to].forEach((wire) => wire.close())
  await Promise.all([sealpost.stop(), bare.stop()])
  return result
}

function summary(shape: Shape, rounds: readonly { readonly sealpost: Rate; readonly bare: Rate }[]): RelayFigures {
  const of = (select: (round: { readonly sealpost: Rate; readonly bare: Rate }) => number): number =>
    median(rounds.map(select))
  return {
    shape,
    sealpost: {
      perSecond: of(({ sealpost }) => sealpost.perSecond),
      cpuMicros: of(({ sealpost }) => sealpost.cpuMicros),
    },
    bare: { perSecond: of(({ bare }) => bare.perSecond), cpuMicros: of(({ bare }) => bare.cpuMicros) },
    ratio: of(({ sealpost, bare }) => sealpost.perSecond / bare.perSecond),
    cpuRatio: of(({ sealpost, bare }) => bare.cpuMicros / sealpost.cpuMicros),
  }
}

async function sealpostPairsOn({ url }: Measured, { accounts }: DataDirectory): Promise<readonly Pair[]> {
  const made: Pair[] = []
  for (let index = 0; index < pairs; index += 1) {
    const [sender, receiver] = [accounts[2 * index], accounts[2 * index + 1]]
    if (sender === undefined || receiver === undefined) throw new Error('there are too few accounts')
    const from = await logIn(url, sender, 'SCRAM-SHA-1', 'desk')
    const to = await logIn(url, receiver, 'SCRAM-SHA-1', 'desk')
    await comeOnline(from)
    await comeOnline(to)
    made.push({ from, to, recipient: `${receiver.name}@${domain}` })
  }
  return made
}

async function barePairsOn({ url }: Measured): Promise<readonly Pair[]> {
  const made: Pair[] = []
  for (let index = 0; index < pairs; index += 1) {
    const to = await Wire.connect(`${url}?from=to${index}&to=from${index}`)
    const from = await Wire.connect(`${url}?from=from${index}&to=to${index}`)
    made.push({ from, to, recipient: `user${2 * index + 1}@${domain}` })
  }
  return made
}

/** Resolves when all that was sent has arrived: nothing is lost, or this never ends. */
async function relay(
  program: Measured,
  all: readonly Pair[],
  shape: Shape,
  seconds: number,
): Promise<Rate & { readonly count: number }> {
  const cpu = program.cpuSeconds()
  const start = performance.now()
  const until = start + seconds * 1000
  const counts = await Promise.all(all.map((pair) => pump(pair, shape, until)))
  const count = counts.reduce((sum, each) => sum + each, 0)
  const elapsed = (performance.now() - start) / 1000
  return { count, perSecond: count / elapsed, cpuMicros: ((program.cpuSeconds() - cpu) / count) * 1e6 }
}

/** For every message that arrives the next one is sent. Resolves with how many arrived. */
function pump({ from, to, recipient }: Pair, shape: Shape, until: number): Promise<number> {
  const frame = clientFrame(messageTo(recipient, shape))
  let arrived = 0
  let open = inFlight
  return new Promise((resolve) => {
    to.count((frames) => {
      arrived += frames
      if (performance.now() < until) return from.write(frame, frames)
      open -= frames
      if (open === 0) resolve(arrived)
    })
    from.write(frame, inFlight)
  })
}
