// `sealpost push …`: what push registrations there are, and how they fare (XEP-0357).

import type { Command } from 'commander'
import type { RegistrationReport } from '../index.js'
import { accountArgument } from './account.js'
import { dataConfig, withDataFlags, type DataFlags } from './flags.js'
import { withAdministration } from './open-administration.js'
import { print, printJson, tableLines } from './print.js'

interface ListFlags extends DataFlags {
  readonly json?: boolean
}

export function addPush(program: Command): void {
  const push = program.command('push').description('look at push registrations')
  withDataFlags(push.command('list [jid]'))
    .option('--json', 'print a JSON array')
    .description('list the registrations of one account or of all')
    .action(list)
}

async function list(jid: string | undefined, flags: ListFlags): Promise<void> {
  const config = dataConfig(flags)
  const account = jid === undefined ? undefined : accountArgument(jid, config.domains[0] ?? '')
  const reports = await withAdministration(config, 'refuse', (administration) => administration.registrations(account))
  if (flags.json === true) printJson(reports.map(asJson))
  else if (reports.length === 0) print('no registrations')
  else tableLines([heading, ...reports.map(row)]).forEach(print)
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
    created: time(report.created),
    lastResult: lastResult === undefined ? null : { at: time(lastResult.at), outcome: lastResult.outcome },
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
    time(created),
    lastResult === undefined ? 'never published' : `${lastResult.outcome} at ${time(lastResult.at)}`,
  ]
}

function device({ deviceId, deviceKnown }: RegistrationReport): string {
  if (deviceId === undefined) return 'none'
  return deviceKnown === false ? `${deviceId} (not in the account's device lists)` : String(deviceId)
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
