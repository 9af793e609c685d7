// Pre-approval (RFC 6121 §3.4): a request that is granted before it comes.

import { expect } from 'vitest'
import { rosterGet } from '../helpers/friends.js'
import { any, scenario, type User, xml } from '../helpers/scenario.js'
import type { Element } from '../../server/xml.js'

const push = (user: User, item: Element): Element =>
  xml`<iq type="set" id="${any}" from="${user.account}" to="${user.jid}"><query xmlns="jabber:iq:roster" ver="${any}">${item}</query></iq>`

const say = (type: string, to: User): Element => xml`<presence to="${to.account}" type="${type}"/>`

const presence = (type: string, from: string, to: string): Element =>
  xml`<presence from="${from}" to="${to}" type="${type}"/>`

async function appears(user: User): Promise<void> {
  await user.asks(rosterGet)
  await user.sends(xml`<presence/>`)
  await user.receives(xml`<presence from="${user.jid}" to="${user.account}"/>`)
}

async function item(user: User): Promise<Readonly<Record<string, unknown>> | undefined> {
  return (await user.asks(rosterGet)).getChild('query')?.getChild('item')?.attrs
}

scenario(
  'a grant before its request shows in the roster, and the contact is told nothing',
  async ({ romeo, juliet }) => {
    await appears(romeo)
    await appears(juliet)
    await juliet.sends(say('subscribed', romeo))
    await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="none" approved="true"/>`))
    await romeo.receivesNothing()
    expect(await item(romeo)).toBeUndefined()
    expect(await item(juliet)).toMatchObject({ subscription: 'none', approved: 'true' })
  },
)

scenario('a request that was granted before is answered by the server, and asks nobody', async ({ romeo, juliet }) => {
  await appears(romeo)
  await appears(juliet)
  await juliet.sends(say('subscribed', romeo))
  await juliet.next()
  await romeo.sends(say('subscribe', juliet))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="none" ask="subscribe"/>`))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="from" approved="true"/>`))
  await romeo.receives(presence('subscribed', juliet.account, romeo.account))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="to"/>`))
  await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.account}"/>`)
  await juliet.receivesNothing()
})

scenario('a request that was granted before is answered while its contact is away', async ({ romeo, juliet }) => {
  await appears(romeo)
  await juliet.sends(say('subscribed', romeo))
  await juliet.leaves()
  await romeo.sends(say('subscribe', juliet))
  await romeo.next()
  await romeo.receives(presence('subscribed', juliet.account, romeo.account))
  await romeo.receives(push(romeo, xml`<item jid="${juliet.account}" subscription="to"/>`))
  await juliet.arrives()
  await appears(juliet)
  await romeo.receives(xml`<presence from="${juliet.jid}" to="${romeo.account}"/>`)
  expect(await item(juliet)).toMatchObject({ subscription: 'from' })
})

scenario('a grant that is taken back before its request grants nothing', async ({ romeo, juliet }) => {
  await appears(romeo)
  await appears(juliet)
  await juliet.sends(say('subscribed', romeo))
  await juliet.next()
  await juliet.sends(say('unsubscribed', romeo))
  await juliet.receives(push(juliet, xml`<item jid="${romeo.account}" subscription="none"/>`))
  await romeo.receivesNothing()
  await romeo.sends(say('subscribe', juliet))
  await romeo.next()
  await juliet.receives(presence('subscribe', romeo.account, juliet.account))
})

scenario(
  'who grants ahead and is asked at the same time is asked once, or not at all',
  async ({ romeo, juliet, server }) => {
    await appears(romeo)
    await juliet.asks(rosterGet)
    await Promise.all([romeo.sends(say('subscribe', juliet)), juliet.sends(say('subscribed', romeo))])
    await server.idle()
    romeo.forgets()
    juliet.forgets()
    expect(await item(romeo)).toMatchObject({ subscription: 'to' })
    expect(await item(juliet)).toMatchObject({ subscription: 'from' })
  },
)

scenario('a contact that is removed from the roster is granted nothing ahead any more', async ({ romeo, juliet }) => {
  await appears(juliet)
  await juliet.sends(say('subscribed', romeo))
  await juliet.next()
  const removed = xml`<item jid="${romeo.account}" subscription="remove"/>`
  await juliet.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster">${removed}</query></iq>`)
  await juliet.receives(push(juliet, removed))
  await romeo.sends(say('subscribe', juliet))
  await juliet.receives(presence('subscribe', romeo.account, juliet.account))
})

scenario('a name and groups leave a grant ahead as it is', async ({ romeo, juliet }) => {
  await appears(juliet)
  await juliet.sends(say('subscribed', romeo))
  await juliet.next()
  const named = xml`<item jid="${romeo.account}" name="Romeo" approved="false"/>`
  await juliet.asks(xml`<iq type="set"><query xmlns="jabber:iq:roster">${named}</query></iq>`)
  await juliet.receives(
    push(juliet, xml`<item jid="${romeo.account}" name="Romeo" subscription="none" approved="true"/>`),
  )
})
