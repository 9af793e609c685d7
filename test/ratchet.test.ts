// The ratchet rule (docs/notification.md, "Once only"): a ratchet decrypts a message once, and the stanza-id tells an app that it has it already.

import { describe, expect } from 'vitest'
import type { Element } from '../server/xml.js'
import type { OmemoDevice } from './helpers/omemo/device.js'
import { createOmemo03Device } from './helpers/omemo/omemo-03.js'
import { createOmemo2Device } from './helpers/omemo/omemo-2.js'
import { enableSealed, openPublish } from './helpers/omemo/registration.js'
import { announce, omemoMessage, recipientsOf } from './helpers/omemo/wire.js'
import type { PushService } from './helpers/push-service.js'
import { scenario, type User, xml } from './helpers/scenario.js'

const unreadable = '(this message cannot be read)'

interface AppOptions {
  readonly device: OmemoDevice
  /** The key of its pushes. */
  readonly key: string
  /** Does it look for what it has by `id` before it decrypts? */
  readonly keepsRule: boolean
}

/** An app as its user sees it: what it shows, in the order in which it does. */
class App {
  readonly shown: string[] = []
  readonly #options: AppOptions
  readonly #texts = new Map<string, string>()

  constructor(options: AppOptions) {
    this.#options = options
  }

  /** Its service worker is woken. */
  async wakes(publish: Element): Promise<void> {
    const notification = await openPublish(publish, this.#options.key)
    await this.#shows(notification.id ?? '', () => this.#options.device.decryptFromPush(notification))
  }

  /** Its client is handed a message. */
  async isHanded(message: Element): Promise<void> {
    const { device } = this.#options
    const stanzaId = message
      .getChildren('stanza-id', 'urn:xmpp:sid:0')
      .find(({ attrs }) => attrs['by'] === device.account)
    const encrypted = message.getChild('encrypted', device.namespace)
    const [sender = ''] = String(message.attrs['from']).split('/')
    if (encrypted === undefined) throw new Error('this is no OMEMO message')
    await this.#shows(String(stanzaId?.attrs['id']), () => device.decrypt(sender, encrypted))
  }

  async #shows(id: string, decrypt: () => Promise<string | undefined>): Promise<void> {
    if (this.#options.keepsRule && this.#texts.has(id)) return
    const text = (await decrypt().catch(() => undefined)) ?? unreadable
    this.#texts.set(id, text)
    this.shown.push(text)
  }
}

/** Juliet's phone is registered and gone, and Romeo knows how to write to it. */
class Stage {
  readonly app: App
  readonly #juliet: User
  readonly #romeo: User
  readonly #sender: OmemoDevice

  private constructor(app: App, juliet: User, romeo: User, sender: OmemoDevice) {
    this.app = app
    this.#juliet = juliet
    this.#romeo = romeo
    this.#sender = sender
  }

  static async set(
    create: (account: string, id: number) => Promise<OmemoDevice>,
    { romeo, juliet, pushService }: { readonly romeo: User; readonly juliet: User; readonly pushService: PushService },
    keepsRule = true,
  ): Promise<Stage> {
    const device = await create(juliet.account, 31415)
    await announce(juliet, device)
    const key = await enableSealed(juliet, { service: pushService.jid, node: 'phone' }, device)
    await juliet.leaves()
    return new Stage(new App({ device, key, keepsRule }), juliet, romeo, await create(romeo.account, 27183))
  }

  /** Romeo writes to every device of hers. @param inside what else stands in the message */
  async writes(text: string, ...inside: readonly Element[]): Promise<void> {
    const { namespace } = this.#sender
    const recipients = await recipientsOf(this.#romeo, namespace, this.#juliet.account)
    const message = omemoMessage(this.#juliet.account, await this.#sender.encrypt(text, recipients))
    inside.forEach((element) => message.cnode(element))
    await this.#romeo.sends(message)
  }

  /** Her phone logs in, and hands the app what waited. */
  async logsIn(waiting: number): Promise<readonly Element[]> {
    await this.#juliet.arrives()
    await this.#juliet.sends(xml`<presence/>`)
    const messages: Element[] = []
    for (let count = 0; count <= waiting; count += 1) {
      const stanza = await this.#juliet.next()
      if (stanza.name === 'message') messages.push(stanza)
    }
    for (const message of messages) await this.app.isHanded(message)
    return messages
  }
}

const versions = [
  { title: 'OMEMO 0.3', create: (account: string, id: number) => createOmemo03Device(account, id, 1) },
  { title: 'OMEMO 2', create: (account: string, id: number) => createOmemo2Device(account, id, 1) },
] as const

for (const { title, create } of versions) {
  describe(title, () => {
    scenario(
      'an app that read a message from its push knows it by its id when it is handed it, and reads the next ones, live and pushed',
      async ({ romeo, juliet, pushService }) => {
        const stage = await Stage.set(create, { romeo, juliet, pushService })
        const { app } = stage
        await stage.writes('one')
        await app.wakes(await pushService.next())
        expect(app.shown).toEqual(['one'])
        await stage.logsIn(1)
        expect(app.shown).toEqual(['one'])
        await stage.writes('two')
        await app.isHanded(await juliet.next())
        await juliet.leaves()
        await stage.writes('three')
        await app.wakes(await pushService.next())
        expect(app.shown).toEqual(['one', 'two', 'three'])
        await stage.logsIn(1)
        expect(app.shown).toEqual(['one', 'two', 'three'])
      },
    )

    scenario(
      'without the rule the same message cannot be read when it is handed over: its ratchet has moved on',
      async ({ romeo, juliet, pushService }) => {
        const stage = await Stage.set(create, { romeo, juliet, pushService }, false)
        const { app } = stage
        await stage.writes('one')
        await app.wakes(await pushService.next())
        await stage.logsIn(1)
        expect(app.shown).toEqual(['one', unreadable])
        await stage.writes('two')
        await app.isHanded(await juliet.next())
        expect(app.shown).toEqual(['one', unreadable, 'two'])
      },
    )

    scenario(
      'a push that comes after the client was handed its message shows nothing twice, nor does one that comes twice',
      async ({ romeo, juliet, pushService }) => {
        const stage = await Stage.set(create, { romeo, juliet, pushService })
        await stage.writes('one')
        const late = await pushService.next()
        await stage.logsIn(1)
        await stage.app.wakes(late)
        await stage.app.wakes(late)
        expect(stage.app.shown).toEqual(['one'])
      },
    )

    scenario(
      'of several messages the newest is pushed, and those before it are read when they are handed over',
      async ({ romeo, juliet, pushService, server }) => {
        const stage = await Stage.set(create, { romeo, juliet, pushService })
        await pushService.leaves()
        for (const text of ['one', 'two', 'three']) await stage.writes(text)
        await server.idle()
        await pushService.arrives()
        await stage.app.wakes(await pushService.next())
        expect(stage.app.shown).toEqual(['three'])
        await stage.logsIn(3)
        expect(stage.app.shown).toEqual(['three', 'one', 'two'])
      },
    )

    scenario(
      'a sender cannot hide a message behind the id of another: an id in the account’s name is the server’s alone',
      async ({ romeo, juliet, pushService }) => {
        const stage = await Stage.set(create, { romeo, juliet, pushService })
        await stage.writes('one')
        await stage.app.wakes(await pushService.next())
        const [first] = await stage.logsIn(1)
        const id = String(first?.getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs['id'])
        const forged = xml`<stanza-id xmlns="urn:xmpp:sid:0" by="${juliet.account}" id="${id}"/>`
        await stage.writes('two', forged)
        await stage.app.isHanded(await juliet.next())
        await juliet.leaves()
        await stage.writes('three', forged)
        await stage.app.wakes(await pushService.next())
        expect(stage.app.shown).toEqual(['one', 'two', 'three'])
        await stage.logsIn(1)
        expect(stage.app.shown).toEqual(['one', 'two', 'three'])
      },
    )
  })
}
