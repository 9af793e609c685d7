// A script for a page, made of a module and all that it imports, as a developer's bundler makes it.

import { resolve } from 'node:path'
import type { Rollup } from 'vite'

/**
 * @param code a module
 * @param packages which of our packages an import is, when its name is another
 * @returns the same with its imports inside: a module for browsers, service workers too
 */
export async function bundle(code: string, packages: Readonly<Record<string, string>> = {}): Promise<string> {
  // Loaded by those who need it: it is large.
  const { build } = await import('vite')
  const name = resolve('test/clients/entry-of-a-bundle.js')
  const output = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: packages },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === name ? name : undefined),
        load: (id) => (id === name ? code : undefined),
      },
    ],
    build: { write: false, minify: false, target: 'esnext', lib: { entry: name, formats: ['es'], fileName: 'bundle' } },
  })
  const [first] = (Array.isArray(output) ? output : [output]) as readonly Rollup.RollupOutput[]
  const [chunk] = first?.output ?? []
  if (chunk === undefined) throw new Error('there is no bundle')
  return chunk.code
}
