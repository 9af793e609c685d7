// What every OMEMO has to do, said once and proven for each: the tests of both versions call it.
import { expect, test } from 'vitest'
import type { OmemoDevice, Recipient } from './device.js'
import { pushed } from './push.js'

export type CreateDevice = (account: string, id: number) => Promise<OmemoDevice>

const ROMEO = 'romeo@montague.lit'
const JULIET = 'juliet@capulet.lit'

/** How to write to a device, with what it published. */
export async function recipient(device: OmemoDevice): Promise<Recipient> {
  return { account: device.account, device: device.id, bundle: await device.bundle() }
}

async function pair(create: CreateDevice): Promise<{ readonly romeo: OmemoDevice; readonly juliet: OmemoDevice }> {
  return { romeo: await create(ROMEO, 27183), juliet: await create(JULIET, 31415) }
}

/** Declares the tests. */
export function conversationTests(create: CreateDevice): void {
  test('the first message begins a session, and both sides go on in it', async () => {
    const { romeo, juliet } = await pair(create)
    const toJuliet = [await recipient(juliet)]
    const toRomeo = [{ account: ROMEO, device: romeo.id }]
    const first = await romeo.encrypt('Neither, fair saint', toJuliet)
    const second = await romeo.encrypt('🌹 if either thee dislike – ünïcödé <&> 👨‍👩‍👧‍👦', toJuliet)
    expect(await juliet.decrypt(ROMEO, first)).toBe('Neither, fair saint')
    expect(await juliet.decrypt(ROMEO, second)).toBe('🌹 if either thee dislike – ünïcödé <&> 👨‍👩‍👧‍👦')
    expect(await romeo.decrypt(JULIET, await juliet.encrypt('How camest thou hither?', toRomeo))).toBe(
      'How camest thou hither?',
    )
    const later = await romeo.encrypt('With love’s light wings', toJuliet)
    expect(pushed(ROMEO, second, juliet).omemo?.prekey).toEqual([true])
    expect(pushed(ROMEO, later, juliet).omemo?.prekey).toEqual([false])
    expect(await juliet.decrypt(ROMEO, later)).toBe('With love’s light wings')
  })

  test('messages that overtake one another are all read', async () => {
    const { romeo, juliet } = await pair(create)
    const to = [await recipient(juliet)]
    const one = await romeo.encrypt('one', to)
    const two = await romeo.encrypt('two', to)
    expect(await juliet.decryptFromPush(pushed(ROMEO, two, juliet))).toBe('two')
    expect(await juliet.decrypt(ROMEO, one)).toBe('one')
  })

  test('every device of an account reads the message, and a device it was not written for does not', async () => {
    const { romeo, juliet: phone } = await pair(create)
    const laptop = await create(JULIET, 12321)
    const stranger = await create('nurse@capulet.lit', 99)
    const encrypted = await romeo.encrypt('both of you', [await recipient(phone), await recipient(laptop)])
    expect(await phone.decryptFromPush(pushed(ROMEO, encrypted, phone))).toBe('both of you')
    expect(await laptop.decrypt(ROMEO, encrypted)).toBe('both of you')
    await expect(stranger.decrypt(ROMEO, encrypted)).rejects.toThrow()
  })

  test('a message that was read from its push cannot be read again from its stanza', async () => {
    const { romeo, juliet } = await pair(create)
    const toJuliet = [await recipient(juliet)]
    await juliet.decrypt(ROMEO, await romeo.encrypt('hello', toJuliet))
    await romeo.decrypt(JULIET, await juliet.encrypt('hello', [{ account: ROMEO, device: romeo.id }]))
    const encrypted = await romeo.encrypt('once', toJuliet)
    expect(await juliet.decryptFromPush(pushed(ROMEO, encrypted, juliet))).toBe('once')
    await expect(juliet.decrypt(ROMEO, encrypted)).rejects.toThrow()
    expect(await juliet.decrypt(ROMEO, await romeo.encrypt('and on', toJuliet))).toBe('and on')
  })

  test('a device of another account that bears the same number reads its own key only', async () => {
    const { romeo, juliet } = await pair(create)
    const double = await create('nurse@capulet.lit', juliet.id)
    const both = [await recipient(double), await recipient(juliet)]
    for (const text of ['first, with prekeys', 'second']) {
      const encrypted = await romeo.encrypt(text, both)
      expect(await juliet.decryptFromPush(pushed(ROMEO, encrypted, juliet))).toBe(text)
      expect(await double.decryptFromPush(pushed(ROMEO, encrypted, double))).toBe(text)
      for (const device of [juliet, double]) {
        const answer = await device.encrypt('heard', [{ account: ROMEO, device: romeo.id }])
        expect(await romeo.decrypt(device.account, answer)).toBe('heard')
      }
    }
  })

  test('what a bare draft leaves out, the namespace and the prekey flags, is not missed', async () => {
    const { romeo, juliet } = await pair(create)
    const to = [await recipient(juliet)]
    for (const text of ['begins a session', 'goes on']) {
      const notification = pushed(ROMEO, await romeo.encrypt(text, to), juliet)
      if (notification.omemo === undefined) throw new Error('no OMEMO part')
      const bare = { ...notification, omemo: { ...notification.omemo, ns: undefined, prekey: undefined } }
      expect(await juliet.decryptFromPush(bare)).toBe(text)
      await romeo.decrypt(JULIET, await juliet.encrypt('yes', [{ account: ROMEO, device: romeo.id }]))
    }
  })

  test('a key that is not for this session fails and leaves the ratchet as it was', async () => {
    const { romeo, juliet } = await pair(create)
    const to = [await recipient(juliet)]
    const answer = [{ account: ROMEO, device: romeo.id }]
    await juliet.decrypt(ROMEO, await romeo.encrypt('hello', to))
    await romeo.decrypt(JULIET, await juliet.encrypt('hello', answer))
    const mine = pushed(ROMEO, await romeo.encrypt('mine', to), juliet)
    const spoiled = { ...mine, omemo: mine.omemo && { ...mine.omemo, keys: mine.omemo.keys.map(lastByteChanged) } }
    await expect(juliet.decryptFromPush(spoiled)).rejects.toMatchObject({ reason: 'session' })
    expect(await juliet.decryptFromPush(mine)).toBe('mine')
  })

  test('a payload of another message is refused', async () => {
    const { romeo, juliet } = await pair(create)
    const to = [await recipient(juliet)]
    const one = pushed(ROMEO, await romeo.encrypt('one', to), juliet)
    const two = pushed(ROMEO, await romeo.encrypt('two', to), juliet)
    const mixed = { ...one, omemo: one.omemo && { ...one.omemo, data: two.omemo?.data ?? '' } }
    await expect(juliet.decryptFromPush(mixed)).rejects.toMatchObject({ reason: 'payload' })
  })

  test('a message without payload moves keys and has no text', async () => {
    const { romeo, juliet } = await pair(create)
    const keys = await romeo.transportKeys([await recipient(juliet)])
    expect(keys.getChild('payload')).toBeUndefined()
    expect(await juliet.decrypt(ROMEO, keys)).toBeUndefined()
    const answer = await juliet.encrypt('the session stands', [{ account: ROMEO, device: romeo.id }])
    expect(await romeo.decrypt(JULIET, answer)).toBe('the session stands')
  })

  test('a prekey is used once: the bundle no longer offers it', async () => {
    const { romeo, juliet } = await pair(create)
    const before = offered(await juliet.bundle())
    const first = await romeo.encrypt('hello', [await recipient(juliet)])
    expect(offered(await juliet.bundle())).toEqual(before)
    await juliet.decrypt(ROMEO, first)
    const after = offered(await juliet.bundle())
    expect(after).toHaveLength(before.length - 1)
    expect(before).toEqual(expect.arrayContaining(after))
  })

  test('the device list names the devices', async () => {
    const { juliet } = await pair(create)
    const list = juliet.deviceList([juliet.id, 12321])
    expect(list.getNS()).toBe(juliet.namespace)
    expect(list.getChildren('device').map(({ attrs }) => Number(attrs['id']))).toEqual([juliet.id, 12321])
  })
}

function offered(bundle: Recipient['bundle']): string[] {
  return (bundle?.getChild('prekeys')?.getChildElements() ?? []).map((preKey) => preKey.getText())
}

function lastByteChanged(key: string): string {
  const bytes = Buffer.from(key, 'base64')
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  return bytes.toString('base64')
}
