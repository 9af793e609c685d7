// The OMEMO device of the guide's app (docs/push.md): libsignal's keys, on the record that page and worker share.

import { KeyHelper, type KeyPairType } from '@privacyresearch/libsignal-protocol-typescript'
import { el, type Element } from '../../../server/xml.js'
import { base64 } from '../omemo/device.js'
import { OMEMO_03 } from '../omemo/omemo-03.js'
import type { Announced } from '../omemo/wire.js'
import '../omemo/quiet.js'

/** What the page's `storeOn` takes. */
interface Ratchets {
  readonly identity: KeyPairType
  readonly device: number
  readonly identities: Map<string, ArrayBuffer>
  readonly preKeys: Map<number, KeyPairType>
  readonly signedPreKeys: Map<number, KeyPairType>
  readonly sessions: Map<string, string>
}

/** Makes fresh keys with one prekey, and has the app keep them. Gives what is to be announced. */
export async function createPhone(id: number, keep: (ratchets: Ratchets) => Promise<unknown>): Promise<Announced> {
  const identity = await KeyHelper.generateIdentityKeyPair()
  const signed = await KeyHelper.generateSignedPreKey(identity, 1)
  const preKey = await KeyHelper.generatePreKey(1)
  await keep({
    identity,
    device: id,
    identities: new Map(),
    preKeys: new Map([[1, preKey.keyPair]]),
    signedPreKeys: new Map([[1, signed.keyPair]]),
    sessions: new Map(),
  })
  const bundle = el(
    'bundle',
    { xmlns: OMEMO_03 },
    el('signedPreKeyPublic', { signedPreKeyId: 1 }, base64(signed.keyPair.pubKey)),
    el('signedPreKeySignature', {}, base64(signed.signature)),
    el('identityKey', {}, base64(identity.pubKey)),
    el('prekeys', {}, el('preKeyPublic', { preKeyId: 1 }, base64(preKey.keyPair.pubKey))),
  )
  const deviceList = (ids: readonly number[]): Element =>
    el('list', { xmlns: OMEMO_03 }, ...ids.map((each) => el('device', { id: each })))
  return { namespace: OMEMO_03, id, deviceList, bundle: () => Promise.resolve(bundle) }
}
