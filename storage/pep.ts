// Personal eventing (XEP-0163): the nodes of an account, their configuration and items.

export type AccessModel = 'open' | 'presence' | 'whitelist'

export interface NodeConfig {
  readonly accessModel: AccessModel
  /** How many items are kept. 'max' is what the server allows (XEP-0060 §16.4.3). */
  readonly maxItems: number | 'max'
  readonly persistItems: boolean
  readonly sendLast: 'never' | 'on_sub' | 'on_sub_and_presence'
  readonly notifyRetract: boolean
  readonly deliverPayloads: boolean
  /** Bare JIDs that may read a node with the access model `whitelist`. */
  readonly whitelist: readonly string[]
}

export interface PepItem {
  readonly id: string
  /** Full JID of who published it. */
  readonly publisher: string
  /** The payload element. */
  readonly xml: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface PepLimits {
  readonly nodes: number
  /** Items of one node; what `max_items=max` means. */
  readonly items: number
  /** What all items of the account take together, as `sizeOf` counts. */
  readonly bytes: number
}

/** How many bytes an item takes: all that a client can make long, in UTF-8. */
export const sizeOf = ({ id, publisher, xml }: PepItem): number =>
  Buffer.byteLength(id) + Buffer.byteLength(publisher) + Buffer.byteLength(xml)

export interface ItemsWanted {
  /** Only those; undefined: all. */
  readonly ids?: readonly string[]
  /** At most so many. */
  readonly max?: number
  /** At most so much together, as `sizeOf` counts; but the newest is always given. */
  readonly bytes?: number
}

export interface ItemsRead {
  /** Newest first. */
  readonly items: readonly PepItem[]
  /** How many it would be without the bound `bytes`. */
  readonly total: number
}

export interface PepStore {
  config(account: string, node: string): Promise<NodeConfig | undefined>
  /** The account's nodes in the order of their names. */
  nodes(account: string): Promise<readonly { readonly node: string; readonly config: NodeConfig }[]>
  /**
   * Keeps the item in one step: makes the node with `config` if it is not there (undefined: it must be there), puts the item
   * (an item of the same id is replaced and becomes the newest), and drops the oldest above `maxItems`.
   * An item is not kept, and items of the node that are there are left alone, when the node does not persist items.
   * 'full' when the account has `limits.nodes` nodes already, or when its items would take more than `limits.bytes` after the
   * step (what is replaced or dropped counts no more); 'no-node' when the node is not there and `config` is undefined. In both
   * cases nothing is changed. For an account that is not there it is 'full', here as with `create`.
   */
  publish(
    account: string,
    node: string,
    item: PepItem,
    config: NodeConfig | undefined,
    limits: PepLimits,
  ): Promise<'published' | 'full' | 'no-node'>
  /** False when there is no such node. Items above a lowered `maxItems` go, oldest first. */
  configure(account: string, node: string, config: NodeConfig, limits: PepLimits): Promise<boolean>
  /** 'full' when the account has `limits.nodes` nodes already, 'conflict' when the node is there. */
  create(account: string, node: string, config: NodeConfig, limits: PepLimits): Promise<'created' | 'conflict' | 'full'>
  /** What is beyond the bounds is not read, so that an answer takes no more memory than it says. */
  items(account: string, node: string, wanted: ItemsWanted): Promise<ItemsRead>
  /** False when there is no such item. */
  retract(account: string, node: string, item: string): Promise<boolean>
  /** All items of the node go. False when there is no such node. */
  purge(account: string, node: string): Promise<boolean>
  /** False when there is no such node. */
  delete(account: string, node: string): Promise<boolean>
}
