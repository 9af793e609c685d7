// The code in docs/writing-an-extension.md is the example that is compiled and run, but for where it stands.

import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8')

const page = await read('docs/writing-an-extension.md')
const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? '')

describe('the page on writing an extension', () => {
  test('shows the extension of the example, whole', async () => {
    const code = await read('test/extensions/example/last-seen.ts')
    expect(blocks).toContain(code.replaceAll("'../../../server/", "'../server/"))
  })

  test('shows its scenarios, whole', async () => {
    const code = await read('test/extensions/example/last-seen.test.ts')
    expect(blocks).toContain(
      code
        .replaceAll("'../../../server/", "'../../server/")
        .replaceAll("'../../helpers/", "'../helpers/")
        .replaceAll("'./last-seen.js'", "'../../extensions/last-seen.js'"),
    )
  })

  test('links only to pages that are there', async () => {
    const links = [...page.matchAll(/\]\(([^)]+\.md)\)/g)].map(([, file]) => file ?? '')
    expect(links).not.toEqual([])
    for (const link of links) expect(await read(`docs/${link}`)).not.toBe('')
  })
})
