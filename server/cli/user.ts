// `sealpost user …`: makes, changes, removes and lists accounts.

import type { Command } from 'commander'
import type { Administration } from '../administration.js'
import { accountArgument } from './account.js'
import { dataConfig, withDataFlags, type DataFlags } from './flags.js'
import { withAdministration } from './open-administration.js'
import { readPassword } from './password.js'
import { print, printJson } from './print.js'

interface PasswordFlags extends DataFlags {
  readonly passwordStdin?: boolean
}

interface ListFlags extends DataFlags {
  readonly json?: boolean
}

export function addUser(program: Command): void {
  const user = program.command('user').description('make, change, remove and list accounts')
  withPasswordFlags(user.command('add <jid>'))
    .description('make an account; takes effect at once')
    .action((jid: string, flags: PasswordFlags) => givePassword(jid, flags, 'make', add))
  withPasswordFlags(user.command('passwd <jid>'))
    .description('give an account another password; its sessions end at once')
    .action((jid: string, flags: PasswordFlags) => givePassword(jid, flags, 'refuse', changePassword))
  withDataFlags(user.command('remove <jid>'))
    .description('remove an account and everything of its own; its sessions end at once')
    .action(remove)
  withDataFlags(user.command('list'))
    .option('--json', 'print a JSON array')
    .description('list all accounts')
    .action(list)
}

function withPasswordFlags(command: Command): Command {
  return withDataFlags(command).option('--password-stdin', 'read the password from one line of stdin')
}

type Change = (administration: Administration, account: string, password: string) => Promise<void>

async function givePassword(
  jid: string,
  flags: PasswordFlags,
  absent: 'make' | 'refuse',
  change: Change,
): Promise<void> {
  const config = dataConfig(flags)
  const account = accountArgument(jid, config.domains[0] ?? '')
  const io = { input: process.stdin, output: process.stderr }
  const password = await readPassword(io, flags.passwordStdin === true)
  await withAdministration(config, absent, (administration) => change(administration, account, password))
}

async function add({ users }: Administration, account: string, password: string): Promise<void> {
  await users.create(account, password)
  print(`${account} has an account now`)
}

async function changePassword({ users }: Administration, account: string, password: string): Promise<void> {
  await users.setPassword(account, password)
  print(`${account} has another password now`)
}

async function remove(jid: string, flags: DataFlags): Promise<void> {
  const config = dataConfig(flags)
  const account = accountArgument(jid, config.domains[0] ?? '')
  await withAdministration(config, 'refuse', ({ users }) => users.remove(account))
  print(`${account} is removed`)
}

async function list(flags: ListFlags): Promise<void> {
  const users = await withAdministration(dataConfig(flags), 'refuse', (administration) => administration.users.list())
  if (flags.json === true) printJson(users)
  else users.forEach(print)
}
