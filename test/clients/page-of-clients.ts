// The code of docs/clients.md: what the tests run is what the page shows.

import { readFileSync } from 'node:fs'

export const pageOfClients = readFileSync('docs/clients.md', 'utf8')

/** A block of code under a heading. @param nth counted from 0 */
export function codeOf(heading: string, language: string, nth = 0): string {
  const [, section = ''] = pageOfClients.split(`\n## ${heading}\n`)
  const [text = ''] = section.split(/^## /m)
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))]
  const code = blocks[nth]?.[1]
  if (code === undefined) throw new Error(`there is no ${language} under ${heading}`)
  return code
}
