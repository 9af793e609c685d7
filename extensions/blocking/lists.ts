// Who has blocked whom, in memory: each stanza asks. Free for whoever has blocked nobody, and quick for the others.

import type { Jid } from '../../server/jid.js'
import type { Block } from '../../storage/blocks.js'

const nobody: ReadonlySet<string> = new Set()

export class Lists {
  readonly #accounts = new Map<string, Set<string>>()

  load(blocks: readonly Block[]): void {
    this.#accounts.clear()
    for (const { account, jid } of blocks) this.add(account, [jid])
  }

  of(account: string): ReadonlySet<string> {
    return this.#accounts.get(account) ?? nobody
  }

  add(account: string, jids: readonly string[]): void {
    const list = this.#accounts.get(account) ?? new Set()
    for (const jid of jids) list.add(jid)
    this.#accounts.set(account, list)
  }

  remove(account: string, jids: readonly string[]): void {
    const list = this.#accounts.get(account)
    if (list === undefined) return
    for (const jid of jids) list.delete(jid)
    if (list.size === 0) this.forget(account)
  }

  forget(account: string): void {
    this.#accounts.delete(account)
  }

  /** Whether one of the account's blocks is about this address (XEP-0191 §6). */
  blocks(account: string, somebody: Jid): boolean {
    const list = this.#accounts.get(account)
    return list !== undefined && formsOf(somebody).some((form) => list.has(form))
  }
}

/** In the order of XEP-0191 §6: the client, the person, the resource of the domain, the domain. */
function formsOf({ full, bare, domain, resource }: Jid): readonly string[] {
  return resource === undefined ? [bare, domain] : [full, bare, `${domain}/${resource}`, domain]
}
