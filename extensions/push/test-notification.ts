// A test notification: described, sealed and published as any other, but owed by nobody: it is sent once, and not kept.

import { randomUUID } from 'node:crypto'
import type { Context } from '../../server/extension.js'
import type { Folds } from '../../server/hooks.js'
import { parseJid } from '../../server/jid.js'
import type { Element } from '../../server/xml.js'
import type { Registration } from '../../storage/push.js'
import type { PushTest, Summary } from './hooks.js'
import { plainNotification, type Plain, publishElement } from './notification.js'
import { outcomeOf } from './outcome.js'

type PushContext = Context<'push'>

const answerTimeoutMs = 30_000

/**
 * Sends one to each of the account's active registrations, or to the one that is meant, all at once.
 * Gives what each service answered, beside what was known before. What an answer means for a registration it means here too.
 */
export async function testPush(
  tests: readonly PushTest[],
  { account, only }: Folds['push:test']['subject'],
  context: PushContext,
  plain: Plain,
): Promise<readonly PushTest[]> {
  const { push } = context.stores
  const meant = only === undefined ? await push.of(account) : [await push.find(account, only.service, only.node)]
  const active = meant.filter((one) => one !== undefined).filter(({ state }) => state === 'active')
  const answered = await Promise.all(active.map((registration) => test(registration, context, plain)))
  return [...tests, ...answered]
}

async function test(registration: Registration, context: PushContext, plain: Plain): Promise<PushTest> {
  const { account, service, node } = registration
  const tested = { account, service, node: node === '' ? undefined : node }
  const payload = await payloadFor(registration, context, plain)
  if (payload === undefined) {
    const outcome =
      (await context.hooks.fold('push:over', undefined, { registration })) ?? 'it does not fit the max-size'
    return { ...tested, works: false, outcome, answeredInMs: undefined }
  }
  const begun = performance.now()
  const from = parseJid(account).domain
  const answer = await context.ask(parseJid(service), 'set', payload, { from, timeoutMs: answerTimeoutMs })
  const answeredInMs = answer.kind === 'timeout' ? undefined : Math.round(performance.now() - begun)
  const outcome = outcomeOf(answer)
  await note(registration, outcome, context)
  return { ...tested, works: outcome.kind === 'published', outcome: outcome.word, answeredInMs }
}

async function payloadFor(
  registration: Registration,
  { hooks }: PushContext,
  plain: Plain,
): Promise<Element | undefined> {
  const summary = testSummary(parseJid(registration.account).domain)
  const notification = await hooks.fold('push:wrap', plainNotification(summary, plain), { summary, registration })
  return notification && publishElement(notification, randomUUID(), registration)
}

function testSummary(domain: string): Summary {
  return {
    unread: 1,
    sender: domain,
    type: 'chat',
    message: 'This is a test',
    isWritten: false,
    nickname: undefined,
    sid: undefined,
    media: undefined,
    id: undefined,
    omemo: [],
  }
}

/** A node that is over is over, whoever asked (contract §4.4). */
async function note(
  registration: Registration,
  { kind, word }: ReturnType<typeof outcomeOf>,
  { stores, hooks, clock }: PushContext,
): Promise<void> {
  const { account, service, node, created } = registration
  const now = clock.now()
  await stores.push.answered(account, service, node, word, now)
  if (kind !== 'refused') return
  const disabled = await stores.push.disable(account, service, node, created, word, now)
  if (disabled) await hooks.notify('push:disabled', { registration, reason: word })
}
