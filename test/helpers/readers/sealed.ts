// What a reader is: it takes what a phone has of sealed pushes, and gives the JSON in each (tigase:push:encrypt:0 §4.4).

/** The device's own key, and what stood in `<encrypted/>`: all base64, as on the wire. */
export interface Sealed {
  readonly key: string
  readonly iv: string
  readonly encrypted: string
}

export interface Reader {
  readonly name: string
  /** Gives what each of them says, in their order. Rejects when one cannot be opened. */
  read(sealed: readonly Sealed[]): Promise<readonly unknown[]>
}
