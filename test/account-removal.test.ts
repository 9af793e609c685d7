// An account that has used everything is removed, and no table of the database names it any more.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { Connection } from '../storage/sqlite/connection.js'
import { publishing, tune } from './helpers/pep.js'
import { scenario, type User, xml } from './helpers/scenario.js'

const directory = mkdtempSync(join(tmpdir(), 'sealpost-removal-'))
afterAll(() => rmSync(directory, { recursive: true }))

interface Table {
  readonly name: string
  readonly rows: number
  readonly isNamed: boolean
}

interface Column {
  readonly table: string
  readonly name: string
}

const COLUMNS = `
  select entry.name as "table", field.name as name from sqlite_schema entry join pragma_table_info(entry.name) field
  where entry.type = 'table' and entry.name not like 'sqlite_%'`

/** Every table of the file: how many rows it has, and whether any column of any of them has the text in it. */
async function tables(text: string): Promise<readonly Table[]> {
  const connection = await Connection.open(join(directory, 'sealpost.db'))
  try {
    const columns = await connection.all<Column>(COLUMNS)
    const found: Table[] = []
    for (const name of new Set(columns.map(({ table }) => table))) {
      const own = columns.filter(({ table }) => table === name)
      const holds = own.map((column) => `instr(cast("${column.name}" as text), ?1)`).join(' or ')
      const sql = `select count(*) as rows, coalesce(sum(${holds}), 0) as named from "${name}"`
      const [row] = await connection.all<{ readonly rows: number; readonly named: number }>(sql, text)
      found.push({ name, rows: row?.rows ?? -1, isNamed: (row?.named ?? -1) !== 0 })
    }
    return found
  } finally {
    await connection.close()
  }
}

/** What an account can own by its own doing, a row in every table but for what others send it. */
async function usesEverything(user: User): Promise<void> {
  await user.sends(xml`<presence/>`)
  const contact = xml`<item jid="nurse@push.localhost" name="Nurse"/>`
  await user.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster">${contact}</query></iq>`)
  const enemy = xml`<item jid="tybalt@push.localhost"/>`
  await user.asks(xml`<iq type="set"><block xmlns="urn:xmpp:blocking">${enemy}</block></iq>`)
  await user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="push.localhost" node="n1"/></iq>`)
  await user.asks(publishing({ node: 'http://jabber.org/protocol/tune', id: 'current', payload: tune('Verona') }))
  const devices = xml`<list xmlns="eu.siacs.conversations.axolotl"><device id="7"/></list>`
  await user.asks(publishing({ node: 'eu.siacs.conversations.axolotl.devicelist', id: 'current', payload: devices }))
  const notes = xml`<notes xmlns="urn:example:notes"><to>${user.account}</to></notes>`
  await user.asks(xml`<iq type="set"><query xmlns="jabber:iq:private">${notes}</query></iq>`)
  await user.asks(xml`<iq type="set"><vCard xmlns="vcard-temp"><JABBERID>${user.account}</JABBERID></vCard></iq>`)
}

scenario(
  'an account that has used everything is removed, and its name stands in no table of the database',
  async ({ romeo, mercutio, pushService, server }) => {
    await usesEverything(romeo)
    await server.idle()
    romeo.forgets()
    await romeo.leaves()
    let answer: () => void = () => undefined
    pushService.answers(() => new Promise((resolve) => (answer = () => resolve({ error: 'internal-server-error' }))))
    await mercutio.sends(xml`<message to="${romeo.account}" type="chat"><body>Where are you?</body></message>`)
    await pushService.next()

    const before = await tables(romeo.account)
    expect(before.filter(({ rows }) => rows === 0)).toEqual([])
    expect(before.filter(({ isNamed }) => isNamed).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['accounts', 'messages', 'roster', 'pep_nodes', 'vcards', 'last_activity']),
    )

    answer()
    pushService.answers('result')
    await server.users.remove(romeo.account)
    await pushService.next()
    await server.idle()
    const after = await tables(romeo.account)
    expect(after.filter(({ isNamed }) => isNamed)).toEqual([])
    expect(after.filter(({ rows }) => rows > 0).map(({ name }) => name)).toEqual(['secrets', 'accounts'])
    expect(await server.users.list()).toEqual([mercutio.account])
  },
  { config: { data: directory } },
)
