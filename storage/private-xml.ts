// What an account's clients keep for themselves (XEP-0049): elements, each known by its namespace and name.

export interface PrivateElement {
  readonly namespace: string
  readonly name: string
  /** The element. Undefined: none is to be kept. */
  readonly xml: string | undefined
}

export interface PrivateXmlLimits {
  /** How many elements an account has. */
  readonly elements: number
  /** What they take together: namespaces, names and elements, in UTF-8. */
  readonly bytes: number
}

export interface PrivateXmlStore {
  get(account: string, namespace: string, name: string): Promise<string | undefined>
  /**
   * Each takes the place of the one of its namespace and name; all in one step. False, and nothing written, when the account
   * would have more than the limits allow, or when there is no such account.
   */
  put(account: string, elements: readonly PrivateElement[], limits: PrivateXmlLimits): Promise<boolean>
}
