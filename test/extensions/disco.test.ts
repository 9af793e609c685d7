// Service discovery (XEP-0030): of the server, of its services, of an account, and who may know of an account.

import { describe, expect } from 'vitest'
import { attr, child, children, type Element } from '../../server/xml.js'
import { any, expectSame, scenario, type ScenarioServer, type User, xml } from '../helpers/scenario.js'

const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'

const info = (to: string) => xml`<iq type="get" to="${to}"><query xmlns="${INFO}"/></iq>`
const items = (to: string) => xml`<iq type="get" to="${to}"><query xmlns="${ITEMS}"/></iq>`

interface Info {
  readonly identities: readonly string[]
  readonly features: readonly string[]
}

function read(answer: Element): Info {
  const query = child(answer, 'query', INFO)
  const identities = query === undefined ? [] : children(query, 'identity')
  const features = query === undefined ? [] : children(query, 'feature')
  return {
    identities: identities.map((identity) => `${String(attr(identity, 'category'))}/${String(attr(identity, 'type'))}`),
    features: features.map((feature) => String(attr(feature, 'var'))),
  }
}

/** `reader` subscribes to the presence of `owner`. Neither is available, so nobody is told. */
async function subscribe(reader: User, owner: User, server: ScenarioServer): Promise<void> {
  await reader.sends(xml`<presence to="${owner.account}" type="subscribe"/>`)
  await server.idle()
  await owner.sends(xml`<presence to="${reader.account}" type="subscribed"/>`)
  await server.idle()
}

describe('disco', () => {
  scenario('the server is an IM server and names each feature once', async ({ romeo }) => {
    const { identities, features } = read(await romeo.asks(info('localhost')))
    expect(identities).toEqual(['server/im'])
    expect(features).toEqual(
      expect.arrayContaining([INFO, ITEMS, 'urn:xmpp:ping', 'jabber:iq:version', 'urn:xmpp:time']),
    )
    expect(new Set(features).size).toBe(features.length)
  })

  scenario('an answer has nothing but identities and features', async ({ romeo }) => {
    const answer = await romeo.asks(info('localhost'))
    const query = child(answer, 'query', INFO)
    expect(new Set(query?.getChildElements().map(({ name }) => name))).toEqual(new Set(['identity', 'feature']))
  })

  scenario('the own account is a registered one, also when it is not named', async ({ romeo }) => {
    const named = read(await romeo.asks(info(romeo.account)))
    const unnamed = read(await romeo.asks(xml`<iq type="get"><query xmlns="${INFO}"/></iq>`))
    expect(named.identities).toContain('account/registered')
    expect(named.features).toContain(INFO)
    expect(unnamed).toEqual(named)
  })

  scenario('a stranger learns nothing of an account, not even whether it is there', async ({ romeo, juliet }) => {
    for (const question of [info, items]) {
      const refusals = [juliet.account, 'nobody@localhost'].map(async (account) => {
        const refusal: unknown = await romeo.asks(question(account)).catch((reason: unknown) => reason)
        return refusal
      })
      const [there, nowhere] = await Promise.all(refusals)
      expect(there).toMatchObject({ condition: 'service-unavailable', type: 'cancel' })
      expect(nowhere).toMatchObject({ condition: 'service-unavailable', type: 'cancel' })
    }
  })

  scenario('whoever may see the presence of an account may see what it is', async ({ romeo, juliet, server }) => {
    await subscribe(romeo, juliet, server)
    expect(read(await romeo.asks(info(juliet.account))).identities).toContain('account/registered')
    await expect(juliet.asks(info(romeo.account))).rejects.toMatchObject({ condition: 'service-unavailable' })
  })

  scenario('a node that nobody has is item-not-found', async ({ romeo }) => {
    for (const namespace of [INFO, ITEMS]) {
      for (const to of ['localhost', romeo.account]) {
        const question = xml`<iq type="get" to="${to}"><query xmlns="${namespace}" node="no such node"/></iq>`
        await expect(romeo.asks(question)).rejects.toMatchObject({ condition: 'item-not-found', type: 'cancel' })
      }
    }
  })

  scenario('the services of the server are the components that are connected now', async ({ romeo, pushService }) => {
    expectSame(
      await romeo.asks(items('localhost')),
      xml`<iq type="result" id="${any}" from="localhost" to="${romeo.jid}">
            <query xmlns="${ITEMS}"><item jid="push.localhost"/></query>
          </iq>`,
    )
    await pushService.leaves()
    expectSame(
      await romeo.asks(items('localhost')),
      xml`<iq type="result" id="${any}" from="localhost" to="${romeo.jid}"><query xmlns="${ITEMS}"/></iq>`,
    )
  })

  scenario('the items of an account are its available resources', async ({ romeo }) => {
    const phone = await romeo.also('phone')
    await phone.sends(xml`<presence/>`)
    await phone.next()
    expectSame(
      await romeo.asks(items(romeo.account)),
      xml`<iq type="result" id="${any}" from="${romeo.account}" to="${romeo.jid}">
            <query xmlns="${ITEMS}"><item jid="romeo@localhost/phone"/></query>
          </iq>`,
    )
  })

  scenario('discovery is for asking: a set is refused', async ({ romeo }) => {
    const question = xml`<iq type="set" to="localhost"><query xmlns="${INFO}"/></iq>`
    await expect(romeo.asks(question)).rejects.toMatchObject({ condition: 'service-unavailable', type: 'cancel' })
  })
})
