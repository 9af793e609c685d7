// Compares the book with what is there: on the disk after each kill, and in the readers' and the services' hands in the end.

import { certainOf, isAcknowledged } from './certain.js'
import type { Disk } from './disk.js'
import type { Ledger, Message, Registration } from './ledger.js'
import { miscounted, missing, type Sheet, sheetsOf, uncounted, type Waiting } from './pushes.js'
import { forgotten } from './registered.js'
import { ivsIn, repeatsIn } from './repeats.js'

export interface Summary {
  readonly acknowledged: number
  /** Acknowledged, but in hand at a kill: not asked about. */
  readonly inHand: number
  /** Of these, how many nobody has seen again. */
  readonly inHandGone: number
  readonly lost: number
  readonly owed: number
  readonly published: number
  /** Told by a newer push that counts them. */
  readonly merged: number
  readonly unpublished: number
  readonly duplicates: number
  readonly ivs: number
  readonly faults: readonly string[]
}

export class Verdict {
  readonly #ledger: Ledger
  readonly #certain = new Set<Message>()
  readonly #faults: string[] = []
  /** Told once, at the first kill after which it was not there. */
  readonly #lost = new Set<Message>()
  readonly #unpublished = new Set<string>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** After a kill: what is certain and has no reader waits on the disk; what is owed and not answered, too. */
  afterKill(life: number, { kept, owed, registered, integrity }: Disk): void {
    const ledger = this.#ledger
    this.#checkIntegrity(`after the kill of life ${life}`, integrity)
    for (const { token, id } of [...kept, ...owed]) ledger.seen(token, id, undefined)
    this.#closes(life, ledger.kills.get(life))
    this.#faults.push(
      ...forgotten(ledger.registrations, registered).map((what) => `after the kill of life ${life} ${what}`),
    )
    const there = new Set(kept.map(({ token }) => token))
    this.#losesAll(life, (message) => there.has(message.token))
    const waiting = owed.flatMap(({ service, node, token }): Waiting | [] => {
      const registration = ledger.registration(service, node)
      return registration === undefined ? [] : { registration, message: ledger.messages.get(token) }
    })
    for (const sheet of this.#sheets()) this.#misses(life, sheet, waiting)
  }

  /** True when all that is owed was published: nothing is left to wait for. */
  isAllPublished(life: number): boolean {
    const certain = new Set([...this.#certain, ...certainOf(this.#ledger, life, undefined)])
    return sheetsOf(this.#ledger, certain).every((sheet) => missing(sheet, [], this.#ledger).length === 0)
  }

  /** True when every message that must have a reader has one. */
  isAllRead(): boolean {
    return [...this.#certain].every(({ readers }) => readers.size > 0)
  }

  /** The last life is over, and nobody killed it. */
  closes(life: number): void {
    this.#closes(life, undefined)
  }

  /** In the end: nothing waits anywhere any more. */
  inTheEnd(life: number, integrity: string): Summary {
    const ledger = this.#ledger
    this.#checkIntegrity('in the end', integrity)
    this.#losesAll(life, () => false)
    const sheets = this.#sheets()
    for (const sheet of sheets) {
      this.#misses(life, sheet, [])
      this.#faults.push(...miscounted(sheet, ledger), ...[uncounted(sheet, ledger) ?? []].flat())
    }
    const [repeats, ivs] = [repeatsIn(ledger), ivsIn(ledger)]
    this.#faults.push(...repeats.faults, ...ivs.faults, ...ledger.faults, ...this.#refusals())
    return { ...this.#counts(sheets), duplicates: repeats.aroundKills, ivs: ivs.count, faults: this.#faults }
  }

  /** Adds what is no business of the book. */
  fault(text: string): void {
    this.#faults.push(text)
  }

  #closes(life: number, killed: number | undefined): void {
    for (const message of certainOf(this.#ledger, life, killed)) this.#certain.add(message)
  }

  #sheets(): readonly Sheet[] {
    return sheetsOf(this.#ledger, this.#certain)
  }

  #losesAll(life: number, isThere: (message: Message) => boolean): void {
    for (const message of this.#certain) {
      if (message.readers.size > 0 || isThere(message) || this.#lost.has(message)) continue
      this.#lost.add(message)
      this.#faults.push(`lost by the end of life ${life}: ${this.#describe(message)}`)
    }
  }

  #misses(life: number, sheet: Sheet, waiting: readonly Waiting[]): void {
    const { service, node } = sheet.registration
    for (const message of missing(sheet, waiting, this.#ledger)) {
      const name = nameOf(sheet.registration, message)
      if (this.#unpublished.has(name)) continue
      this.#unpublished.add(name)
      this.#faults.push(`no push by the end of life ${life} to ${node} at ${service}: ${this.#describe(message)}`)
    }
  }

  #describe({ token, kind, from, to, life, sent, acknowledged }: Message): string {
    const killed = this.#ledger.kills.get(life)
    const before = (time: number | undefined): string =>
      time === undefined
        ? 'never'
        : killed === undefined
          ? `at ${time.toFixed(0)}`
          : `${(killed - time).toFixed(0)} ms before the kill`
    return `${token} (${kind}, from ${from} to ${to}, sent ${before(sent)}, acknowledged ${before(acknowledged)})`
  }

  #refusals(): readonly string[] {
    return [...this.#ledger.messages.values()].flatMap(({ token, refused }) =>
      refused === undefined ? [] : `${token} came back with ${refused}`,
    )
  }

  #checkIntegrity(when: string, integrity: string): void {
    if (integrity !== 'ok') this.#faults.push(`the database is not whole ${when}: ${integrity}`)
  }

  #counts(sheets: readonly Sheet[]): Omit<Summary, 'duplicates' | 'ivs' | 'faults'> {
    const acknowledged = [...this.#ledger.messages.values()].filter(isAcknowledged)
    const inHand = acknowledged.filter((message) => !this.#certain.has(message))
    const owed = sheets.reduce((sum, sheet) => sum + sheet.owed.length, 0)
    const published = sheets.reduce((sum, sheet) => sum + this.#published(sheet), 0)
    return {
      acknowledged: acknowledged.length,
      inHand: inHand.length,
      inHandGone: inHand.filter(({ readers }) => readers.size === 0).length,
      lost: this.#lost.size,
      owed,
      published,
      merged: sheets.reduce((sum, sheet) => sum + this.#merged(sheet), 0),
      unpublished: this.#unpublished.size,
    }
  }

  #published({ owed, publishes }: Sheet): number {
    const told = this.#toldIn(publishes)
    return owed.filter((message) => told.has(message)).length
  }

  #merged({ registration, owed, publishes }: Sheet): number {
    const told = this.#toldIn(publishes)
    return owed.filter((message) => !told.has(message) && !this.#unpublished.has(nameOf(registration, message))).length
  }

  #toldIn(publishes: Sheet['publishes']): ReadonlySet<Message | undefined> {
    return new Set(publishes.map((publish) => this.#ledger.messageOf(publish)))
  }
}

function nameOf({ node }: Registration, { token }: Message): string {
  return `${node} ${token}`
}
