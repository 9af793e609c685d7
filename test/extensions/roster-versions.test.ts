// Roster versioning (RFC 6121 §2.6) as a client that keeps its roster sees it.

import { expect } from 'vitest'
import { befriend } from '../helpers/friends.js'
import { any, expectSame, scenario, type User, xml } from '../helpers/scenario.js'
import type { Element } from '../../server/xml.js'

const get = (version?: string): Element =>
  version === undefined
    ? xml`<iq type="get"><query xmlns="jabber:iq:roster"/></iq>`
    : xml`<iq type="get"><query xmlns="jabber:iq:roster" ver="${version}"/></iq>`

const set = (item: Element): Element => xml`<iq type="set"><query xmlns="jabber:iq:roster">${item}</query></iq>`

const nurse = xml`<item jid="nurse@localhost"/>`

const versionIn = (stanza: Element): string => String(stanza.getChild('query')?.attrs['ver'])

async function expectUnchanged(user: User, version: string): Promise<void> {
  expectSame(
    await user.asks(get(version)),
    xml`<iq type="result" id="${any}" from="${user.account}" to="${user.jid}"/>`,
  )
}

scenario(
  'roster versioning and pre-approval are offered to who is logged in, and to nobody else',
  async ({ raw, romeo }) => {
    const client = await raw()
    const names = ({ features }: { readonly features: Element }): readonly string[] =>
      features.getChildElements().map(({ name, attrs }) => `${name} ${String(attrs['xmlns'])}`)
    const offered = ['ver urn:xmpp:features:rosterver', 'sub urn:xmpp:features:pre-approval']
    expect(names(await client.opens()).filter((name) => offered.includes(name))).toEqual([])
    await client.authenticates('romeo', romeo.password)
    expect(names(await client.opens())).toEqual(expect.arrayContaining(offered))
  },
)

scenario('a roster has a version, whether its client asks for one or not', async ({ romeo }) => {
  const versions = [versionIn(await romeo.asks(get())), versionIn(await romeo.asks(get('')))]
  expect(new Set(versions).size).toBe(1)
  expect(versions[0]).not.toBe('')
})

scenario(
  'a client that has the roster as it is gets an empty result, and is told of what changes then',
  async ({ romeo }) => {
    await romeo.asks(set(nurse))
    const version = versionIn(await romeo.asks(get('')))
    await romeo.leaves()
    await romeo.arrives()
    await expectUnchanged(romeo, version)
    await romeo.receivesNothing()
    await romeo.asks(set(xml`<item jid="nurse@localhost" name="Angelica"/>`))
    const push = await romeo.next()
    expect(versionIn(push)).not.toBe(version)
    await expectUnchanged(romeo, versionIn(push))
  },
)

scenario('a client that has an older version, or one that never was, gets the roster whole', async ({ romeo }) => {
  const first = versionIn(await romeo.asks(get('')))
  await romeo.asks(set(nurse))
  await romeo.next()
  for (const version of [first, 'never was']) {
    const result = await romeo.asks(get(version))
    expect(result.getChild('query')?.getChildren('item')).toHaveLength(1)
    expect(versionIn(result)).not.toBe(version)
  }
})

scenario('every push has a version of its own, and the last one is that of the roster', async ({ romeo }) => {
  const versions = [versionIn(await romeo.asks(get('')))]
  for (const item of [
    nurse,
    nurse,
    xml`<item jid="nurse@localhost" name="Angelica"/>`,
    xml`<item jid="nurse@localhost" subscription="remove"/>`,
    nurse,
  ]) {
    await romeo.asks(set(item))
    versions.push(versionIn(await romeo.next()))
  }
  expect(new Set(versions).size).toBe(6)
  await expectUnchanged(romeo, versions.at(-1) ?? '')
})

scenario('sessions that are told of the same change are told the same version', async ({ romeo }) => {
  const phone = await romeo.also('phone')
  await romeo.asks(get(''))
  await phone.asks(get(''))
  await phone.asks(set(nurse))
  expect(versionIn(await romeo.next())).toBe(versionIn(await phone.next()))
})

scenario(
  'what a subscription changes while a client is away makes its version an old one',
  async ({ romeo, juliet }) => {
    const version = versionIn(await romeo.asks(get('')))
    await romeo.leaves()
    await befriend(romeo, juliet)
    await romeo.arrives()
    const result = await romeo.asks(get(version))
    expect(result.getChild('query')?.getChild('item')?.attrs).toMatchObject({
      jid: juliet.account,
      subscription: 'both',
    })
  },
)

scenario('a request that waits does not show, and changes no version', async ({ romeo, juliet }) => {
  const version = versionIn(await juliet.asks(get('')))
  await romeo.sends(xml`<presence to="${juliet.account}" type="subscribe"/>`)
  await romeo.receivesNothing()
  await expectUnchanged(juliet, version)
})

scenario('whoever takes the name of a removed account meets no version of its clients', async ({ romeo, server }) => {
  await romeo.asks(set(nurse))
  const version = versionIn(await romeo.asks(get('')))
  await server.users.remove(romeo.account)
  expect(await romeo.ended()).toBe('not-authorized')
  await server.users.create(romeo.account, romeo.password)
  await romeo.arrives()
  const result = await romeo.asks(get(version))
  expect(result.getChild('query')?.getChildren('item')).toEqual([])
})
