// Four kinds of tests, told apart by their folder: small ones, scenarios with a real client, the whole program, and the stock clients of the world.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // A server is a value and nothing is global, so files may share a process: half of the time went into loading it anew.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/{server,storage}/**/*.test.ts'] } },
      { extends: true, test: { name: 'scenario', include: ['test/*.test.ts', 'test/extensions/**/*.test.ts'] } },
      { extends: true, test: { name: 'system', include: ['test/system/**/*.test.ts'], testTimeout: 120_000 } },
      { extends: true, test: { name: 'clients', include: ['test/clients/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
})
