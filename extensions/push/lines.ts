// Who waits for what before a push can go: a line and a bounded number of slots for each service, so that a slow one holds up
// nobody else, and one turn for each registration and topic. Keys only, and not all of them: the rest stays on disk.

import { parseJid } from '../../server/jid.js'
import type { DebtKey } from '../../storage/messages.js'

/** So many publishes may wait for one service's answer. */
const slots = 32
/** With so many read ahead no more are read: not each free slot shall be a look at the disk. */
const enough = 150

interface Line {
  readonly domain: string
  open: number
  /** By turn, in the order of coming. */
  readonly waiting: Map<string, DebtKey>
  /** There may be more on disk that was not taken in. */
  isCut: boolean
}

export class Lines {
  readonly #isAway: (domain: string) => boolean
  readonly #lines = new Map<string, Line>()
  /** What is being published, by turn. */
  readonly #busy = new Map<string, number>()
  /** What waits for its own turn to end, or rests. */
  readonly #held = new Map<string, DebtKey>()

  /** @param isAway tells of a domain whether it cannot be asked now, and will be heard of when it can */
  constructor(isAway: (domain: string) => boolean) {
    this.#isAway = isAway
  }

  /** What is read from here on begins with the oldest: nothing is left out but what `closed` names. */
  beginsAnew(): void {
    for (const [service, line] of this.#lines) {
      // Forgotten, it would be read to learn once more that it is away.
      if (this.#isAway(line.domain)) continue
      line.isCut = false
      this.#forgetIdle(service, line)
    }
  }

  /** The services of which nothing more is to be read now. */
  closed(): readonly string[] {
    return [...this.#lines].flatMap(([service, line]) => {
      if (line.waiting.size < enough && !this.#isAway(line.domain)) return []
      line.isCut = true
      return service
    })
  }

  /** Of one turn only the newest is of interest. What is known already is not taken in twice. */
  add(key: DebtKey): void {
    const turn = turnOf(key)
    if (this.#busy.get(turn) === key.id) return
    const mustWait = this.#busy.has(turn) || this.#held.has(turn)
    const place = mustWait ? this.#held : this.#lineOf(key.service).waiting
    place.set(turn, key)
  }

  /** Takes the next of the line, if it can go. */
  next(service: string): DebtKey | undefined {
    const line = this.#lines.get(service)
    if (line === undefined || line.open >= slots) return undefined
    if (this.#isAway(line.domain)) {
      line.waiting.clear()
      line.isCut = true
      return undefined
    }
    const [first] = line.waiting
    if (first === undefined) return undefined
    line.waiting.delete(first[0])
    return first[1]
  }

  /** It takes a slot and its turn. */
  begins(key: DebtKey): void {
    this.#busy.set(turnOf(key), key.id)
    this.#lineOf(key.service).open += 1
  }

  ends(key: DebtKey): void {
    this.#busy.delete(turnOf(key))
    this.#lineOf(key.service).open -= 1
  }

  /** Whatever comes for this turn waits until `release`, and takes no slot meanwhile. */
  hold(key: DebtKey): void {
    const turn = turnOf(key)
    if (!this.#held.has(turn)) this.#held.set(turn, key)
  }

  /** What waits for this turn joins the line again. */
  release(key: DebtKey): void {
    const turn = turnOf(key)
    const next = this.#held.get(turn)
    this.#held.delete(turn)
    if (next !== undefined) this.#lineOf(next.service).waiting.set(turn, next)
  }

  /** True when the line has come to its end, and there may be more on disk that can go. */
  isShort(service: string): boolean {
    const line = this.#lines.get(service)
    if (line === undefined) return false
    this.#forgetIdle(service, line)
    return line.isCut && line.waiting.size === 0 && line.open < slots && !this.#isAway(line.domain)
  }

  #lineOf(service: string): Line {
    const known = this.#lines.get(service)
    if (known !== undefined) return known
    const line: Line = { domain: parseJid(service).domain, open: 0, waiting: new Map(), isCut: false }
    this.#lines.set(service, line)
    return line
  }

  #forgetIdle(service: string, line: Line): void {
    if (line.open === 0 && line.waiting.size === 0 && !line.isCut) this.#lines.delete(service)
  }
}

/** Messages of one registration go one after the other, so that the newest is what is sent last; a call waits for none of them. */
function turnOf({ id, account, service, node, topic }: DebtKey): string {
  return JSON.stringify([account, service, node, topic ?? id])
}
