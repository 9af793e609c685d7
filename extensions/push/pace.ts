// How many publishes may wait for one service's answer: more with every answer, none while it rests after faults of its own. When
// its rest is over one goes ahead to see, and with each answer more follow: a probe rather than a stampede. Pure.

/** A service that nothing is known of. */
const firstWindow = 16
const widestWindow = 512
/** So many registrations in a row, and none between them that was answered: it is the service, and not one of its nodes. */
const faultsBeforeRest = 3
const firstRestMs = 15_000
const longestRestMs = 5 * 60 * 1000

interface Rest {
  readonly until: number
  /** Before jitter. */
  readonly wholeMs: number
}

export class Pace {
  readonly #random: () => number
  #window = firstWindow
  #era = 0
  #open = 0
  #rest: Rest | undefined
  /** The registrations whose publishes failed in a row. */
  readonly #faults = new Set<string>()

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** How many wait for an answer. */
  get open(): number {
    return this.#open
  }

  /** Of one account only so many at a time, or the others would wait for its answers. */
  get share(): number {
    return Math.max(1, this.#window >> 2)
  }

  /** When its rest is over, while it rests. A clock that was set back does not make it longer. */
  restsUntil(now: number): number | undefined {
    const until = this.#rest?.until
    return until === undefined || until <= now || until > now + longestRestMs ? undefined : until
  }

  mayBegin(now: number): boolean {
    return this.restsUntil(now) === undefined && this.#open < this.#window
  }

  /** It takes a slot. Gives the era in which it is sent: what is sent while the service rests belongs to the one before. */
  begins(now: number): number {
    this.#open += 1
    return this.restsUntil(now) === undefined ? this.#era : this.#era - 1
  }

  /** The slot is free, and nothing was learned. */
  ends(): void {
    this.#open -= 1
  }

  /** The service has answered: it is there, whatever it thinks of this registration. */
  answered(): void {
    if (this.#rest !== undefined) this.startsAnew()
    this.#faults.clear()
    this.#window = Math.min(widestWindow, this.#window + 1)
  }

  /** The service did not answer, or said that it cannot do its work. True when that begins a rest. */
  failed(registration: string, era: number, now: number): boolean {
    // What was sent before it rested, or before it came back, says nothing new.
    if (era !== this.#era) return false
    this.#faults.add(registration)
    if (this.#rest === undefined && this.#faults.size < faultsBeforeRest) return false
    const wholeMs = Math.min(longestRestMs, this.#rest === undefined ? firstRestMs : 2 * this.#rest.wholeMs)
    this.#rest = { until: now + wholeMs * (0.5 + this.#random() / 2), wholeMs }
    this.#beginsEra()
    return true
  }

  /** It has come back: the next one is a probe. */
  startsAnew(): void {
    this.#rest = undefined
    this.#beginsEra()
  }

  #beginsEra(): void {
    this.#era += 1
    this.#faults.clear()
    this.#window = 1
  }
}
