// Last seen: an example of an extension, and the proof that the example works.

import { describe, expect } from 'vitest'
import { attr, child } from '../../../server/xml.js'
import { any, expectSame, scenario, type ScenarioOptions, xml } from '../../helpers/scenario.js'
import { lastSeen } from './last-seen.js'

const question = (to: string) => xml`<iq type="get" to="${to}"><query xmlns="urn:example:last-seen"/></iq>`

function options(): ScenarioOptions & { readonly clock: { time: number } } {
  const clock = { time: Date.UTC(2026, 0, 1) }
  return { clock, extensions: [lastSeen()], config: { clock: { now: () => clock.time } } }
}

describe('last seen', () => {
  const friends = options()
  scenario(
    'a friend learns how long somebody has been away, and zero while she is here',
    async ({ romeo, juliet, server }) => {
      await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"/>`)
      await server.idle()
      await juliet.sends(xml`<presence to="${romeo.account}" type="subscribed"/>`)
      await juliet.sends(xml`<presence/>`)
      await juliet.receives(xml`<presence from="${juliet.jid}" to="${any}"/>`)
      expectSame(
        await romeo.asks(question(juliet.account)),
        xml`<iq type="result" id="${any}" from="${juliet.account}" to="${romeo.jid}">
              <query xmlns="urn:example:last-seen" seconds="0"/>
            </iq>`,
      )
      await juliet.leaves()
      friends.clock.time += 90_500
      const answer = child(await romeo.asks(question(juliet.account)), 'query', 'urn:example:last-seen')
      expect(answer && attr(answer, 'seconds')).toBe('90')
    },
    friends,
  )

  scenario(
    'a stranger learns nothing, not even whether there is such an account',
    async ({ romeo, juliet }) => {
      await juliet.leaves()
      for (const account of [juliet.account, 'nobody@localhost']) {
        await expect(romeo.asks(question(account))).rejects.toMatchObject({ condition: 'service-unavailable' })
      }
    },
    options(),
  )

  scenario(
    'whoever takes the name of somebody who is gone inherits nothing',
    async ({ romeo, server }) => {
      const second = await romeo.also('phone')
      await second.leaves()
      await server.users.remove(romeo.account)
      expect(await romeo.ended()).toBe('not-authorized')
      await server.users.create(romeo.account, romeo.password)
      await romeo.arrives()
      await expect(romeo.asks(question(romeo.account))).rejects.toMatchObject({ condition: 'service-unavailable' })
    },
    options(),
  )
})
