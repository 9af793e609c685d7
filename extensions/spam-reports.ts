// XEP-0377: what somebody says of whom they block, in the log, for the operator.

import { type Clock, type Context, defineExtension } from '../server/extension.js'
import type { Notices } from '../server/hooks.js'
import { attr, child, type Element, text } from '../server/xml.js'
import type {} from './blocking/hooks.js'

const NS = 'urn:xmpp:reporting:1'
const STANZA_ID = 'urn:xmpp:sid:0'

/** What a log line holds of a report, in characters each. */
const mostCharacters = 500
const mostMessages = 20
/** How many reports of one account are logged within an hour: a log is not to be filled by whoever is angry. */
const mostReports = 50
const hourMs = 3_600_000

/** What each account has reported lately is counted for each server apart. */
export const spamReports = () => {
  const counts = new Counts()
  return defineExtension({
    name: 'spam-reports',
    xeps: ['XEP-0377 0.4.1'],
    requires: ['blocking'],
    features: { server: [NS] },
    on: { 'jid:blocked': (block, context) => note(block, counts, context) },
    stop: () => counts.clear(),
  })
}

/** A report without a reason is none; the block holds all the same (§6). */
function note({ account, jid, item }: Notices['jid:blocked'], counts: Counts, { log, clock }: Context): void {
  const report = child(item, 'report', NS)
  const reason = report && attr(report, 'reason')
  if (report === undefined || reason === undefined || !counts.mayReport(account, clock)) return
  log.info('somebody was reported', {
    by: account,
    jid: jid.full,
    reason: cut(reason),
    text: cut(textOf(report)),
    messages: messagesOf(report),
    forwarding: ['report-origin', 'third-party'].filter((name) => child(report, name, NS) !== undefined).join(' '),
  })
}

/** What the reporter wrote for the operator to read, in whatever languages. */
function textOf(report: Element): string {
  return report
    .getChildren('text')
    .map((element) => text(element).trim())
    .join(' / ')
}

/** The ids of the messages that it is about (XEP-0359). */
function messagesOf(report: Element): string {
  const ids = report.getChildren('stanza-id', STANZA_ID).map((element) => attr(element, 'id') ?? '')
  return ids.slice(0, mostMessages).map(cut).join(' ')
}

function cut(given: string): string {
  return given.length > mostCharacters ? `${given.slice(0, mostCharacters)}…` : given
}

/** Starts anew every hour, for everybody. */
class Counts {
  readonly #reports = new Map<string, number>()
  #since = 0

  mayReport(account: string, clock: Clock): boolean {
    const now = clock.now()
    if (now - this.#since >= hourMs) {
      this.#since = now
      this.#reports.clear()
    }
    const reports = this.#reports.get(account) ?? 0
    this.#reports.set(account, reports + 1)
    return reports < mostReports
  }

  clear(): void {
    this.#reports.clear()
  }
}
