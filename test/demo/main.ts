// `npm run demo`: tells the story in a terminal, one numbered line after the other.

import { tellStory } from './story.js'

/** Far more than it takes. */
const patienceMs = 120_000

setTimeout(() => {
  process.stderr.write('The story does not go on.\n')
  process.exit(1)
}, patienceMs).unref()

let line = 0
await tellStory((told) => {
  line += 1
  process.stdout.write(`${String(line).padStart(2)}. ${told}\n`)
})
