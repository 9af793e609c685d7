// Entity time (XEP-0202): the server's clock, in UTC.

import { describe, expect } from 'vitest'
import { expectSame, scenario, xml } from '../helpers/scenario.js'

const question = (to: string) => xml`<iq type="get" id="t1" to="${to}"><time xmlns="urn:xmpp:time"/></iq>`

describe('time', () => {
  const config = { clock: { now: () => Date.UTC(2026, 1, 3, 4, 5, 6, 789) } }

  scenario(
    'the server says what its clock says, in UTC',
    async ({ romeo }) => {
      expectSame(
        await romeo.asks(question('localhost')),
        xml`<iq type="result" id="t1" from="localhost" to="${romeo.jid}">
              <time xmlns="urn:xmpp:time"><tzo>Z</tzo><utc>2026-02-03T04:05:06.789Z</utc></time>
            </iq>`,
      )
    },
    { config },
  )

  scenario('an account has no clock', async ({ romeo }) => {
    await expect(romeo.asks(question(romeo.account))).rejects.toMatchObject({ condition: 'service-unavailable' })
  })
})
