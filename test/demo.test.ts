// `npm run demo` tells what happens, and nothing else: the same story is played here, and its lines are held to it.

import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { tellStory, words } from './demo/story.js'
import { Program } from './system/program.js'

const lines = [
  /^A server starts, all in memory: ws:\/\/127\.0\.0\.1:\d+\/xmpp-websocket$/,
  /^A push service connects as push\.localhost/,
  /^Juliet's phone publishes the keys of its OMEMO device 31415\.$/,
  /^It asks for pushes, sealed with a key that only it and the server hold, and goes offline\.$/,
  /^Romeo fetches her keys, encrypts a line and sends it\. All that the server sees of the line: \S{32}…$/,
  /^The push service gets 3000 characters, as it always does: \S{32}…$/,
  /^It tries to open them with a key of its own: “sealed with another key, or changed on its way”\.$/,
  /^Juliet's phone wakes and opens them: 1 unread, from romeo@localhost, “New encrypted message”\.$/,
  /^It decrypts what else is in there\. Online later, it is handed the message and knows it by its id\.$/,
  /^And this is what Romeo wrote, read on the phone from a push: “(.*)”$/,
]

function expectStory(told: readonly string[]): void {
  expect(told).toEqual(lines.map((line) => expect.stringMatching(line) as unknown))
  expect(lines.at(-1)?.exec(told.at(-1) ?? '')?.[1]).toBe(words)
  // Nobody but the phone has said it before.
  expect(told.slice(0, -1).join('\n')).not.toContain(words)
}

test('the story is told in ten lines, and ends with what the phone decrypted from its push', async () => {
  const told: string[] = []
  expect(await tellStory((line) => told.push(line))).toBe(words)
  expectStory(told)
})

test('the demo tells it in a terminal and nothing beside it', { timeout: 60_000 }, async () => {
  const program = new Program(process.execPath, [resolve('scripts/demo.mjs')], {})
  const { code, stdout } = await program.ended
  expect(code).toBe(0)
  expectStory(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^ *\d+\. /, '')),
  )
})
