// Loads libomemo.js, the OMEMO library that Converse 14 carries, outside a browser.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type * as Libomemo from 'converse.js/dist/libomemo.esm.min.js'
import './quiet.js'

type Library = typeof Libomemo

// More starts than one piece of work needs.
const ONE_WORK = 50
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const

let loaded: Promise<Library> | undefined

/** The library; it is loaded once. */
export function libomemo(): Promise<Library> {
  loaded ??= load()
  return loaded
}

/**
 * Does one piece of the library's work. It starts its WebAssembly anew for each, and each start would leave two listeners on the process
 * that throw what they hear: they are taken off again.
 */
export async function tidily<T>(work: (library: Library) => Promise<T>): Promise<T> {
  const library = await libomemo()
  const before = new Set<unknown>(EVENTS.flatMap((event) => process.rawListeners(event)))
  const most = process.getMaxListeners()
  process.setMaxListeners(most + ONE_WORK)
  try {
    return await work(library)
  } finally {
    process.setMaxListeners(most)
    for (const event of EVENTS) removeAllBut(before, event)
  }
}

function removeAllBut(kept: ReadonlySet<unknown>, event: (typeof EVENTS)[number]): void {
  const added = process.rawListeners(event).filter((listener) => !kept.has(listener))
  for (const listener of added) process.removeListener(event, listener as () => void)
}

async function load(): Promise<Library> {
  const folder = dirname(createRequire(import.meta.url).resolve('converse.js/dist/libomemo.esm.min.js'))
  const wasm = await readFile(join(folder, 'curve25519_compiled.wasm'))
  // It fetches this prefix and the file's name: behind the `#` the name is a fragment.
  Object.assign(globalThis, { __WASM_BASE__: `data:application/wasm;base64,${wasm.toString('base64')}#` })
  return import('converse.js/dist/libomemo.esm.min.js')
}
