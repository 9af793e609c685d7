// One service: what waits for it, and what is on its way to it. What waits in memory are keys only, and not all of them: the rest
// stays on disk until there is room. So a slow service holds up nobody else, and one account none of the others.

import type { Context } from '../../server/extension.js'
import { parseJid } from '../../server/jid.js'
import type { DebtKey, DueDebt } from '../../storage/messages.js'
import type { BurstLimit } from './burst.js'
import type { Busy } from './busy.js'
import { isCallTopic } from './call.js'
import { FairQueue, type Waiting } from './fair-queue.js'
import { isFaultOfService } from './outcome.js'
import { Pace } from './pace.js'
import type { Attempt, Fresh, Sender } from './sender.js'

/** With so many read ahead no more are read; with so few left it is time to. */
const enough = 1000
const few = 250
/** The same for one account. */
const enoughOfAccount = 125
const fewOfAccount = 30
const pageSize = 200
/** What is tried again at once after a fault of ours fails again at once. */
const faultPauseMs = 10_000
/** What falls due within so short a time is read together. */
const leastSleepMs = 100
/** Timers are bound to 2³¹ ms; nothing is ever due so late. */
const longestSleepMs = 60 * 60 * 1000

export interface OutletParts {
  readonly context: Context<'messages'>
  readonly sender: Sender
  readonly burst: BurstLimit
  readonly busy: Busy
}

/** A debt that waits, with the names under which it does. */
interface Owed extends Waiting {
  readonly key: DebtKey
  readonly registration: string
  readonly isCall: boolean
}

export class Outlet {
  readonly domain: string
  readonly #service: string
  readonly #parts: OutletParts
  readonly #pace = new Pace()
  readonly #calls = new FairQueue<Owed>()
  readonly #others = new FairQueue<Owed>()
  /** How many slots each account has. */
  readonly #slots = new Map<string, number>()
  /** What is being published, by turn. */
  readonly #sending = new Map<string, number>()
  /** What was published and is being written down: its turn is over, but on disk it is still owed. */
  readonly #noting = new Set<number>()
  /** What waits for its own turn to end, or for its registration's next token. */
  readonly #held = new Map<string, Owed>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #alarm: { readonly due: number; readonly timer: NodeJS.Timeout } | undefined
  /** There may be more on disk: of anybody, or of these accounts. */
  #isCut = false
  readonly #cutAccounts = new Set<string>()
  #wanted = false
  #reading = false
  /** A call that goes out although the service rests. */
  #bold: number | undefined
  #over = false

  constructor(service: string, parts: OutletParts) {
    this.#service = service
    this.domain = parseJid(service).domain
    this.#parts = parts
  }

  /** Owed since a moment ago. It goes out at once if it can; else it is one of those on disk. */
  kept(fresh: Fresh): void {
    if (this.#isAway()) return
    this.#add(owedBy(fresh.debt))
    this.#advance(fresh)
  }

  /** Something may be due on disk. */
  wake(): void {
    this.#wanted = true
    if (this.#reading || this.#over) return
    this.#reading = true
    this.#parts.context.later(async () => {
      try {
        while (this.#wanted && !this.#over) await this.#read()
      } catch (reason) {
        this.#parts.context.log.error('what is owed could not be read: tried again soon', {}, reason)
        this.#wakeAt(this.#now() + faultPauseMs)
      } finally {
        this.#reading = false
      }
    })
  }

  /** The component has connected. */
  returned(): void {
    this.#pace.startsAnew()
    this.wake()
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#alarm?.timer)
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** Whether this debt is on its way now. */
  isSending(key: DebtKey): boolean {
    return this.#noting.has(key.id) || this.#sending.get(owedBy(key).turn) === key.id
  }

  /** It knows of nothing that it would have to be asked about again. */
  get isIdle(): boolean {
    const { open, waiting, isResting } = this.stats
    const isQuiet = open === 0 && waiting === 0 && !isResting && this.#noting.size === 0 && this.#timers.size === 0
    return isQuiet && this.#alarm === undefined && !this.#reading && !this.#isCut && this.#cutAccounts.size === 0
  }

  get stats(): { readonly open: number; readonly waiting: number; readonly isResting: boolean } {
    const waiting = this.#calls.size + this.#others.size + this.#held.size
    return { open: this.#pace.open, waiting, isResting: this.#pace.restsUntil(this.#now()) !== undefined }
  }

  async #read(): Promise<void> {
    this.#wanted = false
    if (this.#isAway()) return
    const { messages } = this.#parts.context.stores
    const now = this.#now()
    this.#wakeAt(await messages.nextDue(this.#service, now))
    this.#wakeAt(this.#pace.restsUntil(now))
    this.#isCut = false
    this.#cutAccounts.clear()
    for (let after: DueDebt | undefined; !this.#over;) {
      const except = [...this.#cutAccounts]
      const page: readonly DueDebt[] = await messages.due(this.#service, { after, now, count: pageSize, except })
      for (const key of page) this.#add(owedBy(key))
      this.#advance()
      after = page.at(-1)
      if (page.length < pageSize || this.#isFull()) return
    }
  }

  /** There was no room for all that was read. */
  #isFull(): boolean {
    return this.#isCut
  }

  /** Of one turn only the newest is of interest. What is known already is not taken in twice. */
  #add(owed: Owed): void {
    const { turn, account, key } = owed
    if (this.#noting.has(key.id) || this.#sending.get(turn) === key.id) return
    if (this.#sending.has(turn) || this.#held.has(turn)) {
      this.#held.set(turn, owed)
      return
    }
    const queue = owed.isCall ? this.#calls : this.#others
    if (queue.has(owed)) queue.add(owed)
    else if (queue.size >= enough) this.#isCut = true
    else if (queue.countOf(account) >= enoughOfAccount) this.#cutAccounts.add(account)
    else queue.add(owed)
  }

  /** Leaves what cannot go now where it is: its turn comes when a slot is free, or the service is there. */
  #advance(fresh?: Fresh): void {
    if (this.#over) return
    if (this.#isAway()) return this.#forget()
    const now = this.#now()
    for (let owed = this.#next(now); owed !== undefined; owed = this.#next(now)) {
      const wait = owed.isCall ? 0 : this.#parts.burst.take(owed.registration, now)
      if (wait > 0) this.#rest(owed, wait)
      else this.#start(owed, owed.key.id === fresh?.debt.id ? fresh : undefined, now)
    }
    if (this.#isShort(now)) this.wake()
  }

  /** Calls first: they ring now or never. */
  #next(now: number): Owed | undefined {
    if (this.#pace.mayBegin(now)) return this.#calls.take(this.#mayTake) ?? this.#others.take(this.#mayTake)
    if (this.#bold !== undefined || this.#pace.restsUntil(now) === undefined) return undefined
    const call = this.#calls.take(anybody)
    this.#bold = call?.key.id
    return call
  }

  readonly #mayTake = (account: string): boolean => (this.#slots.get(account) ?? 0) < this.#pace.share

  /** It comes to its end, and there may be more on disk that can go. */
  #isShort(now: number): boolean {
    if (!this.#pace.mayBegin(now)) return false
    if (this.#isCut && this.#others.size <= few && this.#calls.size <= few) return true
    for (const account of this.#cutAccounts)
      if (this.#others.countOf(account) <= fewOfAccount && this.#calls.countOf(account) <= fewOfAccount) return true
    return false
  }

  #start(owed: Owed, fresh: Fresh | undefined, now: number): void {
    this.#parts.busy.begins()
    const era = this.#takeSlot(owed, now)
    void this.#follow(owed, this.#parts.sender.attempt(owed.key, fresh), era)
  }

  async #follow(owed: Owed, attempting: Promise<Attempt>, era: number): Promise<void> {
    let hasSlot = true
    try {
      const attempt = await attempting
      this.#giveSlot(owed)
      hasSlot = false
      this.#learn(attempt, owed, era)
      if (isPublished(attempt)) await this.#note(attempt, owed)
      else this.#ended(owed, await this.#parts.sender.conclude(attempt))
    } catch (reason) {
      this.#parts.context.log.error('a push could not be sent: tried again soon', {}, reason)
      if (hasSlot) this.#giveSlot(owed)
      this.#endTurn(owed)
      this.#rest(owed, faultPauseMs)
      this.#advance()
    } finally {
      this.#parts.busy.ends()
    }
  }

  /** The next of its turn need not wait for the disk. */
  async #note(attempt: Attempt, owed: Owed): Promise<void> {
    const { id } = owed.key
    this.#noting.add(id)
    this.#endTurn(owed)
    this.#release(owed.turn)
    this.#advance()
    try {
      await this.#parts.sender.conclude(attempt)
    } finally {
      this.#noting.delete(id)
    }
  }

  #ended(owed: Owed, again: number | undefined): void {
    this.#endTurn(owed)
    if (again !== undefined && again <= this.#now() && !this.#held.has(owed.turn)) this.#held.set(owed.turn, owed)
    else this.#wakeAt(again)
    this.#release(owed.turn)
    this.#advance()
  }

  #learn(attempt: Attempt, { registration }: Owed, era: number): void {
    if (attempt.kind !== 'answered') return
    const { word } = attempt.outcome
    if (!isFaultOfService(word)) {
      this.#pace.answered()
      return
    }
    const now = this.#now()
    if (!this.#pace.failed(registration, era, now)) return
    const until = this.#pace.restsUntil(now) ?? now
    const seconds = Math.round((until - now) / 1000)
    this.#parts.context.log.info('a push service rests', { service: this.#service, answer: word, seconds })
    this.#wakeAt(until)
  }

  #takeSlot({ account, turn, key }: Owed, now: number): number {
    this.#slots.set(account, (this.#slots.get(account) ?? 0) + 1)
    this.#sending.set(turn, key.id)
    return this.#pace.begins(now)
  }

  #giveSlot({ account, key }: Owed): void {
    this.#pace.ends()
    const left = (this.#slots.get(account) ?? 1) - 1
    if (left === 0) this.#slots.delete(account)
    else this.#slots.set(account, left)
    if (this.#bold === key.id) this.#bold = undefined
  }

  #endTurn({ turn, key }: Owed): void {
    if (this.#sending.get(turn) === key.id) this.#sending.delete(turn)
  }

  /** Takes no slot meanwhile. What comes for the same turn takes its place. */
  #rest(owed: Owed, wait: number): void {
    const { turn } = owed
    // Something newer has its turn.
    if (this.#over || this.#sending.has(turn) || this.#held.has(turn)) return
    this.#held.set(turn, owed)
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#release(turn)
      this.#advance()
    }, wait)
    timer.unref()
    this.#timers.add(timer)
  }

  /** What waits for this turn joins the others again. */
  #release(turn: string): void {
    const next = this.#held.get(turn)
    this.#held.delete(turn)
    if (next !== undefined) (next.isCall ? this.#calls : this.#others).add(next)
  }

  #wakeAt(due: number | undefined): void {
    if (due === undefined || this.#over || (this.#alarm !== undefined && this.#alarm.due <= due)) return
    clearTimeout(this.#alarm?.timer)
    const wait = Math.min(longestSleepMs, Math.max(leastSleepMs, due - this.#now()))
    const timer = setTimeout(() => {
      this.#alarm = undefined
      this.wake()
    }, wait)
    timer.unref()
    this.#alarm = { due, timer }
  }

  /** All of it is on disk, and is read when the service is there. */
  #forget(): void {
    this.#calls.clear()
    this.#others.clear()
  }

  /** A component of ours that is not connected says so when it comes. */
  #isAway(): boolean {
    const { context } = this.#parts
    return context.isComponent(this.domain) && !context.components().includes(this.domain)
  }

  #now(): number {
    return this.#parts.context.clock.now()
  }
}

const anybody = (): boolean => true

function isPublished(attempt: Attempt): boolean {
  return attempt.kind === 'answered' && attempt.outcome.kind === 'published'
}

/** Messages of one registration go one after the other, so that the newest is what is sent last; a call waits for none of them. No name has U+0000. */
function owedBy({ id, account, service, node, topic }: DebtKey): Owed {
  const registration = `${account}\0${node}`
  return {
    key: { id, account, service, node, topic },
    account,
    turn: `${registration}\0${topic ?? id}`,
    registration: `${registration}\0${service}`,
    isCall: isCallTopic(topic),
  }
}
