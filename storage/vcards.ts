// The vCard of an account (XEP-0054). Its picture is kept apart, since it may come from elsewhere (XEP-0398).

export interface Photo {
  /** The element. */
  readonly xml: string
  /** SHA-1 of the image, in hexadecimal. Undefined: the element has no image that can be read. */
  readonly hash: string | undefined
}

export interface VCard {
  /** The element, without its picture. */
  readonly xml: string
  readonly photo: Photo | undefined
}

export interface VCardStore {
  get(account: string): Promise<VCard | undefined>
  /** Only the hash of the picture; undefined when there is no vCard. */
  hash(account: string): Promise<{ readonly hash: string | undefined } | undefined>
  /** Replaces it whole. */
  put(account: string, vcard: VCard): Promise<void>
  /** Changes the picture alone. @param rest the vCard without its picture, of an account that has none yet */
  putPhoto(account: string, photo: Photo | undefined, rest: string): Promise<void>
}
