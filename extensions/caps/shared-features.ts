// Features by verification string: what one client has proved holds for all clients of its account that have the same
// (XEP-0115 §5.4). Not for those of others: the string does not tell features from forms (§8.2), so that somebody could prove
// for everybody with a certain client that it wants no notifications.

/** How many verification strings are remembered. */
const mostShared = 10_000

export class SharedFeatures {
  readonly #features = new Map<string, ReadonlySet<string>>()

  get(account: string, hash: string, ver: string): ReadonlySet<string> | undefined {
    const key = keyOf(account, hash, ver)
    const features = this.#features.get(key)
    if (features !== undefined) this.#touch(key, features)
    return features
  }

  put(account: string, hash: string, ver: string, features: ReadonlySet<string>): void {
    this.#touch(keyOf(account, hash, ver), features)
    const [oldest] = this.#features.keys()
    if (this.#features.size > mostShared && oldest !== undefined) this.#features.delete(oldest)
  }

  clear(): void {
    this.#features.clear()
  }

  /** A map keeps the order in which its keys came: the one that was asked for last is the last to go. */
  #touch(key: string, features: ReadonlySet<string>): void {
    this.#features.delete(key)
    this.#features.set(key, features)
  }
}

function keyOf(account: string, hash: string, ver: string): string {
  return JSON.stringify([account, hash, ver])
}
