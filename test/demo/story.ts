// The whole story, with the library and stock clients, as an app would write it: keys in PEP, a message for somebody who is
// away, a push that only her phone can open, and the text out of it. `npm run demo` tells it; test/demo.test.ts proves it.

import { client, type Client, type Entity } from '@xmpp/client'
import { component } from '@xmpp/component'
import { WebSocket } from 'ws'
import { type Notification, NotificationError, openNotification } from '../../extensions/notification.js'
import { createServer, type Server } from '../../server/index.js'
import { el, type Element } from '../../server/xml.js'
import type { OmemoDevice } from '../helpers/omemo/device.js'
import { createOmemo2Device } from '../helpers/omemo/omemo-2.js'
import { enableSealed, sealedIn } from '../helpers/omemo/registration.js'
import { announce, type Asking, omemoMessage, recipientsOf } from '../helpers/omemo/wire.js'
import { freshKey } from '../helpers/sealed.js'

const SERVICE = 'push.localhost'
const PUBSUB = 'http://jabber.org/protocol/pubsub'

/** What Romeo writes. */
export const words = 'Neither, fair saint, if either thee dislike.'

type Tell = (line: string) => void

/** One who was started, and how to stop it. */
type Ending = () => Promise<unknown>

/** Plays the story and tells it line by line. Gives the text that the phone decrypted from its push. */
export async function tellStory(tell: Tell): Promise<string> {
  // xmpp.js takes the platform's WebSocket, and Node has none before version 22.
  if (!('WebSocket' in globalThis)) Object.assign(globalThis, { WebSocket })
  const endings: Ending[] = []
  try {
    return await new Story(tell, (ending) => endings.unshift(ending)).play()
  } finally {
    for (const end of endings) await end()
  }
}

class Story {
  readonly #tell: Tell
  readonly #atTheEnd: (ending: Ending) => void

  constructor(tell: Tell, atTheEnd: (ending: Ending) => void) {
    this.#tell = tell
    this.#atTheEnd = atTheEnd
  }

  async play(): Promise<string> {
    const server = await this.#opens()
    const { published } = await this.#serviceConnects(server)
    const phone = await createOmemo2Device('juliet@localhost', 31415)
    const key = await this.#julietRegisters(server, phone)
    await this.#romeoWrites(server)
    const notification = await this.#phoneWakes(await published, key)
    const text = await phone.decryptFromPush(notification)
    await this.#julietReturns(server, notification)
    if (text === undefined) throw new Error('there was nothing to decrypt')
    this.#tell(`And this is what Romeo wrote, read on the phone from a push: “${text}”`)
    return text
  }

  async #opens(): Promise<Server> {
    const server = await createServer({
      port: 0,
      data: ':memory:',
      components: { [SERVICE]: 'secret' },
      componentPort: 0,
    })
    this.#atTheEnd(() => server.stop())
    await server.start()
    for (const name of ['romeo', 'juliet']) await server.users.create(`${name}@localhost`, passwordOf(name))
    this.#tell(`A server starts, all in memory: ${server.url}`)
    return server
  }

  /** `published` is the publish that the service will get. */
  async #serviceConnects({ componentAddress }: Server): Promise<{ readonly published: Promise<Element> }> {
    if (componentAddress === undefined) throw new Error('the server takes no components')
    const { host, port } = componentAddress
    const service = component({ service: `xmpp://${host}:${port}`, domain: SERVICE, password: 'secret' })
    this.#atTheEnd(() => service.stop())
    const published = new Promise<Element>((resolve) => {
      service.iqCallee.set(PUBSUB, 'pubsub', ({ stanza }) => {
        resolve(stanza)
        return true
      })
    })
    await service.start()
    this.#tell(`A push service connects as ${SERVICE}, as the one of an app would.`)
    return { published }
  }

  /** Gives the key that seals. */
  async #julietRegisters(server: Server, phone: OmemoDevice): Promise<string> {
    const juliet = await this.#logsIn(server, 'juliet')
    await announce(asking(juliet), phone)
    this.#tell(`Juliet's phone publishes the keys of its OMEMO device ${phone.id}.`)
    const key = await enableSealed(asking(juliet), { service: SERVICE, node: 'juliets-phone' }, phone)
    await juliet.stop()
    this.#tell('It asks for pushes, sealed with a key that only it and the server hold, and goes offline.')
    return key
  }

  async #romeoWrites(server: Server): Promise<void> {
    const romeo = await this.#logsIn(server, 'romeo')
    const device = await createOmemo2Device('romeo@localhost', 27183)
    const encrypted = await device.encrypt(
      words,
      await recipientsOf(asking(romeo), device.namespace, 'juliet@localhost'),
    )
    await romeo.send(omemoMessage('juliet@localhost', encrypted))
    const seen = shortened(encrypted.getChildText('payload') ?? '')
    this.#tell(`Romeo fetches her keys, encrypts a line and sends it. All that the server sees of the line: ${seen}`)
  }

  async #phoneWakes(publish: Element, key: string): Promise<Notification> {
    const sealed = sealedIn(publish)
    const { length } = sealed.encrypted
    this.#tell(`The push service gets ${length} characters, as it always does: ${shortened(sealed.encrypted)}`)
    const refused: unknown = await openNotification({ key: freshKey(), ...sealed }).catch((reason: unknown) => reason)
    if (!(refused instanceof NotificationError)) throw new Error('it opened with a wrong key')
    this.#tell(`It tries to open them with a key of its own: “${refused.message}”.`)
    const notification = await openNotification({ key, ...sealed })
    const { unread, sender, message } = notification
    this.#tell(`Juliet's phone wakes and opens them: ${unread} unread, from ${sender}, “${message}”.`)
    return notification
  }

  /** A ratchet decrypts once: by the id the phone knows that it has read this message. */
  async #julietReturns(server: Server, { id }: Notification): Promise<void> {
    const juliet = await this.#logsIn(server, 'juliet')
    const handed = stanza(juliet, ({ name }) => name === 'message')
    await juliet.send(el('presence'))
    const known = (await handed).getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs['id'] === id
    if (!known) throw new Error('the message came under another id')
    this.#tell('It decrypts what else is in there. Online later, it is handed the message and knows it by its id.')
  }

  async #logsIn({ url }: Server, username: string): Promise<Client> {
    const credentials = { username, password: passwordOf(username) }
    const connected = client({
      service: url,
      domain: 'localhost',
      resource: 'app',
      // As in a browser, where xmpp.js knows nothing else. It does not leave this machine.
      credentials: (authenticate) => authenticate(credentials, 'PLAIN'),
    })
    connected.reconnect.stop()
    this.#atTheEnd(() => connected.stop())
    await connected.start()
    return connected
  }
}

function passwordOf(name: string): string {
  return `the password of ${name}`
}

function asking({ iqCaller }: Client): Asking {
  return { asks: (question) => iqCaller.request(question) }
}

/** The next stanza that is such a one. */
function stanza(entity: Entity, isSuch: (stanza: Element) => boolean): Promise<Element> {
  return new Promise((resolve) => {
    entity.on('stanza', (arrived: Element) => {
      if (isSuch(arrived)) resolve(arrived)
    })
  })
}

function shortened(base64: string): string {
  return `${base64.slice(0, 32)}…`
}
