// A reader as a page or a service worker has it: WebCrypto, and nothing else of Node's.

import type { Reader, Sealed } from './sealed.js'

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

async function readOne({ key, iv, encrypted }: Sealed): Promise<unknown> {
  const { subtle } = globalThis.crypto
  const imported = await subtle.importKey('raw', bytesOf(key), 'AES-GCM', false, ['decrypt'])
  const plain = await subtle.decrypt({ name: 'AES-GCM', iv: bytesOf(iv) }, imported, bytesOf(encrypted))
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain))
}

export const webCryptoReader: Reader = {
  name: 'WebCrypto',
  read: (sealed) => Promise.all(sealed.map(readOne)),
}
