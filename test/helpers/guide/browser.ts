// A browser as far as docs/push.md needs one: its page and its service worker are the page's own code, on the same storage and the same locks.

import { compileFunction } from 'node:vm'
import ts from 'typescript'
import { IndexedDatabases } from './indexed-db.js'

/** What a person sees. */
export interface Note {
  readonly title: string
  readonly body: string | undefined
  readonly tag: string | undefined
}

interface PushEvent {
  readonly data: { json(): unknown }
  waitUntil(work: Promise<unknown>): void
}

type Exports = Record<string, unknown>

/** Loads files of a page as a bundler would, with what it may import from elsewhere. */
export class Browser {
  readonly notes: Note[] = []
  readonly #files: ReadonlyMap<string, string>
  readonly #packages: ReadonlyMap<string, object>
  readonly #modules = new Map<string, Exports>()
  readonly #indexedDB = new IndexedDatabases()
  readonly #locks = new Map<string, Promise<unknown>>()
  #hearsPush: ((event: PushEvent) => void) | undefined

  constructor(files: ReadonlyMap<string, string>, packages: Readonly<Record<string, object>>) {
    this.#files = files
    this.#packages = new Map(Object.entries(packages))
  }

  /** What the file exports; it is run once. @throws Error for a file that the page does not show */
  load(file: string): Exports {
    const known = this.#modules.get(file)
    if (known !== undefined) return known
    const source = this.#files.get(file)
    if (source === undefined) throw new Error(`the page shows no ${file}`)
    const exports: Exports = {}
    this.#modules.set(file, exports)
    const module = ts.ModuleKind.CommonJS
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module, target: ts.ScriptTarget.ES2023 } })
    const globals = { exports, require: (name: string) => this.#require(name), ...this.#globals() }
    const run = compileFunction(outputText, Object.keys(globals)) as (...given: readonly unknown[]) => void
    run(...Object.values(globals))
    return exports
  }

  /** A push arrives, with what the push service handed on. Resolves when the worker is done. */
  async push(json: string): Promise<void> {
    const work: Promise<unknown>[] = []
    if (this.#hearsPush === undefined) throw new Error('no worker listens')
    this.#hearsPush({ data: { json: () => JSON.parse(json) as unknown }, waitUntil: (each) => void work.push(each) })
    await Promise.all(work)
  }

  #require(name: string): object {
    if (name.startsWith('./')) return this.load(name.slice(2))
    const found = this.#packages.get(name)
    if (found === undefined) throw new Error(`${name} is not installed`)
    return found
  }

  #globals(): Readonly<Record<string, unknown>> {
    const self = {
      addEventListener: (type: string, listener: (event: PushEvent) => void) => {
        if (type === 'push') this.#hearsPush = listener
      },
      registration: { showNotification: (title: string, options: Omit<Note, 'title'>) => this.#show(title, options) },
    }
    const locks = { request: <T>(name: string, work: () => Promise<T>) => this.#locked(name, work) }
    return { self, indexedDB: this.#indexedDB, navigator: { locks } }
  }

  #show(title: string, { body, tag }: Omit<Note, 'title'>): Promise<void> {
    this.notes.push({ title, body, tag })
    return Promise.resolve()
  }

  /** One at a time, in the order of asking. */
  #locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#locks.get(name) ?? Promise.resolve()).then(work)
    this.#locks.set(
      name,
      done.catch(() => undefined),
    )
    return done
  }
}
