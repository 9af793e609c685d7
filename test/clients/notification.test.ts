// `sealpost/notification` where it is to run: in a page of a real browser, and in a service worker that a push wakes.

import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PushService } from '../helpers/push-service.js'
import { freshKey, openSealed } from '../helpers/sealed.js'
import { User } from '../helpers/user.js'
import { xml } from '../helpers/xml.js'
import { bundle } from './bundle.js'
import { hasChromium } from './chromium.js'
import { openStage, type Stage } from './stage.js'

interface Sealed {
  readonly key: string
  readonly iv: string
  readonly encrypted: string
  /** Of the message, by Juliet's account. */
  readonly id: unknown
}

const SERVICE = 'push.localhost'

async function openPushStage(): Promise<Stage> {
  const stage = await openStage(
    { push: ['test/clients/pages/push'] },
    { components: { [SERVICE]: 'secret' }, componentPort: 0 },
  )
  const library = JSON.stringify(resolve('extensions/notification.ts'))
  stage.site.add('/push/notification.js', await bundle(`export * from ${library}`))
  return stage
}

/** A push that the server made of a message of Romeo's. */
async function pushedBy({ server, service }: Stage, text: string): Promise<Sealed> {
  const address = server.componentAddress
  if (address === undefined) throw new Error('the server takes no components')
  const pushService = new PushService(SERVICE, 'secret', address)
  onTestFinished(() => pushService.leaves())
  await pushService.arrives()
  const [juliet, romeo] = [person('juliet'), person('romeo')]
  const key = freshKey()
  await juliet.arrives()
  await juliet.asks(
    xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="${SERVICE}" node="phone"><encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm">${key}</encrypt></enable></iq>`,
  )
  await juliet.leaves()
  await romeo.arrives()
  onTestFinished(() => romeo.leaves())
  await romeo.sends(xml`<message to="juliet@localhost" type="chat"><body>${text}</body></message>`)
  const { iv, encrypted, json } = openSealed(await pushService.next(), key)
  return { key, iv, encrypted, id: json['id'] }

  function person(username: string): User {
    const settle = (): Promise<void> => server.idle()
    const sends = (): void => undefined
    return new User({
      url: service,
      domain: 'localhost',
      username,
      password: username,
      mechanism: 'PLAIN',
      settle,
      sends,
    })
  }
}

/** A push message from the browser's push server, as DevTools makes one. */
async function deliver(page: Page, data: string): Promise<void> {
  const devTools = await page.context().newCDPSession(page)
  const registered = new Promise<string>((found) => {
    devTools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [one] }) => {
      if (one !== undefined) found(one.registrationId)
    })
  })
  await devTools.send('ServiceWorker.enable')
  const { origin } = new URL(page.url())
  await devTools.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registered, data })
}

describe.runIf(hasChromium)('in Chromium', () => {
  test('a page opens a push that the server has sealed, and none with another key', async () => {
    const stage = await openPushStage()
    const { key, iv, encrypted, id } = await pushedBy(stage, 'It is the east 🌅')
    const { page } = await stage.page('/push/index.html')
    await page.waitForFunction('window.opens')
    const opened = await page.evaluate(`opens(${JSON.stringify({ key, iv, encrypted })})`)
    expect(opened).toMatchObject({ unread: 1, sender: 'romeo@localhost', message: 'It is the east 🌅', id })
    expect(await page.evaluate(`fails(${JSON.stringify({ key: freshKey(), iv, encrypted })})`)).toBe('tag')
    stage.expectNothingRed()
  })

  test('a push wakes a service worker, which opens it and shows it', async () => {
    const stage = await openPushStage()
    const { key, iv, encrypted, id } = await pushedBy(stage, 'and Juliet is the sun')
    const { page } = await stage.page('/push/index.html')
    await page.context().grantPermissions(['notifications'])
    await page.waitForFunction('window.expectsPushes')
    await page.evaluate(`expectsPushes(${JSON.stringify(key)})`)
    await deliver(page, JSON.stringify({ iv, encrypted }))
    expect(await page.evaluate('shown')).toEqual({ title: 'romeo@localhost', body: 'and Juliet is the sun', tag: id })
    stage.expectNothingRed()
  })
})
