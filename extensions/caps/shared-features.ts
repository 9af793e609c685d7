// Features by verification string: what one client has proved holds for all that have the same (XEP-0115 §5.4, §8.2).

/** How many verification strings are remembered: more than there are kinds of clients. */
const mostShared = 1000

export class SharedFeatures {
  readonly #features = new Map<string, ReadonlySet<string>>()

  get(hash: string, ver: string): ReadonlySet<string> | undefined {
    const key = `${hash} ${ver}`
    const features = this.#features.get(key)
    if (features !== undefined) this.#touch(key, features)
    return features
  }

  put(hash: string, ver: string, features: ReadonlySet<string>): void {
    this.#touch(`${hash} ${ver}`, features)
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
