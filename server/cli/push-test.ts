// `sealpost push test JID`: what each of the account's services says to a test notification.

import type { PushTest } from '../index.js'

export const testHeading = ['SERVICE', 'NODE', 'ANSWER']

/** The cells of one test. */
export function testRow({ service, node, outcome, answeredInMs }: PushTest): readonly string[] {
  const answer = answeredInMs === undefined ? outcome : `${outcome} in ${answeredInMs} ms`
  return [service, node ?? '(none)', answer]
}

/** What does not apply is null. */
export function testJson(test: PushTest): Readonly<Record<string, unknown>> {
  const { account, service, node, works, outcome, answeredInMs } = test
  return { account, service, node: node ?? null, works, outcome, answeredInMs: answeredInMs ?? null }
}

/** Why the command failed, or undefined when at least one service took the test. */
export function testFailure(account: string, tests: readonly PushTest[]): string | undefined {
  if (tests.some(({ works }) => works)) return undefined
  return tests.length === 0
    ? `${account} has no active registration: \`sealpost push list ${account}\` shows those it has`
    : 'no service took the test'
}
