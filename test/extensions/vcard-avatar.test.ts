// One picture in two places, and its hash in presence (XEP-0398, XEP-0153, XEP-0084), with stock clients.

import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import { attr, child, type Element, parse, text } from '../../server/xml.js'
import {
  appears,
  asking,
  configuring,
  expectRefused,
  itemsOf,
  OWNER,
  publishing,
  PUBSUB,
  sees,
  heard,
} from '../helpers/pep.js'
import { any, expectSame, scenario, type ScenarioOptions, xml } from '../helpers/scenario.js'
import type { User } from '../helpers/user.js'

const DATA = 'urn:xmpp:avatar:data'
const METADATA = 'urn:xmpp:avatar:metadata'
const UPDATE = 'vcard-temp:x:update'

interface Picture {
  readonly base64: string
  readonly hash: string
  readonly bytes: number
}

function picture(seed: string): Picture {
  const bytes = Buffer.from(seed.repeat(50))
  return { base64: bytes.toString('base64'), hash: createHash('sha1').update(bytes).digest('hex'), bytes: bytes.length }
}

const rose = picture('rose')
const dagger = picture('dagger')

const open = { access_model: 'open' }

async function publishData(
  user: User,
  { base64, hash }: Picture,
  options: Record<string, string> = open,
): Promise<void> {
  await user.asks(publishing({ node: DATA, id: hash, payload: xml`<data xmlns="${DATA}">${base64}</data>`, options }))
}

async function publishMetadata(user: User, inside: string, id = 'current'): Promise<void> {
  const payload = parse(`<metadata xmlns="${METADATA}">${inside}</metadata>`)
  await user.asks(publishing({ node: METADATA, id, payload, options: open }))
}

const info = ({ hash, bytes }: Picture, more = '') => `<info id="${hash}" bytes="${bytes}" type="image/jpeg"${more}/>`

async function publishAvatar(user: User, avatar: Picture, options?: Record<string, string>): Promise<void> {
  await publishData(user, avatar, options)
  await publishMetadata(user, info(avatar), avatar.hash)
}

const photoOf = ({ base64 }: Picture, type = 'image/jpeg') =>
  `<PHOTO><TYPE>${type}</TYPE><BINVAL>${base64}</BINVAL></PHOTO>`

async function setVCard(user: User, inside: string): Promise<void> {
  await user.asks(parse(`<iq type="set"><vCard xmlns="vcard-temp">${inside}</vCard></iq>`))
}

async function vcardOf(reader: User, account: string): Promise<Element> {
  const result = await reader.asks(xml`<iq type="get" to="${account}"><vCard xmlns="vcard-temp"/></iq>`)
  const vcard = child(result, 'vCard', 'vcard-temp')
  if (vcard === undefined) throw new Error('no vCard')
  return vcard
}

const expectVCard = async (reader: User, account: string, inside: string) =>
  expectSame(await vcardOf(reader, account), parse(`<vCard xmlns="vcard-temp">${inside}</vCard>`))

/** The ids in the newest metadata. */
async function avatarOf(reader: User, account: string): Promise<readonly (string | undefined)[]> {
  const result = await reader.asks(asking('get', PUBSUB, `<items node="${METADATA}" max_items="1"/>`, account))
  const metadata = result.getChild('pubsub')?.getChild('items')?.getChild('item')?.getChild('metadata')
  return (metadata?.getChildElements() ?? []).map((one) => attr(one, 'id'))
}

/** What the next presence says of a picture: its hash, '' for none, undefined for nothing. */
function hashIn(presence: Element): string | undefined {
  expect(presence.name).toBe('presence')
  const update = child(presence, 'x', UPDATE)
  expect(presence.getChildren('x', UPDATE).length).toBeLessThan(2)
  const photo = update && child(update, 'photo')
  return photo && text(photo)
}

/** Presence with what a client says of pictures itself. */
const here = (inside = '') => parse(`<presence><show>chat</show>${inside}</presence>`)

describe('from an avatar to the vCard', () => {
  scenario('an avatar that is published is in the vCard, beside what was there', async ({ juliet, romeo }) => {
    await setVCard(juliet, '<FN>Juliet</FN>')
    await publishAvatar(juliet, rose)
    await expectVCard(romeo, juliet.account, `<FN>Juliet</FN>${photoOf(rose)}`)
    await publishAvatar(juliet, dagger)
    await expectVCard(romeo, juliet.account, `<FN>Juliet</FN>${photoOf(dagger)}`)
  })

  scenario('an avatar makes a vCard where there is none', async ({ juliet, romeo }) => {
    await publishAvatar(juliet, rose)
    await expectVCard(romeo, juliet.account, photoOf(rose))
  })

  scenario('of several images the one that is not elsewhere is taken', async ({ juliet }) => {
    await publishData(juliet, rose)
    await publishMetadata(juliet, info(dagger, ' url="https://example.org/dagger.jpg"') + info(rose))
    await expectVCard(juliet, juliet.account, photoOf(rose))
  })

  scenario('an image whose hash is not its id stays out of the vCard', async ({ juliet }) => {
    await publishAvatar(juliet, { ...rose, hash: dagger.hash })
    await expectVCard(juliet, juliet.account, '')
  })

  scenario('an image that is not there, is no Base64, or is elsewhere alone changes no vCard', async ({ juliet }) => {
    await setVCard(juliet, '<FN>Juliet</FN>')
    await publishMetadata(juliet, info(rose))
    await publishAvatar(juliet, { ...rose, base64: 'no base64!' })
    await publishMetadata(juliet, info(rose, ' url="https://example.org/rose.jpg"'))
    await expectVCard(juliet, juliet.account, '<FN>Juliet</FN>')
  })

  scenario('an image that not everybody may read stays out of the vCard', async ({ juliet, romeo }) => {
    await publishAvatar(juliet, rose, { access_model: 'presence' })
    await expectVCard(juliet, juliet.account, '')
    await juliet.asks(configuring(DATA, { access_model: 'open' }))
    await publishAvatar(juliet, rose)
    await expectVCard(romeo, juliet.account, photoOf(rose))
  })

  scenario('an avatar that is disabled, retracted or deleted leaves the vCard', async ({ juliet }) => {
    await setVCard(juliet, '<FN>Juliet</FN>')
    const ends: readonly (() => Promise<unknown>)[] = [
      () => publishMetadata(juliet, ''),
      () => juliet.asks(asking('set', PUBSUB, `<retract node="${METADATA}"><item id="${rose.hash}"/></retract>`)),
      () => juliet.asks(asking('set', OWNER, `<purge node="${METADATA}"/>`)),
      () => juliet.asks(asking('set', OWNER, `<delete node="${METADATA}"/>`)),
    ]
    for (const end of ends) {
      await publishAvatar(juliet, rose)
      await expectVCard(juliet, juliet.account, `<FN>Juliet</FN>${photoOf(rose)}`)
      await end()
      await expectVCard(juliet, juliet.account, '<FN>Juliet</FN>')
    }
  })

  scenario('other nodes, and other things in the nodes, change no vCard', async ({ juliet }) => {
    await publishAvatar(juliet, rose)
    await juliet.asks(publishing({ node: 'urn:example:other', payload: xml`<metadata xmlns="${METADATA}"/>` }))
    await juliet.asks(publishing({ node: METADATA, payload: xml`<metadata xmlns="urn:example:other"/>` }))
    await expectVCard(juliet, juliet.account, photoOf(rose))
  })
})

describe('from the vCard to an avatar', () => {
  scenario(
    'a picture in a vCard is published as an avatar, and its watchers are told',
    async ({ juliet, romeo, server }) => {
      await sees(romeo, juliet, server)
      await appears(romeo, server, METADATA)
      await heard(juliet, server)
      await setVCard(juliet, photoOf(rose, 'image/gif'))
      const [event] = await heard(romeo, server)
      if (event === undefined) throw new Error('romeo heard nothing')
      expectSame(
        event,
        xml`<message type="headline" id="${any}" from="${juliet.account}" to="${romeo.jid}">
            <event xmlns="http://jabber.org/protocol/pubsub#event"><items node="${METADATA}"><item id="${rose.hash}">
              <metadata xmlns="${METADATA}"><info id="${rose.hash}" bytes="${rose.bytes}" type="image/gif"/></metadata>
            </item></items></event>
          </message>`,
      )
      expect(await itemsOf(romeo, DATA, juliet.account)).toEqual([rose.hash])
      await expectVCard(romeo, juliet.account, photoOf(rose, 'image/gif'))
    },
  )

  scenario('everybody may read an avatar that comes from a vCard', async ({ juliet, nurse }) => {
    await setVCard(juliet, photoOf(rose))
    const result = await nurse.asks(asking('get', PUBSUB, `<items node="${DATA}"/>`, juliet.account))
    const data = result.getChild('pubsub')?.getChild('items')?.getChild('item')?.getChild('data')
    expect(data && text(data)).toBe(rose.base64)
    expect(await avatarOf(nurse, juliet.account)).toEqual([rose.hash])
  })

  scenario('nodes that are there stay as their owner has them', async ({ juliet, nurse }) => {
    await publishAvatar(juliet, rose)
    await juliet.asks(configuring(DATA, { access_model: 'whitelist' }))
    await setVCard(juliet, photoOf(dagger))
    expect(await itemsOf(juliet, DATA)).toEqual([dagger.hash])
    await expectRefused(itemsOf(nurse, DATA, juliet.account), 'not-allowed', 'closed-node')
  })

  scenario('a picture that is the avatar already is not published again', async ({ juliet, server }) => {
    await publishAvatar(juliet, rose)
    await appears(juliet, server, METADATA)
    await setVCard(juliet, `<FN>Juliet</FN>${photoOf(rose)}`)
    expect(await heard(juliet, server)).toEqual([])
    await expectVCard(juliet, juliet.account, `<FN>Juliet</FN>${photoOf(rose)}`)
  })

  scenario('a picture that is taken out of the vCard is no avatar any more', async ({ juliet }) => {
    await setVCard(juliet, photoOf(rose))
    await setVCard(juliet, '<FN>Juliet</FN>')
    expect(await avatarOf(juliet, juliet.account)).toEqual([])
    await expectVCard(juliet, juliet.account, '<FN>Juliet</FN>')
  })

  scenario('a vCard without a picture leaves an avatar that never was in it', async ({ juliet }) => {
    await publishAvatar(juliet, rose, { access_model: 'presence' })
    await setVCard(juliet, '<FN>Juliet</FN>')
    expect(await avatarOf(juliet, juliet.account)).toEqual([rose.hash])
  })

  scenario('white space in Base64 is no matter, and what is none is published nowhere', async ({ juliet }) => {
    await setVCard(juliet, '<PHOTO><BINVAL>no image</BINVAL></PHOTO>')
    await expectRefused(itemsOf(juliet, METADATA), 'item-not-found')
    const lines = rose.base64.replace(/.{76}/g, '$&\n ')
    await setVCard(juliet, `<PHOTO><TYPE>text/html</TYPE><BINVAL>\n${lines}\n</BINVAL></PHOTO>`)
    expect(await avatarOf(juliet, juliet.account)).toEqual([rose.hash])
  })

  const roomy: ScenarioOptions = { config: { limits: { stanzaBytes: 16_777_216 } } }
  scenario(
    'a picture that cannot be published leaves the vCard as it was',
    async ({ juliet }) => {
      await setVCard(juliet, '<FN>Juliet</FN>')
      const payload = xml`<a xmlns="urn:example:large">${'x'.repeat(10 * 1024 * 1024 - 200)}</a>`
      await juliet.asks(publishing({ node: 'urn:example:large', id: 'a', payload }))
      await expectRefused(setVCard(juliet, photoOf(rose)), 'resource-constraint')
      await expectVCard(juliet, juliet.account, '<FN>Juliet</FN>')
    },
    roomy,
  )
})

describe('the hash in presence', () => {
  scenario(
    'who has an avatar says so in presence, and a contact who comes later reads it',
    async ({ juliet, romeo, server }) => {
      await sees(romeo, juliet, server)
      await publishAvatar(juliet, rose)
      await juliet.sends(here())
      expect(hashIn(await juliet.next())).toBe(rose.hash)
      await romeo.sends(here())
      expect(hashIn(await romeo.next())).toBeUndefined()
      const presence = await romeo.next()
      expectSame(
        presence,
        xml`<presence from="${juliet.jid}" to="${any}">
            <show>chat</show><x xmlns="${UPDATE}"><photo>${rose.hash}</photo></x>
          </presence>`,
      )
      await heard(juliet, server)
      await heard(romeo, server)
    },
  )

  scenario(
    'a new avatar is told at once to those who see the presence, and so is its end',
    async ({ juliet, romeo, server }) => {
      await sees(romeo, juliet, server)
      await romeo.sends(here())
      await heard(romeo, server)
      await juliet.sends(here())
      expect(hashIn(await juliet.next())).toBeUndefined()
      expect(hashIn(await romeo.next())).toBeUndefined()
      for (const [change, hash] of [
        [() => publishAvatar(juliet, rose), rose.hash],
        [() => setVCard(juliet, photoOf(dagger)), dagger.hash],
        [() => setVCard(juliet, '<FN>Juliet</FN>'), ''],
        [() => publishAvatar(juliet, rose), rose.hash],
        [() => publishMetadata(juliet, ''), ''],
      ] as const) {
        await change()
        await server.idle()
        for (const who of [juliet, romeo]) {
          const presence = await who.next()
          expect(hashIn(presence)).toBe(hash)
          expect(presence.getChildText('show')).toBe('chat')
        }
      }
    },
  )

  scenario('what changes nothing in the picture is told to nobody', async ({ juliet, server }) => {
    await publishAvatar(juliet, rose)
    await juliet.sends(here())
    await heard(juliet, server)
    await publishMetadata(juliet, info(rose))
    await setVCard(juliet, `<FN>Juliet</FN>${photoOf(rose)}`)
  })

  scenario('a client that says that there is no picture is believed', async ({ juliet, server }) => {
    await publishAvatar(juliet, rose)
    await juliet.sends(here(`<x xmlns="${UPDATE}"><photo/></x>`))
    expect(hashIn(await juliet.next())).toBe('')
    await publishAvatar(juliet, dagger)
    expect(await heard(juliet, server)).toEqual([])
    await juliet.sends(here())
    expect(hashIn(await juliet.next())).toBe(dagger.hash)
  })

  scenario('what a client is not ready to say, or has wrong, is written over', async ({ juliet }) => {
    await publishAvatar(juliet, rose)
    for (const said of ['', `<photo>${dagger.hash}</photo>`, `<photo>${rose.hash}</photo>`]) {
      await juliet.sends(here(`<x xmlns="${UPDATE}">${said}</x>`))
      expect(hashIn(await juliet.next())).toBe(rose.hash)
    }
  })

  scenario('who has no vCard says what their client says', async ({ juliet }) => {
    for (const said of ['', `<photo>${dagger.hash}</photo>`]) {
      await juliet.sends(here(`<x xmlns="${UPDATE}">${said}</x>`))
      expect(hashIn(await juliet.next())).toBe(said === '' ? undefined : dagger.hash)
    }
  })

  scenario('directed presence bears the hash as well, and no other presence does', async ({ juliet, romeo }) => {
    await publishAvatar(juliet, rose)
    await juliet.sends(xml`<presence to="${romeo.jid}"/>`)
    expect(hashIn(await romeo.next())).toBe(rose.hash)
    await juliet.sends(xml`<presence to="${romeo.jid}" type="unavailable"/>`)
    expect(hashIn(await romeo.next())).toBeUndefined()
  })

  scenario('a session that is not available is not made so by a new avatar', async ({ juliet, server }) => {
    const phone = await juliet.also('phone')
    await juliet.sends(here())
    await juliet.next()
    await publishAvatar(phone, rose)
    await server.idle()
    expect(attr(await juliet.next(), 'from')).toBe(juliet.jid)
    await juliet.sends(xml`<presence type="unavailable"/>`)
    await server.idle()
    await publishAvatar(phone, dagger)
    await server.idle()
  })
})
