// OMEMO from end to end: real keys in PEP, real ratchets, a push that only one device can open, and the text out of it.

import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Element } from '../server/xml.js'
import type { OmemoDevice } from './helpers/omemo/device.js'
import { createOmemo03Device, OMEMO_03 } from './helpers/omemo/omemo-03.js'
import { createOmemo2Device, OMEMO_2 } from './helpers/omemo/omemo-2.js'
import { enableSealed, openPublish } from './helpers/omemo/registration.js'
import { announce, omemoMessage, recipientsOf } from './helpers/omemo/wire.js'
import type { PushService } from './helpers/push-service.js'
import { any, expectSame, scenario, type User, xml } from './helpers/scenario.js'
import { openSealed } from './helpers/sealed.js'

const PHONE = 31415
const LAPTOP = 12321
const ROMEO = 27183
const notice = 'New encrypted message'

interface Phone {
  readonly device: OmemoDevice
  readonly key: string
}

/** A device of the user's that is announced, registered for sealed pushes as a node of its number, and gone. */
async function phoneOf(user: User, pushService: PushService, device: OmemoDevice): Promise<Phone> {
  await announce(user, device)
  const key = await enableSealed(user, { service: pushService.jid, node: String(device.id) }, device)
  await user.leaves()
  return { device, key }
}

/** Both sides have heard of each other: from now on messages are no PreKey messages. */
async function acquaint(one: OmemoDevice, other: OmemoDevice): Promise<void> {
  const to = { account: other.account, device: other.id, bundle: await other.bundle() }
  await other.decrypt(one.account, await one.encrypt('hello', [to]))
  await one.decrypt(other.account, await other.encrypt('hello', [{ account: one.account, device: one.id }]))
}

/** What the device is handed when it comes online: the message as it was sent, with its id. Gives that id. */
async function collected(user: User, from: string, sent: Element): Promise<string> {
  await user.arrives('phone')
  await user.sends(xml`<presence/>`)
  const stanzas = [await user.next(), await user.next()]
  const message = stanzas.find(({ name }) => name === 'message')
  if (message === undefined) throw new Error('no message was waiting')
  const inside = sent.getChildElements()
  expectSame(
    message,
    xml`<message from="${from}" to="${user.account}" type="chat">${inside}
      <stanza-id xmlns="urn:xmpp:sid:0" by="${user.account}" id="${any}"/>
      <delay xmlns="urn:xmpp:delay" from="localhost" stamp="${any}"/>
    </message>`,
    'jabber:client',
  )
  return String(message.getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs['id'])
}

type Create = (account: string, id: number) => Promise<OmemoDevice>

/** Each prekey costs time, and no device here needs a second one. */
const createOld: Create = (account, id) => createOmemo03Device(account, id, 1)
const createNew: Create = (account, id) => createOmemo2Device(account, id, 1)

const versions = [
  { title: 'OMEMO 0.3', create: createOld, namespace: OMEMO_03 },
  { title: 'OMEMO 2', create: createNew, namespace: OMEMO_2 },
] as const

for (const { title, create, namespace } of versions) {
  describe(title, () => {
    scenario(
      'a phone reads a first message from its push, offline, and knows it again by its id when it collects it',
      async ({ romeo, juliet, pushService }) => {
        const { device, key } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
        const sender = await create(romeo.account, ROMEO)
        const text = 'Neither, fair saint, if either thee dislike'
        const recipients = await recipientsOf(romeo, namespace, juliet.account)
        const encrypted = await sender.encrypt(text, recipients)
        const message = omemoMessage(juliet.account, encrypted)
        await romeo.sends(message)
        const notification = await openPublish(await pushService.next(), key)
        expect(notification).toMatchObject({ unread: 1, sender: romeo.account, type: 'chat', message: notice })
        expect(notification.omemo).toMatchObject({ prekey: [true], sid: String(ROMEO), ns: namespace })
        expect(await device.decryptFromPush(notification)).toBe(text)
        expect(await collected(juliet, romeo.jid, message)).toBe(notification.id)
        await expect(device.decrypt(romeo.account, encrypted)).rejects.toThrow()
        expect(recipients.map((recipient) => recipient.device)).toEqual([PHONE])
      },
    )

    scenario(
      'nobody but the phone opens its push: not with another key, and not with another device’s ratchets',
      async ({ romeo, juliet, pushService }) => {
        const { device, key } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
        const sender = await create(romeo.account, ROMEO)
        const encrypted = await sender.encrypt('for you alone', await recipientsOf(romeo, namespace, juliet.account))
        await romeo.sends(omemoMessage(juliet.account, encrypted))
        const publish = await pushService.next()
        const wrong = randomBytes(16).toString('base64')
        await expect(openPublish(publish, wrong)).rejects.toMatchObject({ reason: 'tag' })
        const notification = await openPublish(publish, key)
        const thief = await create(juliet.account, PHONE)
        await expect(thief.decryptFromPush(notification)).rejects.toMatchObject({ reason: 'session' })
        expect(await device.decryptFromPush(notification)).toBe('for you alone')
      },
    )

    scenario('a following message is none that begins a session', async ({ romeo, juliet, pushService }) => {
      const { device, key } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
      const sender = await create(romeo.account, ROMEO)
      await acquaint(sender, device)
      for (const [index, text] of ['With love’s light wings', '🌹👨‍👩‍👧‍👦 <&> ünïcödé'].entries()) {
        const encrypted = await sender.encrypt(text, [{ account: juliet.account, device: PHONE }])
        await romeo.sends(omemoMessage(juliet.account, encrypted))
        const notification = await openPublish(await pushService.next(), key)
        expect(notification.unread).toBe(index + 1)
        expect(notification.omemo?.prekey).toEqual([false])
        expect(await device.decryptFromPush(notification)).toBe(text)
      }
    })

    scenario(
      'each of an account’s devices gets its own key, under its own seal',
      async ({ romeo, juliet, pushService }) => {
        const phone = await create(juliet.account, PHONE)
        const laptop = await create(juliet.account, LAPTOP)
        await announce(juliet, laptop)
        await announce(juliet, phone, [PHONE, LAPTOP])
        const keys = new Map<number, string>()
        for (const device of [phone, laptop]) {
          keys.set(device.id, await enableSealed(juliet, { service: pushService.jid, node: String(device.id) }, device))
        }
        await juliet.leaves()
        const sender = await create(romeo.account, ROMEO)
        const encrypted = await sender.encrypt('to you both', await recipientsOf(romeo, namespace, juliet.account))
        await romeo.sends(omemoMessage(juliet.account, encrypted))
        const publishes = new Map(
          [await pushService.next(), await pushService.next()].map((each) => [nodeOf(each), each]),
        )
        const [forPhone, forLaptop] = await Promise.all(
          [phone, laptop].map(async ({ id }) => {
            const publish = publishes.get(String(id))
            const key = keys.get(id)
            if (publish === undefined || key === undefined) throw new Error(`nothing for ${String(id)}`)
            return openPublish(publish, key)
          }),
        )
        if (forPhone === undefined || forLaptop === undefined) throw new Error('two devices, two pushes')
        expect([forPhone.omemo?.keys.length, forLaptop.omemo?.keys.length]).toEqual([1, 1])
        expect(forPhone.omemo?.keys).not.toEqual(forLaptop.omemo?.keys)
        expect(forPhone.id).toBe(forLaptop.id)
        expect(await phone.decryptFromPush(forPhone)).toBe('to you both')
        expect(await laptop.decryptFromPush(forLaptop)).toBe('to you both')
      },
    )

    scenario(
      'another account’s device that bears the same number does not come between',
      async ({ romeo, juliet, nurse, pushService }) => {
        const { device, key } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
        await announce(nurse, await create(nurse.account, PHONE))
        const sender = await create(romeo.account, ROMEO)
        const recipients = [nurse, juliet].map(({ account }) => recipientsOf(romeo, namespace, account))
        const encrypted = await sender.encrypt('which of you?', (await Promise.all(recipients)).flat())
        await romeo.sends(omemoMessage(juliet.account, encrypted))
        const notification = await openPublish(await pushService.next(), key)
        // 0.3 does not say whose device a key is for, 2 does.
        expect(notification.omemo?.keys).toHaveLength(namespace === OMEMO_03 ? 2 : 1)
        expect(await device.decryptFromPush(notification)).toBe('which of you?')
      },
    )

    scenario(
      'a message without a key for the phone is told all the same, as an encrypted one',
      async ({ romeo, juliet, pushService }) => {
        const { key } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
        const laptop = await create(juliet.account, LAPTOP)
        const sender = await create(romeo.account, ROMEO)
        const recipient = { account: juliet.account, device: LAPTOP, bundle: await laptop.bundle() }
        await romeo.sends(omemoMessage(juliet.account, await sender.encrypt('laptops only', [recipient])))
        const { json } = openSealed(await pushService.next(), key)
        expect(json).toEqual({ unread: 1, sender: romeo.account, type: 'chat', message: notice, id: json['id'] })
        expect(typeof json['id']).toBe('string')
      },
    )

    scenario(
      'a message that only moves keys waits for the phone and does not wake it, whatever body it carries',
      async ({ romeo, juliet, pushService, server }) => {
        const { device } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
        const sender = await create(romeo.account, ROMEO)
        const keys = await sender.transportKeys(await recipientsOf(romeo, namespace, juliet.account))
        const message = omemoMessage(juliet.account, keys)
        await romeo.sends(message)
        await server.idle()
        pushService.expectEmpty()
        await collected(juliet, romeo.jid, message)
        expect(await device.decrypt(romeo.account, keys)).toBeUndefined()
      },
    )

    scenario('the sealed JSON holds what the phone needs and nothing else', async ({ romeo, juliet, pushService }) => {
      const { device, key } = await phoneOf(juliet, pushService, await create(juliet.account, PHONE))
      const sender = await create(romeo.account, ROMEO)
      const encrypted = await sender.encrypt('nothing else', await recipientsOf(romeo, namespace, juliet.account))
      await romeo.sends(omemoMessage(juliet.account, encrypted))
      const { json } = openSealed(await pushService.next(), key)
      const header = encrypted.getChild('header')
      const named = namespace === OMEMO_03 ? header : header?.getChild('keys')
      const iv = namespace === OMEMO_03 ? { iv: header?.getChildText('iv') } : {}
      expect(json).toEqual({
        unread: 1,
        sender: romeo.account,
        type: 'chat',
        message: notice,
        id: expect.any(String) as unknown,
        omemo: {
          keys: [named?.getChildText('key')],
          prekey: [true],
          sid: String(ROMEO),
          data: encrypted.getChildText('payload'),
          ns: namespace,
          ...iv,
        },
      })
      expect(device.id).toBe(PHONE)
    })
  })
}

scenario('of a message in both versions the phone gets OMEMO 2', async ({ romeo, juliet, pushService }) => {
  const old = await createOld(juliet.account, PHONE)
  await announce(juliet, old)
  const { device, key } = await phoneOf(juliet, pushService, await createNew(juliet.account, PHONE))
  await romeo.sends(await inBoth(romeo, juliet, 'twice written'))
  const notification = await openPublish(await pushService.next(), key)
  expect(notification.omemo?.ns).toBe(OMEMO_2)
  expect(await device.decryptFromPush(notification)).toBe('twice written')
})

scenario(
  'of a message in both versions a phone that only knows OMEMO 0.3 gets that',
  async ({ romeo, juliet, pushService }) => {
    await announce(juliet, await createNew(juliet.account, LAPTOP))
    const { device, key } = await phoneOf(juliet, pushService, await createOld(juliet.account, PHONE))
    await romeo.sends(await inBoth(romeo, juliet, 'twice written'))
    const notification = await openPublish(await pushService.next(), key)
    expect(notification.omemo?.ns).toBe(OMEMO_03)
    expect(await device.decryptFromPush(notification)).toBe('twice written')
  },
)

/** One message, encrypted in both versions to all devices of the reader that her server knows. */
async function inBoth(writer: User, reader: User, text: string): Promise<Element> {
  const encrypted: Element[] = []
  for (const { create, namespace } of versions) {
    const device = await create(writer.account, ROMEO)
    encrypted.push(await device.encrypt(text, await recipientsOf(writer, namespace, reader.account)))
  }
  return omemoMessage(reader.account, ...encrypted)
}

scenario(
  'a service sees of an OMEMO message, a yes and a paragraph the same: an iv and sealed text of one length',
  async ({ romeo, juliet, pushService }) => {
    const { device, key } = await phoneOf(juliet, pushService, await createNew(juliet.account, PHONE))
    const sender = await createNew(romeo.account, ROMEO)
    const encrypted = await sender.encrypt('a secret', await recipientsOf(romeo, OMEMO_2, juliet.account))
    const plain = (body: string): Element =>
      xml`<message to="${juliet.account}" type="chat"><body>${body}</body></message>`
    const opened: unknown[] = []
    for (const message of [omemoMessage(juliet.account, encrypted), plain('yes'), plain('Good night! '.repeat(150))]) {
      await romeo.sends(message)
      const publish = await pushService.receives(xml`
        <iq xmlns="jabber:component:accept" type="set" from="localhost" to="${pushService.jid}" id="${any}">
          <pubsub xmlns="http://jabber.org/protocol/pubsub">
            <publish node="${device.id}"><item id="${any}"><notification xmlns="urn:xmpp:push:0">
              <encrypted xmlns="tigase:push:encrypt:0" iv="${any}">${any}</encrypted>
            </notification></item></publish>
          </pubsub>
        </iq>`)
      const sealed = openSealed(publish, key)
      expect(sealed.encrypted).toMatch(/^[A-Za-z0-9+/]{3000}$/)
      opened.push(sealed.json['message'])
    }
    expect(opened).toEqual([notice, 'yes', 'Good night! '.repeat(150)])
  },
)

function nodeOf(publish: Element): string {
  return String(publish.getChild('pubsub', 'http://jabber.org/protocol/pubsub')?.getChild('publish')?.attrs['node'])
}
