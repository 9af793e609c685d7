// A process that keeps messages in the directory it is given and prints the id of each that was acknowledged, until it is killed.

import { openSqlite } from '../../storage/sqlite/index.js'
import { debt, juliet, message, registration, credentials } from './contract/samples.js'

const WRITERS = 20

const directory = process.argv.at(-1)
if (directory === undefined) throw new Error('no directory was given')
const { accounts, push, messages } = (await openSqlite(directory)).stores
await accounts.create(juliet, credentials(1))
await push.put(registration(), 10)

const keepOn = async (writer: number): Promise<void> => {
  for (let count = 0; ; count++) {
    const id = `${writer}-${count}`
    await messages.keep(juliet, message(id), [debt()], Infinity)
    // To a pipe Node writes at once (https://nodejs.org/api/process.html#a-note-on-process-io): what was printed is not lost by the kill.
    process.stdout.write(`${id}\n`)
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => keepOn(writer)))
