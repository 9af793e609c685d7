// What a page has and Node has not: as much of IndexedDB as docs/push.md uses. Values are cloned, and a transaction is written whole
// or not at all, as in a browser.

type Key = string
type Values = Map<Key, unknown>
type Mode = 'readonly' | 'readwrite'

/** A request or a transaction: whoever waits for it has put a function there. */
class Waiting {
  result: unknown = undefined
  error: unknown = null
  onsuccess: (() => void) | undefined
  onerror: (() => void) | undefined
  onupgradeneeded: (() => void) | undefined
  oncomplete: (() => void) | undefined
  onabort: (() => void) | undefined
}

class Database {
  readonly #stores = new Map<string, Values>()

  createObjectStore(name: string): void {
    this.#stores.set(name, new Map())
  }

  transaction(names: readonly string[], mode: Mode): Transaction {
    return new Transaction(new Map(names.map((name) => [name, this.#store(name)])), mode)
  }

  #store(name: string): Values {
    const store = this.#stores.get(name)
    if (store === undefined) throw new Error(`there is no object store ${name}`)
    return store
  }
}

/** Its requests are done in their order, in a later task; when none is left, what it has written is there for others. */
class Transaction extends Waiting {
  readonly #stores: ReadonlyMap<string, Values>
  readonly #mode: Mode
  readonly #written = new Map<string, Values>()
  #requests = 0
  #isOver = false

  constructor(stores: ReadonlyMap<string, Values>, mode: Mode) {
    super()
    this.#stores = stores
    this.#mode = mode
    setImmediate(() => this.#endIfIdle())
  }

  objectStore(name: string): { get(key: Key): Waiting; put(value: unknown, key: Key): Waiting } {
    const store = this.#stores.get(name)
    if (store === undefined) throw new Error(`the transaction is not for ${name}`)
    return {
      get: (key) => this.#request(() => structuredClone(this.#written.get(name)?.get(key) ?? store.get(key))),
      put: (value, key) => this.#request(this.#putting(name, structuredClone(value), key)),
    }
  }

  #putting(name: string, value: unknown, key: Key): () => Key {
    if (this.#mode === 'readonly') throw new Error('the transaction is for reading')
    return () => {
      this.#written.set(name, new Map([...(this.#written.get(name) ?? []), [key, value]]))
      return key
    }
  }

  #request(work: () => unknown): Waiting {
    if (this.#isOver) throw new Error('the transaction is over')
    const request = new Waiting()
    this.#requests++
    setImmediate(() => {
      request.result = work()
      request.onsuccess?.()
      this.#requests--
      setImmediate(() => this.#endIfIdle())
    })
    return request
  }

  #endIfIdle(): void {
    if (this.#isOver || this.#requests > 0) return
    this.#isOver = true
    for (const [name, values] of this.#written)
      for (const [key, value] of values) this.#stores.get(name)?.set(key, value)
    this.oncomplete?.()
  }
}

/** As `indexedDB` of one origin. */
export class IndexedDatabases {
  readonly #databases = new Map<string, Database>()

  open(name: string): Waiting {
    const opening = new Waiting()
    setImmediate(() => {
      const known = this.#databases.get(name)
      const database = known ?? new Database()
      this.#databases.set(name, database)
      opening.result = database
      if (known === undefined) opening.onupgradeneeded?.()
      opening.onsuccess?.()
    })
    return opening
  }
}
