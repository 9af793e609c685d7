// A reader that stands on Node's own crypto, which is OpenSSL's AES-GCM.

import { createDecipheriv } from 'node:crypto'
import type { Reader, Sealed } from './sealed.js'

const TAG_LENGTH = 16

/** What was sealed, padding and all. @throws Error when the key is not the one, or anything was changed */
export function openWithNode({ key, iv, encrypted }: Sealed): string {
  const bytes = Buffer.from(encrypted, 'base64')
  const options = { authTagLength: TAG_LENGTH }
  const decipher = createDecipheriv('aes-128-gcm', Buffer.from(key, 'base64'), Buffer.from(iv, 'base64'), options)
  decipher.setAuthTag(bytes.subarray(-TAG_LENGTH))
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_LENGTH)), decipher.final()]).toString('utf8')
}

export const nodeReader: Reader = {
  name: 'Node’s crypto',
  read: (sealed) => Promise.resolve(sealed).then((all) => all.map((each) => JSON.parse(openWithNode(each)) as unknown)),
}
