// A device that speaks OMEMO 2 (XEP-0384, urn:xmpp:omemo:2) with the sessions of libomemo.js.
import { Element } from 'ltx'
import type { InMemoryStore, KeyPair, SessionBuilder, SignedPreKey } from 'converse.js/dist/libomemo.esm.min.js'
import { decryptOmemo, type Notification } from '../../../extensions/notification.js'
import { anyOf, base64, bufferOf, bytesOf, child, type OmemoDevice, type Recipient } from './device.js'
import { tidily } from './libomemo.js'
import { envelope, open, seal } from './sce.js'

export const OMEMO_2 = 'urn:xmpp:omemo:2'

const SIGNED_PRE_KEY = 1

/** Makes a device with fresh keys. Few prekeys by default: each costs time. */
export async function createOmemo2Device(account: string, id: number, preKeys = 5): Promise<OmemoDevice> {
  const identity = await tidily(({ KeyHelper }) => KeyHelper.generateIdentityKeyPair())
  const signed = await tidily(({ KeyHelper }) => KeyHelper.generateSignedPreKey(identity, SIGNED_PRE_KEY, OMEMO_2))
  const store = await tidily(({ InMemoryStore }) => Promise.resolve(new InMemoryStore()))
  store.put('identityKey', identity)
  store.put('registrationId', id)
  store.storeSignedPreKey(signed.keyId, signed.keyPair)
  for (let number = 1; number <= preKeys; number++) {
    store.storePreKey(number, (await tidily(({ KeyHelper }) => KeyHelper.generatePreKey(number))).keyPair)
  }
  return new Omemo2Device(account, id, { store, identity, signed, preKeys })
}

interface Keys {
  readonly store: InMemoryStore
  readonly identity: KeyPair
  readonly signed: SignedPreKey
  /** Numbered from one; the store forgets those that were used. */
  readonly preKeys: number
}

class Omemo2Device implements OmemoDevice {
  readonly namespace = OMEMO_2
  readonly account: string
  readonly id: number
  readonly #keys: Keys

  constructor(account: string, id: number, keys: Keys) {
    this.account = account
    this.id = id
    this.#keys = keys
  }

  deviceList(ids: readonly number[]): Element {
    const list = new Element('devices', { xmlns: OMEMO_2 })
    for (const id of ids) list.c('device', { id: String(id) })
    return list
  }

  async bundle(): Promise<Element> {
    const { identity, signed } = this.#keys
    const bundle = new Element('bundle', { xmlns: OMEMO_2 })
    bundle.c('spk', { id: String(signed.keyId) }).t(raw(signed.keyPair))
    bundle.c('spks').t(base64(signed.signature))
    bundle.c('ik').t(base64(await tidily((library) => library.curvePubKeyToEd25519PubKey(identity.pubKey))))
    const preKeys = bundle.c('prekeys')
    for (const [id, pair] of await this.#preKeys()) preKeys.c('pk', { id: String(id) }).t(raw(pair))
    return bundle
  }

  async encrypt(text: string, recipients: readonly Recipient[]): Promise<Element> {
    const { secret, payload } = seal(envelope(text, this.account).toString())
    const encrypted = await this.#encrypted(secret, recipients)
    encrypted.c('payload').t(base64(payload))
    return encrypted
  }

  // §5.5.3: an empty message encrypts 32 zero bytes.
  transportKeys(recipients: readonly Recipient[]): Promise<Element> {
    return this.#encrypted(new Uint8Array(32), recipients)
  }

  async decrypt(sender: string, encrypted: Element): Promise<string | undefined> {
    const header = child(encrypted, 'header')
    const keys = header.getChildren('keys').filter(({ attrs }) => attrs['jid'] === this.account)
    const key = keys.flatMap((each) => each.getChildren('key')).find(({ attrs }) => attrs['rid'] === String(this.id))
    if (key === undefined) throw new Error('not encrypted for this device')
    const isKeyExchange = ['true', '1'].includes(String(key.attrs['kex']))
    const secret = await this.#openKey(sender, Number(header.attrs['sid']), bytesOf(key.getText()), isKeyExchange)
    const payload = encrypted.getChildText('payload')
    return payload === null ? undefined : open(secret, bytesOf(payload), sender)
  }

  decryptFromPush(notification: Notification): Promise<string | undefined> {
    return decryptOmemo(notification, ({ sender, senderDevice, key, isPreKey }) =>
      this.#openKey(sender, senderDevice, key, isPreKey),
    )
  }

  async #preKeys(): Promise<readonly (readonly [number, KeyPair])[]> {
    const ids = Array.from({ length: this.#keys.preKeys }, (_, index) => index + 1)
    const loaded = await Promise.all(ids.map(async (id) => [id, await this.#keys.store.loadPreKey(id)] as const))
    return loaded.flatMap(([id, preKey]) => (preKey === undefined ? [] : [[id, preKey.keyPair] as const]))
  }

  async #encrypted(secret: Uint8Array, recipients: readonly Recipient[]): Promise<Element> {
    const encrypted = new Element('encrypted', { xmlns: OMEMO_2 })
    const header = encrypted.c('header', { sid: String(this.id) })
    for (const account of new Set(recipients.map((recipient) => recipient.account))) {
      const keys = header.c('keys', { jid: account })
      for (const recipient of recipients.filter((each) => each.account === account)) {
        keys.cnode(await this.#keyFor(recipient, secret))
      }
    }
    return encrypted
  }

  #keyFor({ account, device, bundle }: Recipient, secret: Uint8Array): Promise<Element> {
    const { store } = this.#keys
    return tidily(async ({ OMEMOAddress, SessionBuilder, SessionCipher }) => {
      const address = new OMEMOAddress(account, device)
      const cipher = new SessionCipher(store, address, OMEMO_2)
      if (bundle !== undefined && !(await cipher.hasOpenSession())) {
        await new SessionBuilder(store, address, OMEMO_2).processPreKey(readBundle(bundle, device))
      }
      const { body, kex } = await cipher.encrypt(bufferOf(secret))
      const key = new Element('key', { rid: String(device), ...(kex === true ? { kex: 'true' } : {}) })
      return key.t(Buffer.from(body, 'binary').toString('base64'))
    })
  }

  #openKey(sender: string, device: number, key: Uint8Array, isKeyExchange: boolean | undefined): Promise<Uint8Array> {
    return tidily(async ({ OMEMOAddress, SessionCipher }) => {
      const cipher = new SessionCipher(this.#keys.store, new OMEMOAddress(sender, device), OMEMO_2)
      const asExchange = () => cipher.decryptPreKeyWhisperMessage(bufferOf(key))
      const asMessage = () => cipher.decryptWhisperMessage(bufferOf(key))
      const guessed = () => asMessage().catch(asExchange)
      const { plaintext } = await (isKeyExchange === undefined ? guessed() : isKeyExchange ? asExchange() : asMessage())
      return new Uint8Array(plaintext)
    })
  }
}

type Bundle = Parameters<SessionBuilder['processPreKey']>[0]

function readBundle(bundle: Element, device: number): Bundle {
  const signed = child(bundle, 'spk')
  const preKey = anyOf(child(bundle, 'prekeys').getChildren('pk'))
  return {
    registrationId: device,
    identityKey: bufferOf(bytesOf(child(bundle, 'ik').getText())),
    signedPreKey: {
      keyId: Number(signed.attrs['id']),
      publicKey: bufferOf(bytesOf(signed.getText())),
      signature: bufferOf(bytesOf(child(bundle, 'spks').getText())),
    },
    preKey: { keyId: Number(preKey.attrs['id']), publicKey: bufferOf(bytesOf(preKey.getText())) },
  }
}

// The library puts a type byte in front of a public key; on the wire (§5.3.2) there is none.
function raw({ pubKey }: KeyPair): string {
  return base64(pubKey.slice(1))
}
