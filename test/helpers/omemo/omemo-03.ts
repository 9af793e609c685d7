// A device that speaks OMEMO 0.3 (XEP-0384 0.3, eu.siacs.conversations.axolotl) with libsignal's sessions.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  KeyHelper,
  SessionBuilder,
  SessionCipher,
  SignalProtocolAddress,
  type SignedPreKeyPairType,
} from '@privacyresearch/libsignal-protocol-typescript'
import { Element } from 'ltx'
import { decryptOmemo, type Notification } from '../../../extensions/notification.js'
import { anyOf, base64, bufferOf, bytesOf, child, type OmemoDevice, type Recipient } from './device.js'
import { KeyStore } from './key-store.js'
import './quiet.js'

export const OMEMO_03 = 'eu.siacs.conversations.axolotl'

const SIGNED_PRE_KEY = 1

/** Makes a device with fresh keys. Few prekeys by default: each costs time. */
export async function createOmemo03Device(account: string, id: number, preKeys = 5): Promise<OmemoDevice> {
  const identity = await KeyHelper.generateIdentityKeyPair()
  const store = new KeyStore(identity, id)
  const signed = await KeyHelper.generateSignedPreKey(identity, SIGNED_PRE_KEY)
  await store.storeSignedPreKey(signed.keyId, signed.keyPair)
  for (let number = 1; number <= preKeys; number++) {
    await store.storePreKey(number, (await KeyHelper.generatePreKey(number)).keyPair)
  }
  return new Omemo03Device(account, id, store, signed)
}

class Omemo03Device implements OmemoDevice {
  readonly namespace = OMEMO_03
  readonly account: string
  readonly id: number
  readonly #store: KeyStore
  readonly #signed: SignedPreKeyPairType

  constructor(account: string, id: number, store: KeyStore, signed: SignedPreKeyPairType) {
    this.account = account
    this.id = id
    this.#store = store
    this.#signed = signed
  }

  deviceList(ids: readonly number[]): Element {
    const list = new Element('list', { xmlns: OMEMO_03 })
    for (const id of ids) list.c('device', { id: String(id) })
    return list
  }

  async bundle(): Promise<Element> {
    const { keyId, keyPair, signature } = this.#signed
    const bundle = new Element('bundle', { xmlns: OMEMO_03 })
    bundle.c('signedPreKeyPublic', { signedPreKeyId: String(keyId) }).t(base64(keyPair.pubKey))
    bundle.c('signedPreKeySignature').t(base64(signature))
    bundle.c('identityKey').t(base64((await this.#store.getIdentityKeyPair()).pubKey))
    const preKeys = bundle.c('prekeys')
    for (const [id, pair] of this.#store.preKeys) {
      preKeys.c('preKeyPublic', { preKeyId: String(id) }).t(base64(pair.pubKey))
    }
    return bundle
  }

  async encrypt(text: string, recipients: readonly Recipient[]): Promise<Element> {
    const key = randomBytes(16)
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-128-gcm', key, iv)
    const payload = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    const encrypted = await this.#encrypted(Buffer.concat([key, cipher.getAuthTag()]), iv, recipients)
    encrypted.c('payload').t(base64(payload))
    return encrypted
  }

  transportKeys(recipients: readonly Recipient[]): Promise<Element> {
    return this.#encrypted(randomBytes(32), randomBytes(12), recipients)
  }

  async decrypt(sender: string, encrypted: Element): Promise<string | undefined> {
    const header = child(encrypted, 'header')
    const iv = bytesOf(child(header, 'iv').getText())
    const opened = await this.#openOne(sender, header)
    const payload = encrypted.getChildText('payload')
    return payload === null ? undefined : openPayload(opened, iv, bytesOf(payload))
  }

  decryptFromPush(notification: Notification): Promise<string | undefined> {
    return decryptOmemo(notification, ({ sender, senderDevice, key, isPreKey }) =>
      this.#openKey(new SignalProtocolAddress(sender, senderDevice), key, isPreKey),
    )
  }

  async #encrypted(secret: Uint8Array, iv: Uint8Array, recipients: readonly Recipient[]): Promise<Element> {
    const encrypted = new Element('encrypted', { xmlns: OMEMO_03 })
    const header = encrypted.c('header', { sid: String(this.id) })
    for (const recipient of recipients) header.cnode(await this.#keyFor(recipient, secret))
    header.c('iv').t(base64(iv))
    return encrypted
  }

  async #keyFor({ account, device, bundle }: Recipient, secret: Uint8Array): Promise<Element> {
    const address = new SignalProtocolAddress(account, device)
    const cipher = new SessionCipher(this.#store, address)
    if (bundle !== undefined && !(await cipher.hasOpenSession())) await this.#begin(address, bundle)
    const { type, body = '' } = await cipher.encrypt(bufferOf(secret))
    const key = new Element('key', { rid: String(device), ...(type === 3 ? { prekey: 'true' } : {}) })
    return key.t(Buffer.from(body, 'binary').toString('base64'))
  }

  async #begin(address: SignalProtocolAddress, bundle: Element): Promise<void> {
    const signed = child(bundle, 'signedPreKeyPublic')
    const preKey = anyOf(child(bundle, 'prekeys').getChildren('preKeyPublic'))
    await new SessionBuilder(this.#store, address).processPreKey({
      registrationId: address.deviceId,
      identityKey: bufferOf(bytesOf(child(bundle, 'identityKey').getText())),
      signedPreKey: {
        keyId: Number(signed.attrs['signedPreKeyId']),
        publicKey: bufferOf(bytesOf(signed.getText())),
        signature: bufferOf(bytesOf(child(bundle, 'signedPreKeySignature').getText())),
      },
      preKey: { keyId: Number(preKey.attrs['preKeyId']), publicKey: bufferOf(bytesOf(preKey.getText())) },
    })
  }

  async #openOne(sender: string, header: Element): Promise<Uint8Array> {
    const address = new SignalProtocolAddress(sender, Number(header.attrs['sid']))
    const failures: unknown[] = []
    for (const key of header.getChildren('key').filter((each) => each.attrs['rid'] === String(this.id))) {
      try {
        return await this.#openKey(address, bytesOf(key.getText()), ['true', '1'].includes(String(key.attrs['prekey'])))
      } catch (failure) {
        failures.push(failure)
      }
    }
    throw new AggregateError(failures, 'no key for this device could be decrypted')
  }

  async #openKey(address: SignalProtocolAddress, key: Uint8Array, isPreKey: boolean | undefined): Promise<Uint8Array> {
    const cipher = new SessionCipher(this.#store, address)
    const asPreKey = (): Promise<ArrayBuffer> => cipher.decryptPreKeyWhisperMessage(bufferOf(key))
    const asMessage = (): Promise<ArrayBuffer> => cipher.decryptWhisperMessage(bufferOf(key))
    if (isPreKey === undefined) return new Uint8Array(await asMessage().catch(asPreKey))
    return new Uint8Array(await (isPreKey ? asPreKey() : asMessage()))
  }
}

function openPayload(keyAndTag: Uint8Array, iv: Uint8Array, payload: Uint8Array): string {
  const decipher = createDecipheriv('aes-128-gcm', keyAndTag.subarray(0, 16), iv, { authTagLength: 16 })
  decipher.setAuthTag(keyAndTag.subarray(16))
  return Buffer.concat([decipher.update(payload), decipher.final()]).toString('utf8')
}
