// Software version (XEP-0092): name and number, and not a word about the machine.

import { readFile } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { expectSame, scenario, xml } from '../helpers/scenario.js'

const question = (to: string) => xml`<iq type="get" id="v1" to="${to}"><query xmlns="jabber:iq:version"/></iq>`

async function packageVersion(): Promise<string> {
  const found: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : ''
}

describe('version', () => {
  scenario('the server says its name and the version of its package, and no operating system', async ({ romeo }) => {
    const number = await packageVersion()
    expectSame(
      await romeo.asks(question('localhost')),
      xml`<iq type="result" id="v1" from="localhost" to="${romeo.jid}">
            <query xmlns="jabber:iq:version"><name>Sealpost</name><version>${number}</version></query>
          </iq>`,
    )
    expect(number).toMatch(/^\d+\.\d+\.\d+/)
  })

  scenario('an account has no version', async ({ romeo }) => {
    await expect(romeo.asks(question(romeo.account))).rejects.toMatchObject({ condition: 'service-unavailable' })
  })
})
