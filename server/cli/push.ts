// `sealpost push …`: what push registrations there are, how they fare, and why (XEP-0357).

import type { Command } from 'commander'
import { Failure } from '../failure.js'
import type { RegistrationReport } from '../index.js'
import { accountArgument } from './account.js'
import { dataConfig, withDataFlags, type DataFlags } from './flags.js'
import { withAdministration, withRunningServer } from './open-administration.js'
import { print, printJson, printNote, tableLines, timeText } from './print.js'
import { testFailure, testHeading, testJson, testRow } from './push-test.js'
import { traceHeading, traceIsPartial, traceJson, traceRow } from './push-trace.js'

interface PushFlags extends DataFlags {
  readonly json?: boolean
}

export function addPush(program: Command): void {
  const push = program.command('push').description('look at push registrations, and at what becomes of pushes')
  withDataFlags(push.command('list [jid]'))
    .option('--json', 'print a JSON array')
    .description('list the registrations of one account or of all')
    .action(list)
  withDataFlags(push.command('trace [jid]'))
    .option('--json', 'print a JSON array')
    .description('why each recent message became a push or did not, and what became of it')
    .action(trace)
  withDataFlags(push.command('test <jid>'))
    .option('--json', 'print a JSON array')
    .description("send a test notification to each of an account's registrations, and print the answers")
    .action(test)
}

async function list(jid: string | undefined, flags: PushFlags): Promise<void> {
  const config = dataConfig(flags)
  const account = jid === undefined ? undefined : accountArgument(jid, config.domains[0] ?? '')
  const reports = await withAdministration(config, 'refuse', (administration) => administration.registrations(account))
  if (flags.json === true) printJson(reports.map(asJson))
  else if (reports.length === 0) print('no registrations')
  else tableLines([heading, ...reports.map(row)]).forEach(print)
}

async function trace(jid: string | undefined, flags: PushFlags): Promise<void> {
  const config = dataConfig(flags)
  const account = jid === undefined ? undefined : accountArgument(jid, config.domains[0] ?? '')
  const entries = await withAdministration(config, 'refuse', (administration, isServed) => {
    if (!isServed) printNote(traceIsPartial(config))
    return administration.pushTrace(account)
  })
  const now = Date.now()
  if (flags.json === true) printJson(entries.map(traceJson))
  else if (entries.length === 0) print('nothing to tell')
  else tableLines([traceHeading, ...entries.map((entry) => traceRow(entry, now))]).forEach(print)
}

/** Prints the answers also when all of them are bad. */
async function test(jid: string, flags: PushFlags): Promise<void> {
  const config = dataConfig(flags)
  const account = accountArgument(jid, config.domains[0] ?? '')
  const tests = await withRunningServer(config, 'push test', (administration) => administration.testPush(account))
  if (flags.json === true) printJson(tests.map(testJson))
  else if (tests.length > 0) tableLines([testHeading, ...tests.map(testRow)]).forEach(print)
  const failure = testFailure(account, tests)
  if (failure !== undefined) throw new Failure(failure)
}

/** As the contract writes it: what does not apply is null, times are RFC 3339 UTC. */
export function asJson(report: RegistrationReport): Readonly<Record<string, unknown>> {
  const { lastResult } = report
  return {
    account: report.account,
    service: report.service,
    node: report.node ?? null,
    sealed: report.sealed,
    maxSize: report.maxSize ?? null,
    deviceId: report.deviceId ?? null,
    deviceKnown: report.deviceKnown ?? null,
    state: report.state,
    reason: report.reason ?? null,
    client: report.client,
    created: timeText(report.created),
    lastResult: lastResult === undefined ? null : { at: timeText(lastResult.at), outcome: lastResult.outcome },
  }
}

const heading = ['ACCOUNT', 'SERVICE', 'NODE', 'SEALED', 'OMEMO DEVICE', 'STATE', 'CLIENT', 'SINCE', 'LAST RESULT']

/** The cells of one registration; says in words what is odd about it. */
export function row(report: RegistrationReport): readonly string[] {
  const { account, service, node, client, created, lastResult } = report
  return [
    account,
    service,
    node ?? '(none)',
    report.sealed ? `up to ${report.maxSize ?? '?'} bytes` : 'no',
    device(report),
    report.state === 'active' ? 'active' : `disabled: ${report.reason ?? 'no reason kept'}`,
    client,
    timeText(created),
    lastResult === undefined ? 'never published' : `${lastResult.outcome} at ${timeText(lastResult.at)}`,
  ]
}

function device({ deviceId, deviceKnown }: RegistrationReport): string {
  if (deviceId === undefined) return 'none'
  return deviceKnown === false ? `${deviceId} (not in the account's device lists)` : String(deviceId)
}
