// Who wants to hear of which nodes: the `+notify` features of available sessions (XEP-0060 §9.2). Dies with the process.

import type { Jid } from '../../server/jid.js'

const SUFFIX = '+notify'
/** A client that asks for more nodes than this hears of the first ones. */
const MOST = 256

/** The nodes that a client with these features wants to hear of. */
export function wantedNodes(features: ReadonlySet<string>): ReadonlySet<string> {
  const nodes = new Set<string>()
  for (const feature of features) {
    if (nodes.size === MOST) break
    if (feature.endsWith(SUFFIX) && feature.length > SUFFIX.length) nodes.add(feature.slice(0, -SUFFIX.length))
  }
  return nodes
}

export class Interests {
  readonly #nodes = new Map<string, ReadonlySet<string>>()
  /** node → account → its sessions. */
  readonly #sessions = new Map<string, Map<string, Map<string, Jid>>>()

  /** The session wants these nodes and no others. Gives those that it did not want before. */
  learn(session: Jid, nodes: ReadonlySet<string>): ReadonlySet<string> {
    const before = this.#nodes.get(session.full) ?? new Set<string>()
    this.forget(session)
    if (nodes.size > 0) this.#nodes.set(session.full, nodes)
    for (const node of nodes) this.#add(node, session)
    return new Set([...nodes].filter((node) => !before.has(node)))
  }

  forget(session: Jid): void {
    for (const node of this.#nodes.get(session.full) ?? []) this.#remove(node, session)
    this.#nodes.delete(session.full)
  }

  wants(session: Jid, node: string): boolean {
    return this.#nodes.get(session.full)?.has(node) ?? false
  }

  isEmpty(node: string): boolean {
    return !this.#sessions.has(node)
  }

  /** The sessions of the account that want the node. */
  of(node: string, account: string): readonly Jid[] {
    return [...(this.#sessions.get(node)?.get(account)?.values() ?? [])]
  }

  clear(): void {
    this.#nodes.clear()
    this.#sessions.clear()
  }

  #add(node: string, session: Jid): void {
    const accounts = this.#sessions.get(node) ?? new Map<string, Map<string, Jid>>()
    const sessions = accounts.get(session.bare) ?? new Map<string, Jid>()
    sessions.set(session.full, session)
    accounts.set(session.bare, sessions)
    this.#sessions.set(node, accounts)
  }

  #remove(node: string, session: Jid): void {
    const accounts = this.#sessions.get(node)
    const sessions = accounts?.get(session.bare)
    sessions?.delete(session.full)
    if (sessions?.size === 0) accounts?.delete(session.bare)
    if (accounts?.size === 0) this.#sessions.delete(node)
  }
}
