// What the server learned of an account's OMEMO devices from its own device lists (XEP-0384).

export interface OmemoStore {
  /** The account published this list; `namespace` tells which OMEMO. An empty list means that the list is gone. */
  learn(account: string, namespace: string, devices: readonly number[]): Promise<void>
  /** Every device id that is in one of the account's lists, once, the smallest first. */
  devices(account: string): Promise<readonly number[]>
}
