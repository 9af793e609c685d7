// Two people with Converse, in two browsers: from the first login to the second.

import { describe, expect, test } from 'vitest'
import { hasChromium } from './chromium.js'
import { converses, known, openConverseStage, openFriends, Person, picture } from './converse.js'
import { codeOf } from './page-of-clients.js'

const LEGACY = 'eu.siacs.conversations.axolotl'

describe.runIf(hasChromium).each([
  ['Converse 14', 'Converse 14', 'urn:xmpp:omemo:2'],
  ['Converse 12', 'Converse 12', LEGACY],
  ['Converse 14', 'Converse 12', LEGACY],
] as const)('%s and %s', (hers, his, omemo) => {
  test('log in, become friends, chat in the open and sealed, leave and come back', async () => {
    const stage = await openConverseStage(hers, his)
    const [juliet, romeo] = await openFriends(stage, hers, his)

    await juliet.says('wherefore art thou Romeo?')
    await romeo.sees('wherefore art thou Romeo?')
    await romeo.says('call me but love')
    await juliet.sees('call me but love')

    await juliet.locks()
    await romeo.locks()
    await juliet.says('O gentle Romeo')
    await romeo.sees('O gentle Romeo')
    await romeo.says('by yonder blessed moon')
    await juliet.sees('by yonder blessed moon')
    for (const { sent } of [juliet, romeo]) {
      expect(sent.some((frame) => frame.includes(`<encrypted xmlns="${omemo}"`))).toBe(true)
      expect(sent.filter((frame) => /gentle Romeo|blessed moon/.test(frame))).toEqual([])
    }

    await juliet.does('bookmarks', 'balcony@rooms.localhost', 'The balcony')
    await juliet.logsOut()
    await romeo.seesOffline(juliet)
    await romeo.says('where have you gone?')
    await juliet.logsIn()
    await juliet.seesOnline(romeo)
    expect(await juliet.does('bookmarked')).toEqual(['The balcony'])
    await juliet.isTold()
    await juliet.does('opens', romeo.jid)
    await juliet.sees('where have you gone?')

    stage.expectNothingRed()
  })
})

describe.runIf(hasChromium).each(['Converse 14', 'Converse 12'] as const)('%s', (converse) => {
  test('a friend sees the avatar that somebody puts on', async () => {
    const stage = await openConverseStage(converse)
    const [juliet, romeo] = await openFriends(stage, converse, converse)
    await juliet.does('wearsAvatar', picture)
    expect(await romeo.does('avatarOf', juliet.jid)).toBe(picture)
    stage.expectNothingRed()
  })

  test('who is blocked sees nobody and reaches nobody, until that ends', async () => {
    const stage = await openConverseStage(converse)
    const [juliet, romeo] = await openFriends(stage, converse, converse)
    await juliet.does('blocks', romeo.jid)
    await romeo.seesOffline(juliet)
    await romeo.says('with a kiss')
    await juliet.does('unblocks', romeo.jid)
    await romeo.seesOnline(juliet)
    await romeo.says('I die')
    await juliet.sees('I die')
    expect(await juliet.texts()).toEqual(['I die'])
    stage.expectNothingRed()
  })

  test('logs in on the page that docs/clients.md shows', async () => {
    const stage = await openConverseStage(converse)
    const { folder, file } = converses[converse]
    const page = codeOf('Converse', 'html')
      .replaceAll('/converse/', `/${folder}/`)
      .replace('converse.min.js', file)
      .replace('wss://chat.example/xmpp-websocket', stage.service)
    stage.site.add(`/${folder}/chat.html`, page)
    const person = new Person('juliet', converse, await stage.page(`/${folder}/chat.html`, known))
    await person.fillsTheForm()
    await person.page.getByText('I am online').waitFor()
    stage.expectNothingRed()
  })
})
