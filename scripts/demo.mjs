// Runs test/demo/main.ts. Vite, on which the tests run, reads the TypeScript as it stands.

import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
await runnerImport(`${root}test/demo/main.ts`, { root, configFile: false, logLevel: 'error' })
